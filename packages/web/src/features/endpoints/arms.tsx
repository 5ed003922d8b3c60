import type { EndpointView } from '@kaizen/contracts'
import { formatCount, formatDuration, formatShare } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { perRun, sizesOf } from './batch-sizes.ts'
import './endpoint.css'

type Arm = EndpointView['arms'][number]

const columns: readonly TableColumn<Arm>[] = [
  {
    id: 'name',
    header: 'Arm',
    width: 120,
    cell: (arm) => <b className="arm-name">{arm.name}</b>,
    sort: (arm) => arm.name,
  },
  {
    id: 'version',
    header: 'Version',
    width: 140,
    cell: (arm) => (
      <Link href={paths.modelVersion(arm.modelName, arm.version)}>
        {arm.modelName} · {arm.version}
      </Link>
    ),
  },
  { id: 'mode', header: 'Mode', width: 86, cell: (arm) => <Status state={arm.mode} /> },
  {
    id: 'weight',
    header: 'Share of traffic',
    minWidth: 130,
    cell: (arm) =>
      arm.mode === 'shadow' ? (
        <span className="faint">
          watches {arm.weight < 1 ? formatShare(arm.weight, 0) : 'all'}, never answers
        </span>
      ) : (
        <span className="arm-weight">
          <span className="meter">
            <i style={{ width: `${arm.weight * 100}%` }} />
          </span>
          {formatShare(arm.weight, 0)}
        </span>
      ),
    sort: (arm) => arm.weight,
  },
  {
    id: 'requests',
    header: 'Requests',
    width: 84,
    align: 'end',
    cell: (arm) => formatCount(arm.requests),
    sort: (arm) => arm.requests,
  },
  {
    id: 'errors',
    header: 'Errors',
    width: 104,
    align: 'end',
    cell: (arm) =>
      arm.requests === 0
        ? '–'
        : `${formatCount(arm.errors)} (${formatShare(arm.errors / arm.requests)})`,
    sort: (arm) => arm.errors,
  },
  {
    id: 'p50',
    header: 'p50',
    width: 80,
    align: 'end',
    cell: (arm) => formatDuration(arm.latencyMs.p50),
    sort: (arm) => arm.latencyMs.p50,
  },
  {
    id: 'p95',
    header: 'p95',
    width: 80,
    align: 'end',
    cell: (arm) => formatDuration(arm.latencyMs.p95),
    sort: (arm) => arm.latencyMs.p95,
  },
  {
    id: 'p99',
    header: 'p99',
    width: 80,
    align: 'end',
    cell: (arm) => formatDuration(arm.latencyMs.p99),
    sort: (arm) => arm.latencyMs.p99,
  },
  {
    id: 'memory',
    header: 'In memory',
    width: 92,
    cell: (arm) => <span title={wakingOf(arm)}>{memoryWords[arm.memory]}</span>,
    sort: (arm) => arm.memory,
  },
  {
    id: 'runtime',
    header: 'Runtime',
    width: 120,
    cell: (arm) => runtimeWords[arm.runtime] ?? arm.runtime,
    sort: (arm) => arm.runtime,
  },
  {
    id: 'perRun',
    header: 'Per run',
    width: 88,
    align: 'end',
    cell: ({ batching }) => <span title={sizesOf(batching)}>{formatPerRun(batching)}</span>,
    sort: ({ batching }) => batching && perRun(batching),
  },
  {
    id: 'queued',
    header: 'Queue',
    width: 66,
    align: 'end',
    cell: ({ batching }) => (batching ? formatCount(batching.queued) : '–'),
    sort: ({ batching }) => batching?.queued ?? null,
  },
]

/** What computes models; others are called by their names. */
const runtimeWords: Readonly<Record<string, string>> = { kaizen: 'own kernel', python: 'Python' }

const memoryWords: Readonly<Record<Arm['memory'], string>> = {
  loaded: 'loaded',
  loading: 'loading…',
  unloaded: 'asleep',
}

/** How it was warmed and woken. */
const wakingOf = ({ waking, warmedUp }: Arm): string => {
  const woken =
    waking.count === 0
      ? 'never loaded again for a request'
      : `loaded again ${formatCount(waking.count)} times, last in ${formatDuration(waking.lastMs)}`
  if (!warmedUp) return woken
  const source = warmedUp.source === 'log' ? 'of the log' : 'of its example'
  return `${woken}; warmed by ${formatCount(warmedUp.rows)} rows ${source}`
}

const formatPerRun = (batching: Arm['batching']): string => {
  const mean = batching && perRun(batching)
  return mean === null ? '–' : `${mean.toFixed(mean < 10 ? 1 : 0)} req.`
}

export const Arms = ({ arms }: { readonly arms: readonly Arm[] }) => (
  <Table label="Arms" columns={columns} rows={arms} rowKey={(arm) => arm.name} />
)
