import { type Reproduction, type RunRecipe, reproductionsApi } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../../shared/api/client.ts'
import { endpointQuery } from '../../../shared/api/queries.ts'
import { useAct } from '../../../shared/api/use-act.ts'
import { formatBytes, formatNumber } from '../../../shared/format/number.ts'
import { paths } from '../../../shared/paths.ts'
import { Command } from '../../../shared/ui/command.tsx'
import { FormFailure } from '../../../shared/ui/form.tsx'
import { Link } from '../../../shared/ui/link.tsx'
import { Facts, Section } from '../../../shared/ui/page.tsx'
import { Loaded } from '../../../shared/ui/state.tsx'
import { Status, Tag } from '../../../shared/ui/status.tsx'
import { Table } from '../../../shared/ui/table.tsx'
import type { TableColumn } from '../../../shared/ui/table-model.ts'
import { When } from '../../../shared/ui/when.tsx'
import './reproductions.css'

/** What made a run, and what came of doing it again. */
export function Reproductions({ runId }: { readonly runId: string }) {
  const params = { run_id: runId }
  const recipe = useQuery(endpointQuery(reproductionsApi.recipe, { params }))
  const list = useQuery({
    ...endpointQuery(reproductionsApi.list, { params }),
    refetchInterval: 5000,
  })
  const again = useAct(() => call(reproductionsApi.reproduce, { params }), [])
  const items = list.data?.items ?? []
  return (
    <>
      <Section
        title="What made it"
        aside={
          typeof recipe.data?.pipelineRun === 'string' && (
            <button
              type="button"
              className="button small"
              disabled={again.isPending}
              onClick={() => again.mutate()}
            >
              Run it again
            </button>
          )
        }
      >
        <Loaded query={recipe}>{(found) => <Recipe recipe={found} />}</Loaded>
        <FormFailure error={again.error} />
        {again.data && (
          <p className="section-body" role="status">
            <Link className="link" href={paths.pipelineRun(again.data.id)}>
              {again.data.id}
            </Link>{' '}
            does it again, from the same files, data, parameters and seed. What came of it will
            stand below.
          </p>
        )}
        <div className="recipe-command">
          <Command text={`kaizen runs reproduce ${runId}`} />
        </div>
      </Section>
      {items.map((one) => (
        <Result key={`${one.runId} ${one.byRunId}`} reproduction={one} shown={runId} />
      ))}
    </>
  )
}

function Recipe({ recipe }: { readonly recipe: RunRecipe }) {
  const { code, datasets, seed, environment } = recipe
  const bytes = code.bundle?.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return (
    <>
      <Facts
        facts={[
          {
            label: 'Pipeline run',
            value: recipe.pipelineRun ? (
              <Link className="link" href={paths.pipelineRun(recipe.pipelineRun)}>
                {recipe.pipelineRun}
              </Link>
            ) : (
              'none: a client made it'
            ),
          },
          {
            label: 'Files that ran',
            value: code.bundle ? `${code.bundle.files.length}, ${formatBytes(bytes)}` : '–',
          },
          {
            label: 'Data',
            value:
              datasets.length === 0
                ? '–'
                : datasets.map(({ dataset, version, digest }) =>
                    version === null ? (
                      <span key={dataset} title={digest}>
                        {dataset}{' '}
                      </span>
                    ) : (
                      <Link
                        key={`${dataset} ${version}`}
                        className="link"
                        href={paths.dataset(dataset, version)}
                      >
                        {dataset} · {version}{' '}
                      </Link>
                    ),
                  ),
          },
          { label: 'Seed', value: seed ?? '–' },
          ...Object.entries(environment).map(([label, value]) => ({ label, value: String(value) })),
        ]}
      />
      {code.diff !== null && (
        <details className="recipe-diff">
          <summary>What differed from the commit</summary>
          <section
            className="recipe-patch"
            aria-label="Difference from the commit"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
            tabIndex={0}
          >
            <pre>{code.diff}</pre>
          </section>
        </details>
      )}
      {recipe.missing.length > 0 && (
        <ul className="recipe-missing">
          {recipe.missing.map((what) => (
            <li key={what}>
              <Status state="attention" label="not on record" /> {what}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

const looks = {
  identical: 'ok',
  equivalent: 'ok',
  different: 'attention',
  failed: 'failed',
} as const

function Result({
  reproduction,
  shown,
}: {
  readonly reproduction: Reproduction
  readonly shown: string
}) {
  const { runId, byRunId, verdict, findings, metrics, outputs } = reproduction
  const other = shown === runId ? byRunId : runId
  const title = shown === runId ? 'Done again' : 'Does another run again'
  return (
    <Section
      title={title}
      aside={
        <>
          <Status state={looks[verdict]} label={verdict} />
          <When at={reproduction.at} />
          <Link className="link" href={paths.run(other)}>
            {other.slice(0, 8)}
          </Link>
          <Link className="link" href={paths.compareRuns([runId, byRunId])}>
            Compare
          </Link>
        </>
      }
    >
      <ul className="recipe-missing">
        {findings.map((finding) => (
          <li key={finding}>{finding}</li>
        ))}
      </ul>
      <Table
        label={`${title}: ${other.slice(0, 8)}`}
        columns={columns}
        rows={[
          ...outputs.map((one) => ({ ...one, what: 'output', difference: predicted(one) })),
          ...metrics.map((one) => ({
            ...one,
            what: 'metric',
            difference:
              one.relativeDifference === null ? '' : formatNumber(one.relativeDifference, 3),
          })),
        ]}
        rowKey={(row) => `${row.what} ${row.name}`}
        height={320}
        csvName="reproduction"
        empty={<p className="section-body faint">Neither run has metrics or outputs.</p>}
      />
    </Section>
  )
}

const predicted = ({ predictions, note }: Reproduction['outputs'][number]): string =>
  predictions
    ? `predictions ${formatNumber(predictions.largestDifference, 3)} apart at most, on ${predictions.rows} rows`
    : (note ?? '')

interface Row {
  readonly what: string
  readonly name: string
  readonly original: unknown
  readonly again: unknown
  readonly same: 'identical' | 'equivalent' | 'different'
  readonly difference: string
}

const shownValue = (value: unknown): string =>
  value === null || value === undefined
    ? '–'
    : typeof value === 'number'
      ? formatNumber(value, 6)
      : String(value).slice(0, 12)

const columns: readonly TableColumn<Row>[] = [
  { id: 'name', header: 'Name', minWidth: 160, cell: (row) => row.name, sort: (row) => row.name },
  { id: 'what', header: 'What', width: 80, cell: (row) => <Tag>{row.what}</Tag> },
  {
    id: 'same',
    header: 'Came out',
    width: 120,
    cell: (row) => <Status state={looks[row.same]} label={row.same} />,
    sort: (row) => row.same,
  },
  {
    id: 'first',
    header: 'First',
    width: 130,
    align: 'end',
    cell: (row) => shownValue(row.original),
  },
  { id: 'again', header: 'Again', width: 130, align: 'end', cell: (row) => shownValue(row.again) },
  {
    id: 'difference',
    header: 'Relative difference',
    minWidth: 160,
    cell: (row) => <span className="soft">{row.difference}</span>,
  },
]
