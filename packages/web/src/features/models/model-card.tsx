import { type CardSection, type ModelCard, modelCardsApi } from '@kaizen/contracts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { endpointQuery, keyOf } from '../../shared/api/queries.ts'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { SafeHtml } from '../../shared/ui/safe-html.tsx'
import { Loaded } from '../../shared/ui/state.tsx'
import { When } from '../../shared/ui/when.tsx'
import { CardHistory } from './card-history.tsx'
import './model-card.css'

/** The card of a version: what is on record, and what people wrote, section by section. */
export function ModelCardView({
  name,
  version,
}: {
  readonly name: string
  readonly version: number
}) {
  const query = useQuery(endpointQuery(modelCardsApi.get, { params: { name, version }, query: {} }))
  return (
    <Section
      title="Model card"
      aside={
        <a
          className="link"
          href={`/api/v1/models/${encodeURIComponent(name)}/versions/${version}/card.html`}
        >
          One page
        </a>
      }
    >
      <Loaded query={query}>{(card) => <Card card={card} />}</Loaded>
    </Section>
  )
}

function Card({ card }: { readonly card: ModelCard }) {
  return (
    <div className="model-card">
      <p className="faint small">
        {card.edit ? (
          <>
            Revision {card.edit.revision} by {card.edit.by}, <When at={card.edit.at} />
          </>
        ) : (
          'Nobody has written on this card yet'
        )}
      </p>
      {card.sections.map((section) => (
        <details key={section.id} open={section.kind === 'prose'}>
          <summary>{section.title}</summary>
          {section.kind === 'prose' ? (
            <Prose card={card} section={section} />
          ) : (
            <SafeHtml html={section.html} />
          )}
        </details>
      ))}
      <CardHistory name={card.name} version={card.version} />
    </div>
  )
}

function Prose({ card, section }: { readonly card: ModelCard; readonly section: CardSection }) {
  const queries = useQueryClient()
  // With the revision that it began from: what others save meanwhile is not overwritten unseen.
  const [draft, setDraft] = useState<{ readonly text: string; readonly basedOn: number } | null>(
    null,
  )
  const save = useMutation({
    mutationFn: ({ text, basedOn }: NonNullable<typeof draft>) =>
      call(modelCardsApi.edit, {
        params: { name: card.name, version: card.version },
        body: { markdown: `## ${section.title}\n\n${text}`, basedOn },
      }),
    onSuccess: () => {
      setDraft(null)
      return Promise.all(
        [modelCardsApi.get, modelCardsApi.revisions].map((endpoint) =>
          queries.invalidateQueries({ queryKey: keyOf(endpoint) }),
        ),
      )
    },
  })
  if (draft === null) {
    return (
      <>
        {section.html === '' ? (
          <p className="faint">Not written yet.</p>
        ) : (
          <SafeHtml html={section.html} />
        )}
        <button
          type="button"
          className="button"
          onClick={() => setDraft({ text: section.markdown, basedOn: card.edit?.revision ?? 0 })}
        >
          {section.html === '' ? 'Write' : 'Edit'}
        </button>
      </>
    )
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(draft)
      }}
    >
      <textarea
        className="field"
        aria-label={section.title}
        placeholder="Markdown"
        rows={8}
        maxLength={50_000}
        value={draft.text}
        onChange={(event) => setDraft({ ...draft, text: event.target.value })}
      />
      <p className="model-card-buttons">
        <button type="submit" className="button primary" disabled={save.isPending}>
          Save
        </button>
        <button type="button" className="button" onClick={() => setDraft(null)}>
          Leave it
        </button>
      </p>
      {save.error && <FormFailure error={save.error} />}
    </form>
  )
}
