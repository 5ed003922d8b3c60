import type { EndpointView } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { formatCount, formatDuration, formatShare } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Facts, Page, Section, Tabs } from '../../shared/ui/page.tsx'
import { RangePicker } from '../../shared/ui/range-picker.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { When } from '../../shared/ui/when.tsx'
import { ObjectHistory } from '../governance/object-history.tsx'
import { endpointQueryOf } from './api.ts'
import { Arms } from './arms.tsx'
import { Batches } from './batches.tsx'
import { Experiment } from './experiment.tsx'
import { Log } from './log.tsx'
import { Predictions } from './predictions.tsx'
import { Replay } from './replay.tsx'
import { Rollout } from './rollout.tsx'
import { RouteHistory } from './route-history.tsx'
import { Traffic } from './traffic.tsx'
import { TryIt } from './try-it.tsx'

const route = getRouteApi('/endpoints/$name')

/** An endpoint: who answers, how much, how fast, how well, and why it is routed so. */
export function EndpointPage() {
  const { name } = route.useParams()
  const query = useQuery(endpointQueryOf(name))
  return <Loaded query={query}>{(endpoint) => <Found endpoint={endpoint} />}</Loaded>
}

function Found({ endpoint }: { readonly endpoint: EndpointView }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const tab = search.tab ?? 'traffic'
  const { from, to } = search
  const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  return (
    <Page
      title={endpoint.name}
      crumbs={[{ label: 'Endpoints', href: paths.endpoints }]}
      badges={<Status state={endpoint.state} />}
      subtitle={endpoint.description}
    >
      <Section title="Arms" aside={`route revision ${endpoint.revision}`}>
        {endpoint.arms.length === 0 ? (
          <State
            icon="endpoints"
            title="No model is deployed yet"
            command={`kaizen endpoints route ${endpoint.name} champion=models:/${endpoint.model}/1`}
          >
            <p>
              The endpoint answers as soon as a route is set; a loop sets the first one by itself.
            </p>
          </State>
        ) : (
          <Arms arms={endpoint.arms} />
        )}
        <Facts facts={factsOf(endpoint)} />
      </Section>
      <div className="toolbar">
        <div className="grow">
          <Tabs
            items={[
              { id: 'traffic', label: 'Traffic' },
              { id: 'predictions', label: 'Predictions' },
              { id: 'rollout', label: 'Rollout' },
              { id: 'experiment', label: 'Experiment' },
              { id: 'try', label: 'Try it' },
              { id: 'replay', label: 'Replay' },
              { id: 'history', label: 'Route history' },
              { id: 'log', label: 'Log' },
            ]}
            active={tab}
            onSelect={(next) => void navigate({ search: { ...search, tab: next }, replace: true })}
          />
        </div>
        {tab === 'traffic' && (
          <RangePicker
            range={range}
            onChange={(next) => void navigate({ search: { tab, ...next }, replace: true })}
          />
        )}
      </div>
      {tab === 'traffic' && (
        <>
          <Traffic
            name={endpoint.name}
            range={range}
            onRange={(next) => void navigate({ search: { tab, ...next }, replace: true })}
          />
          <Batches arms={endpoint.arms} />
        </>
      )}
      {tab === 'predictions' && <Predictions name={endpoint.name} />}
      {tab === 'rollout' && <Rollout endpoint={endpoint} />}
      {tab === 'experiment' && <Experiment endpoint={endpoint} />}
      {tab === 'try' && <TryIt endpoint={endpoint} />}
      {tab === 'replay' && <Replay endpoint={endpoint} />}
      {tab === 'history' && <RouteHistory name={endpoint.name} />}
      {tab === 'log' && <Log name={endpoint.name} />}
      <ObjectHistory subject={`endpoint:${endpoint.name}`} />
    </Page>
  )
}

const factsOf = (endpoint: EndpointView) => [
  {
    label: 'Model',
    value: (
      <Link className="link" href={paths.model(endpoint.model)}>
        {endpoint.model}
      </Link>
    ),
  },
  { label: 'Router', value: endpoint.router.kind },
  { label: 'Target', value: endpoint.target ?? '–' },
  { label: 'Predictions logged', value: formatCount(endpoint.predictions) },
  {
    label: 'Labelled',
    value: `${formatCount(endpoint.labelled)} (${formatShare(endpoint.predictions === 0 ? null : endpoint.labelled / endpoint.predictions)})`,
  },
  { label: 'Route set', value: <When at={endpoint.updatedAt} full /> },
  ...(endpoint.settings.sleep
    ? [{ label: 'Sleeps after', value: formatDuration(endpoint.settings.sleep.afterMs) }]
    : []),
]
