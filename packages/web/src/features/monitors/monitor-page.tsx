import type { MonitorView } from '@kaizen/contracts'
import { watchedKinds } from '@kaizen/contracts/watched'
import { usePrefetchQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { loadDrawing } from '../../shared/charts/drawing.ts'
import { formatCount, formatPlain } from '../../shared/format/number.ts'
import type { Range } from '../../shared/format/range.ts'
import { paths } from '../../shared/paths.ts'
import { Facts, Page, Section, Tabs } from '../../shared/ui/page.tsx'
import { RangePicker } from '../../shared/ui/range-picker.tsx'
import { Loaded } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { When } from '../../shared/ui/when.tsx'
import { ObjectHistory } from '../governance/object-history.tsx'
import { Alerts } from './alerts.tsx'
import { metricsQuery, monitorQuery } from './api.ts'
import { Candidates } from './candidates.tsx'
import { Causes } from './causes.tsx'
import { Drift } from './drift.tsx'
import { MetricCharts } from './metric-charts.tsx'
import { Performance } from './performance.tsx'
import { metricWord } from './prepare.ts'
import { Segments } from './segments.tsx'
import { Uploads } from './uploads.tsx'
import { Watched } from './watched.tsx'
import { Windows } from './windows.tsx'

const route = getRouteApi('/monitors/$name')
// While the data of its charts comes; a failure is told by the chart.
void loadDrawing().catch(() => undefined)

/** A monitor: how good the answers are, what drifts, which windows closed, what was done about it. */
export function MonitorPage() {
  const { name } = route.useParams()
  const query = useQuery(monitorQuery(name))
  // Every tab but three begins with the metrics: they come beside the monitor, not after it.
  usePrefetchQuery(metricsQuery(name))
  return <Loaded query={query}>{(monitor) => <Found monitor={monitor} />}</Loaded>
}

function Found({ monitor }: { readonly monitor: MonitorView }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { tab = 'performance', from, to, metric, at } = search
  const range: Range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  const keepMetric = metric === undefined ? {} : { metric }
  const onRange = (next: Range) =>
    void navigate({ search: { tab, ...keepMetric, ...next }, replace: true, resetScroll: false })
  const onMetric = (next: string) =>
    void navigate({
      search: { tab, metric: next, ...range },
      replace: true,
      resetScroll: false,
    })
  return (
    <Page
      title={monitor.name}
      crumbs={[{ label: 'Monitors', href: paths.monitors }]}
      badges={<Status state={monitor.state} />}
      subtitle={monitor.declaration.description}
    >
      <Section title="What is watched">
        <Facts facts={factsOf(monitor)} />
      </Section>
      <div className="toolbar">
        <div className="grow">
          <Tabs
            items={[
              { id: 'performance', label: 'Performance' },
              { id: 'drift', label: 'Drift and quality' },
              { id: 'metrics', label: 'Volume and more' },
              { id: 'segments', label: 'Segments' },
              { id: 'causes', label: 'Causes' },
              { id: 'windows', label: 'Windows', count: monitor.windows },
              ...(takesUploads(monitor) ? [{ id: 'uploads', label: 'Uploads' } as const] : []),
              { id: 'alerts', label: 'Alerts', count: monitor.openAlerts || null },
              { id: 'candidates', label: 'Candidates' },
            ]}
            active={tab}
            onSelect={(next) => void navigate({ search: { tab: next, ...range }, replace: true })}
          />
        </div>
        {['performance', 'drift', 'metrics', 'segments'].includes(tab) && (
          <RangePicker range={range} onChange={onRange} />
        )}
      </div>
      {tab === 'performance' && <Performance monitor={monitor} range={range} onRange={onRange} />}
      {tab === 'drift' && (
        <Drift
          monitor={monitor}
          metric={metric}
          range={range}
          onRange={onRange}
          onMetric={onMetric}
        />
      )}
      {tab === 'metrics' && <MetricCharts monitor={monitor} range={range} onRange={onRange} />}
      {tab === 'segments' && (
        <Segments
          monitor={monitor}
          metric={metric}
          range={range}
          onRange={onRange}
          onMetric={onMetric}
        />
      )}
      {tab === 'causes' && <Causes monitor={monitor} at={at} />}
      {tab === 'windows' && <Windows name={monitor.name} />}
      {tab === 'uploads' && <Uploads name={monitor.name} />}
      {tab === 'alerts' && <Alerts monitor={monitor.name} />}
      {tab === 'candidates' && <Candidates monitor={monitor.name} />}
      <ObjectHistory subject={`monitor:${monitor.name}`} />
    </Page>
  )
}

/** Whoever watches nothing of this server is sent its rows. */
const takesUploads = ({ declaration }: MonitorView): boolean =>
  watchedKinds.every((kind) => declaration[kind] === null)

const factsOf = (monitor: MonitorView) => [
  {
    label: 'Watches',
    value: <Watched declaration={monitor.declaration} />,
  },
  {
    label: 'Windows',
    value: `drift ${monitor.declaration.window}${monitor.declaration.performance ? `, performance ${monitor.declaration.performance.window}` : ''}`,
  },
  { label: 'Declaration', value: `version ${monitor.version}` },
  { label: 'Last window ended', value: <When at={monitor.lastWindowTo} full /> },
  {
    label: 'Reference',
    value: monitor.reference
      ? `${monitor.reference.source}, ${formatCount(monitor.reference.rows)} rows`
      : 'none yet',
  },
  ...Object.entries(monitor.reference?.performance ?? {}).map(([metric, value]) => ({
    label: `Reference ${metricWord(metric)}`,
    value: formatPlain(value),
  })),
  ...(monitor.declaration.naive
    ? [{ label: 'Naive forecast', value: `the truth ${monitor.declaration.naive.lag} before` }]
    : []),
]
