import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { Chart } from '../../shared/charts/chart.tsx'
import { formatDuration, formatNumber } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Facts, Page, Section } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { When } from '../../shared/ui/when.tsx'
import { ObjectHistory } from '../governance/object-history.tsx'
import { runQuery, sampledQuery, sampleSize } from './api.ts'
import { Artifacts } from './artifacts/artifacts.tsx'
import { CurveControls } from './curves/curve-controls.tsx'
import { type CurveView, curveChart, readCurveView } from './curves/curves.ts'
import { Against } from './curves/run-against.tsx'
import { isSystemMetric } from './curves/system-metrics.ts'
import { SystemPanels } from './curves/system-panels.tsx'
import { Reproductions } from './reproductions/reproductions.tsx'
import type { Run } from './wire.ts'
import '../../shared/ui/fields.css'
import './run.css'

const route = getRouteApi('/runs/$id')
const curvesAtFirst = 8

/** One tracked run: curves of its metrics, parameters, tags, files. */
export function RunPage() {
  const { id } = route.useParams()
  const query = useQuery(runQuery(id))
  return <Loaded query={query}>{(run) => <Found run={run} />}</Loaded>
}

type Change = (next: Readonly<Record<string, string>>) => void

function Found({ run }: { readonly run: Run }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change: Change = (next) => {
    const merged = Object.entries({ ...search, ...next }).filter(([, value]) => value !== '')
    void navigate({ search: Object.fromEntries(merged), replace: true })
  }
  return (
    <Page
      title={run.name}
      crumbs={[
        { label: 'Experiments', href: paths.experiments },
        { label: 'Runs', href: paths.experiment(run.experimentId) },
      ]}
      badges={<Status state={run.status} />}
    >
      <Section title="Run">
        <Facts
          facts={[
            { label: 'Started', value: <When at={run.startTime} full /> },
            {
              label: 'Took',
              value: formatDuration(
                run.endTime === null || run.startTime === null ? null : run.endTime - run.startTime,
              ),
            },
            { label: 'By', value: run.user || '–' },
            { label: 'Id', value: <code>{run.id}</code> },
            ...codeFacts(run.tags),
          ]}
        />
      </Section>
      <Curves run={run} change={change} />
      <SystemPanels runId={run.id} metrics={run.metrics.keys()} view={readCurveView(search)} />
      <div className="columns">
        <Section title="Parameters" aside={`${run.params.size}`}>
          <Pairs pairs={[...run.params]} none="No parameter was logged." />
        </Section>
        <Section title="Last values" aside={`${run.metrics.size} metrics`}>
          <Pairs
            pairs={[...run.metrics].map(([key, value]) => [key, formatNumber(value, 6)])}
            numeric
            none="No metric was logged."
          />
        </Section>
        <Section title="Tags" aside={`${run.tags.size}`}>
          <Pairs pairs={[...run.tags].map(([key, value]) => [key, value])} none="No tag was set." />
        </Section>
      </div>
      <Section title="Files">
        <Artifacts runId={run.id} file={search.file} onOpen={(file) => change({ file })} />
      </Section>
      <Reproductions key={`made ${run.id}`} runId={run.id} />
      <Against
        key={run.id}
        run={run}
        against={search.against}
        onChange={(against) => change({ against })}
      />
      <ObjectHistory subject={`run:${run.id}`} />
    </Page>
  )
}

/** The commit of the code that ran, where its tags tell it. */
function codeFacts(tags: Run['tags']) {
  const commit = tags.get('mlflow.source.git.commit')
  if (commit === undefined) return []
  const branch = tags.get('mlflow.source.git.branch')
  const changed = tags.get('mlflow.source.git.dirty')?.toLowerCase() === 'true'
  const about = [branch && `on ${branch}`, changed && 'with changes'].filter(Boolean).join(' ')
  return [
    {
      label: 'Code',
      value: (
        <span title={commit}>
          <code>{commit.slice(0, 10)}</code> {about}
        </span>
      ),
    },
  ]
}

function Curves({ run, change }: { readonly run: Run; readonly change: Change }) {
  const view = readCurveView(route.useSearch())
  const [all, setAll] = useState(false)
  const metrics = [...run.metrics.keys()].filter((key) => !isSystemMetric(key))
  if (run.metrics.size === 0) return null
  const shown = all ? metrics : metrics.slice(0, curvesAtFirst)
  return (
    <Section
      title="Metrics"
      aside={<CurveControls view={view} onChange={(next) => change({ ...next })} />}
    >
      <div className="curves">
        {shown.map((metric) => (
          <Curve key={metric} runId={run.id} metric={metric} view={view} />
        ))}
      </div>
      {shown.length < metrics.length && (
        <button type="button" className="button quiet" onClick={() => setAll(true)}>
          Show {metrics.length - shown.length} more
        </button>
      )}
    </Section>
  )
}

function Curve(props: {
  readonly runId: string
  readonly metric: string
  readonly view: CurveView
}) {
  const { runId, metric, view } = props
  const query = useQuery(sampledQuery([runId], metric))
  const points = query.data?.get(runId)
  const { along, logX, logY, smooth } = view
  const chart = useMemo(
    () => curveChart([{ label: metric, points: points ?? [] }], { along, logX, logY, smooth }),
    [metric, points, along, logX, logY, smooth],
  )
  return (
    <Loaded query={query} skeleton={<Skeleton height={220} />}>
      {() => (
        <Chart
          title={metric}
          chart={chart}
          height={190}
          syncKey={`run-${runId}`}
          logarithmic={logY}
          note={(points?.length ?? 0) >= sampleSize ? 'evenly sampled' : null}
        />
      )}
    </Loaded>
  )
}

function Pairs(props: {
  readonly pairs: readonly (readonly [string, string])[]
  readonly none: string
  readonly numeric?: boolean
}) {
  if (props.pairs.length === 0) return <p className="section-body faint">{props.none}</p>
  return (
    <dl className="fields">
      {props.pairs.map(([key, value]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd className={props.numeric ? 'number' : undefined}>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
