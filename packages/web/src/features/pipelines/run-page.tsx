import { type PipelineRunDetail, pipelinesApi } from '@kaizen/contracts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { call } from '../../shared/api/client.ts'
import { formatDuration } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Fields } from '../../shared/ui/fields.tsx'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Facts, Page, Section } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { When } from '../../shared/ui/when.tsx'
import { runQuery } from './api.ts'
import { Graph } from './graph.tsx'
import { Logs } from './logs.tsx'
import { StepPanel } from './step-panel.tsx'
import './run.css'

const route = getRouteApi('/pipeline-runs/$id')

/** A run of a pipeline: its graph, the chosen step, its log. */
export function PipelineRunPage() {
  const { id } = route.useParams()
  const query = useQuery({
    ...runQuery(id),
    // Events refresh it; this is for a connection that is broken.
    refetchInterval: ({ state }) => (state.data && isGoing(state.data) ? 5000 : false),
  })
  return (
    <Loaded query={query} skeleton={<Skeleton height={420} />}>
      {(run) => <Found run={run} />}
    </Loaded>
  )
}

const isGoing = (run: PipelineRunDetail): boolean =>
  run.state === 'queued' || run.state === 'running'

function Found({ run }: { readonly run: PipelineRunDetail }) {
  const { step: chosen } = route.useSearch()
  const navigate = route.useNavigate()
  const step = run.stepRuns.find((one) => one.node === chosen)
  const choose = (node: string) =>
    void navigate({
      search: node === chosen ? {} : { step: node },
      replace: true,
      resetScroll: false,
    })
  return (
    <Page
      title={run.id}
      crumbs={[
        { label: 'Pipelines', href: paths.pipelines },
        { label: run.pipeline, href: paths.pipeline(run.pipeline) },
      ]}
      badges={<Status state={run.state} />}
      actions={isGoing(run) && <Cancel id={run.id} />}
    >
      <Section title="Run">
        <Facts facts={factsOf(run)} />
        {run.error && (
          <div className="step-error tone-failed">
            <b>{run.error.message}</b>
            {run.error.hint && <p>{run.error.hint}</p>}
          </div>
        )}
      </Section>
      <div className={step ? 'columns side' : 'stack'}>
        <div className="stack">
          <Section title="Graph" aside="choose a step to see why it ran">
            <Graph steps={run.stepRuns} chosen={chosen} onChoose={choose} />
          </Section>
          <Section title={step ? `Log of ${step.node}` : 'Log'}>
            <Logs runId={run.id} node={step?.node} />
          </Section>
        </div>
        {step && <StepPanel runId={run.id} step={step} />}
      </div>
      <Section title="Parameters">
        <Fields value={run.params} />
      </Section>
    </Page>
  )
}

const factsOf = (run: PipelineRunDetail) => [
  { label: 'Started by', value: run.trigger },
  { label: 'Started', value: <When at={run.startedAt ?? run.createdAt} full /> },
  {
    label: 'Took',
    value: formatDuration(
      run.endedAt === null || run.startedAt === null ? null : run.endedAt - run.startedAt,
    ),
  },
  // In a replay the clock stands while a step computes: its own stopwatch tells how long that took.
  { label: 'Computing', value: formatDuration(computingMs(run)) },
  {
    label: 'Steps',
    value: `${run.steps.done} of ${run.steps.total} done, ${run.steps.cached} from cache, ${run.steps.failed} failed`,
  },
  {
    label: 'Tracked run',
    value: run.trackingRunId ? (
      <Link className="link" href={paths.run(run.trackingRunId)}>
        {run.trackingRunId.slice(0, 8)}
      </Link>
    ) : (
      '–'
    ),
  },
]

const computingMs = (run: PipelineRunDetail): number | null => {
  const known = run.stepRuns.map((step) => step.durationMs).filter((ms) => ms !== null)
  return known.length === 0 ? null : known.reduce((sum, ms) => sum + ms, 0)
}

function Cancel({ id }: { readonly id: string }) {
  const queries = useQueryClient()
  const cancel = useMutation({
    mutationFn: () => call(pipelinesApi.cancel, { params: { id } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: [pipelinesApi.runDetail.path] }),
  })
  return (
    <>
      <FormFailure error={cancel.error} />
      <button
        type="button"
        className="button"
        disabled={cancel.isPending}
        onClick={() => cancel.mutate()}
      >
        Cancel {id}
      </button>
    </>
  )
}
