import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo } from 'react'
import { usePages } from '../../shared/api/use-pages.ts'
import { paths } from '../../shared/paths.ts'
import { Diff } from '../../shared/ui/diff.tsx'
import { lineDiff } from '../../shared/ui/line-diff.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Facts, Page, Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { ObjectHistory } from '../governance/object-history.tsx'
import { promptQuery, promptVersionsQuery } from './api.ts'
import { PromptUses } from './prompt-uses.tsx'
import type { Prompt, PromptVersion } from './wire.ts'
import '../../shared/ui/fields.css'
import './prompts.css'

const route = getRouteApi('/prompts/$name')

/** A prompt: its versions, what each says, how two differ, which runs and traces used them. */
export function PromptPage() {
  const { name } = route.useParams()
  const query = useQuery(promptQuery(name))
  return <Loaded query={query}>{(prompt) => <Found prompt={prompt} />}</Loaded>
}

function Found({ prompt }: { readonly prompt: Prompt }) {
  const { name } = prompt
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { query, rows, onEnd } = usePages(promptVersionsQuery(name))
  const chosen = rows.find((one) => one.version === search.version) ?? rows[0]
  const other = rows.find((one) => one.version === search.compare && one !== chosen)
  const columns = useMemo(
    () =>
      columnsOf(name, chosen?.version, search.compare, (compare) => {
        const version = { ...(chosen && { version: chosen.version }) }
        void navigate({
          search: compare === undefined ? version : { ...version, compare },
          replace: true,
        })
      }),
    [name, chosen, search.compare, navigate],
  )
  return (
    <Page
      title={name}
      crumbs={[
        { label: 'Models', href: paths.models },
        { label: 'Prompts', href: paths.prompts },
      ]}
      badges={prompt.aliases.map((one) => (
        <Tag key={one.alias}>
          @{one.alias} → {one.version}
        </Tag>
      ))}
      subtitle={prompt.description}
    >
      <Loaded query={query}>
        {() =>
          chosen === undefined ? (
            <State icon="models" title="No version yet">
              <p>Register one with an MLflow client.</p>
            </State>
          ) : (
            <>
              <Section title="Versions" aside="choose two to compare">
                <Table
                  label="Versions"
                  primary
                  columns={columns}
                  rows={rows}
                  rowKey={(row) => String(row.version)}
                  height={260}
                  onEnd={onEnd}
                  rowTone={(row) => (row === chosen ? 'chosen' : undefined)}
                  csvName={`${name}-versions`}
                />
              </Section>
              {other && <Comparison left={other} right={chosen} />}
              <Version version={chosen} />
              <PromptUses name={name} version={chosen.version} />
            </>
          )
        }
      </Loaded>
      <ObjectHistory subject={`model:${name}`} />
    </Page>
  )
}

/** What has to change in the older of two for the newer. */
function Comparison(props: { readonly left: PromptVersion; readonly right: PromptVersion }) {
  const [before, after] =
    props.left.version < props.right.version ? [props.left, props.right] : [props.right, props.left]
  const lines = useMemo(
    () => lineDiff(before.template, after.template),
    [before.template, after.template],
  )
  const same = lines.every(({ kind }) => kind === 'same')
  return (
    <Section title={`From version ${before.version} to version ${after.version}`}>
      <div className="section-body">
        {same ? <p className="soft">Their texts do not differ.</p> : <Diff lines={lines} />}
        {before.modelConfig !== after.modelConfig && (
          <Diff lines={lineDiff(laidOut(before.modelConfig), laidOut(after.modelConfig))} />
        )}
      </div>
    </Section>
  )
}

function Version({ version }: { readonly version: PromptVersion }) {
  return (
    <Section title={`Version ${version.version}`} aside={version.kind}>
      <Facts
        facts={[
          {
            label: 'Takes',
            value:
              version.variables.length === 0 ? (
                'nothing'
              ) : (
                <span className="tags">
                  {version.variables.map((name) => (
                    <Tag key={name}>{name}</Tag>
                  ))}
                </span>
              ),
          },
          { label: 'Registered', value: <When at={version.createdAt} full /> },
          { label: 'By', value: version.by || '–' },
          { label: 'Why', value: version.message || '–' },
        ]}
      />
      <section
        className="prompt-text"
        aria-label={`Text of version ${version.version}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
      >
        <pre>{version.template}</pre>
      </section>
      <More title="Answers are to have this form" text={version.responseFormat} />
      <More title="Asked of a model with" text={version.modelConfig} />
      {version.tags.size > 0 && (
        <dl className="fields">
          {[...version.tags].map(([key, value]) => (
            <div key={key}>
              <dt>{key}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </Section>
  )
}

function More({ title, text }: { readonly title: string; readonly text: string }) {
  if (text === '') return null
  return (
    <details className="prompt-more">
      <summary>{title}</summary>
      <pre>{laidOut(text)}</pre>
    </details>
  )
}

/** JSON with one field a line, where it is whole. */
function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

const columnsOf = (
  name: string,
  chosen: number | undefined,
  compared: number | undefined,
  compare: (version: number | undefined) => void,
): readonly TableColumn<PromptVersion>[] => [
  {
    id: 'version',
    header: 'Version',
    width: 90,
    cell: (row) => (
      <Link
        href={paths.prompt(name, row.version)}
        aria-current={row.version === chosen ? 'true' : undefined}
      >
        {row.version}
      </Link>
    ),
    sort: (row) => row.version,
  },
  {
    id: 'aliases',
    header: 'Aliases',
    width: 150,
    cell: (row) => row.aliases.map((alias) => <Tag key={alias}>@{alias}</Tag>),
    text: (row) => row.aliases.join(', '),
  },
  {
    id: 'compare',
    header: 'Compare',
    width: 92,
    cell: (row) =>
      row.version === chosen ? (
        <span className="faint">shown</span>
      ) : (
        <input
          type="checkbox"
          aria-label={`Compare version ${row.version} with version ${chosen}`}
          checked={row.version === compared}
          onChange={(event) => compare(event.target.checked ? row.version : undefined)}
        />
      ),
  },
  { id: 'kind', header: 'Kind', width: 76, cell: (row) => row.kind, sort: (row) => row.kind },
  {
    id: 'created',
    header: 'Registered',
    width: 120,
    cell: (row) => <When at={row.createdAt} />,
    sort: (row) => row.createdAt,
  },
  {
    id: 'by',
    header: 'By',
    width: 140,
    cell: (row) => <span className="soft">{row.by}</span>,
    text: (row) => row.by,
  },
  {
    id: 'message',
    header: 'Why',
    minWidth: 220,
    cell: (row) => <span className="soft">{row.message}</span>,
    text: (row) => row.message,
  },
]
