import { type CardRevision, type ModelCard, modelCardsApi } from '@kaizen/contracts'
import { useQueries } from '@tanstack/react-query'
import { useState } from 'react'
import { endpointQuery, pagedQuery } from '../../shared/api/queries.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { Diff } from '../../shared/ui/diff.tsx'
import { lineDiff } from '../../shared/ui/line-diff.ts'
import { Loaded, Skeleton } from '../../shared/ui/state.tsx'
import { When } from '../../shared/ui/when.tsx'

interface VersionName {
  readonly name: string
  readonly version: number
}

/** Who wrote on a card when, and what each edit changed. */
export function CardHistory({ name, version }: VersionName) {
  const { query, rows, onEnd } = usePages(
    pagedQuery(modelCardsApi.revisions, { params: { name, version } }),
  )
  const [chosen, setChosen] = useState<number | null>(null)
  return (
    <details className="card-history">
      <summary>History of what people wrote</summary>
      <Loaded query={query}>
        {() => (
          <ol>
            {rows.map((revision) => (
              <Revision
                key={revision.revision}
                revision={revision}
                of={{ name, version }}
                open={chosen === revision.revision}
                onToggle={() => setChosen(chosen === revision.revision ? null : revision.revision)}
              />
            ))}
            {rows.length === 0 && <li className="faint">Nobody has written yet.</li>}
          </ol>
        )}
      </Loaded>
      {query.hasNextPage && (
        <button type="button" className="button quiet" onClick={onEnd}>
          Show older ones
        </button>
      )}
    </details>
  )
}

function Revision(props: {
  readonly revision: CardRevision
  readonly of: VersionName
  readonly open: boolean
  readonly onToggle: () => void
}) {
  const { revision, of, open } = props
  return (
    <li>
      Revision {revision.revision} by {revision.by}, <When at={revision.at} />{' '}
      <button type="button" className="button small" aria-expanded={open} onClick={props.onToggle}>
        What revision {revision.revision} changed
      </button>
      {open && <Changes of={of} revision={revision.revision} />}
    </li>
  )
}

function Changes({ of, revision }: { readonly of: VersionName; readonly revision: number }) {
  const numbers = revision > 1 ? [revision, revision - 1] : [revision]
  const [after, before] = useQueries({
    queries: numbers.map((number) =>
      endpointQuery(modelCardsApi.get, { params: of, query: { revision: number } }),
    ),
  })
  if (!after?.data || (before && !before.data)) return <Skeleton lines={3} />
  const changed = after.data.sections.flatMap((section) => {
    if (section.kind !== 'prose') return []
    const diff = lineDiff(textOf(before?.data, section.id), section.markdown)
    return diff.some(({ kind }) => kind !== 'same') ? [{ section, diff }] : []
  })
  if (changed.length === 0) return <p className="faint">It changed no words.</p>
  return changed.map(({ section, diff }) => (
    <section key={section.id} aria-label={`Change of ${section.title}`}>
      <b>{section.title}</b>
      <Diff lines={diff} />
    </section>
  ))
}

const textOf = (card: ModelCard | undefined, id: string): string =>
  card?.sections.find((section) => section.id === id)?.markdown ?? ''
