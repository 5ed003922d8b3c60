import { type PipelineRun, pipelinesApi } from '@kaizen/contracts'
import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { call } from '../../shared/api/client.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatDuration } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Command } from '../../shared/ui/command.tsx'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Page, Section } from '../../shared/ui/page.tsx'
import '../../shared/ui/fields.css'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { ObjectHistory } from '../governance/object-history.tsx'
import { pipelineQuery, pipelineRunsQuery } from './api.ts'

const route = getRouteApi('/pipelines/$name')

/** A pipeline: its parameters and its runs. */
export function PipelinePage() {
  const { name } = route.useParams()
  const query = useQuery(pipelineQuery(name))
  return (
    <Loaded query={query}>
      {(pipeline) => (
        <Page
          title={pipeline.name}
          crumbs={[{ label: 'Pipelines', href: paths.pipelines }]}
          subtitle={pipeline.description}
          actions={<Start name={pipeline.name} params={pipeline.params} />}
        >
          <Section
            title="Parameters"
            aside={<Command text={`kaizen pipelines start ${pipeline.name}`} />}
          >
            <dl className="fields">
              {Object.entries(pipeline.params).map(([key, param]) => (
                <div key={key}>
                  <dt>{key}</dt>
                  <dd>
                    {param.type}
                    {param.default !== undefined && (
                      <span className="faint"> · default {JSON.stringify(param.default)}</span>
                    )}
                  </dd>
                </div>
              ))}
            </dl>
            {Object.keys(pipeline.params).length === 0 && (
              <p className="section-body faint">It takes none.</p>
            )}
          </Section>
          <Runs name={name} />
          <ObjectHistory subject={`pipeline:${name}`} />
        </Page>
      )}
    </Loaded>
  )
}

/** Starts a run where every parameter has a default; the rest is for the command line. */
function Start(props: {
  readonly name: string
  readonly params: Readonly<Record<string, { readonly default?: unknown }>>
}) {
  const router = useRouter()
  const start = useMutation({
    mutationFn: () => call(pipelinesApi.run, { params: { name: props.name }, body: {} }),
    onSuccess: (run) => router.history.push(paths.pipelineRun(run.id)),
  })
  if (Object.values(props.params).some((param) => param.default === undefined)) return null
  return (
    <>
      <FormFailure error={start.error} />
      <button
        type="button"
        className="button primary"
        disabled={start.isPending}
        onClick={() => start.mutate()}
      >
        Run {props.name}
      </button>
    </>
  )
}

function Runs({ name }: { readonly name: string }) {
  const { query, rows, onEnd } = usePages(pipelineRunsQuery(name))
  return (
    <Section title="Runs">
      <Loaded query={query}>
        {() => (
          <Table
            label="Runs"
            primary
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            onEnd={onEnd}
            csvName={`${name}-runs`}
            empty={
              <State
                icon="pipelines"
                title="It has not run yet"
                command={`kaizen pipelines start ${name}`}
              />
            }
          />
        )}
      </Loaded>
    </Section>
  )
}

const columns: readonly TableColumn<PipelineRun>[] = [
  {
    id: 'id',
    header: 'Run',
    width: 200,
    cell: (row) => <Link href={paths.pipelineRun(row.id)}>{row.id}</Link>,
    sort: (row) => row.id,
  },
  {
    id: 'state',
    header: 'State',
    width: 120,
    cell: (row) => <Status state={row.state} />,
    sort: (row) => row.state,
  },
  {
    id: 'when',
    header: 'Started',
    width: 110,
    cell: (row) => <When at={row.createdAt} />,
    sort: (row) => row.createdAt,
  },
  {
    id: 'took',
    header: 'Took',
    width: 90,
    align: 'end',
    cell: (row) =>
      formatDuration(row.endedAt && row.startedAt ? row.endedAt - row.startedAt : null),
    sort: (row) => (row.endedAt && row.startedAt ? row.endedAt - row.startedAt : null),
  },
  {
    id: 'cached',
    header: 'From cache',
    width: 110,
    align: 'end',
    cell: (row) => `${row.steps.cached} of ${row.steps.total}`,
    sort: (row) => row.steps.cached,
  },
  {
    id: 'trigger',
    header: 'Started by',
    minWidth: 160,
    cell: (row) => row.trigger,
    sort: (row) => row.trigger,
  },
  { id: 'error', header: 'Error', minWidth: 240, cell: (row) => row.error?.message ?? null },
]
