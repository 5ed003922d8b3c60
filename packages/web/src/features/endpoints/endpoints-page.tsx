import type { EndpointView } from '@kaizen/contracts'
import { formatCount, formatDuration, formatShare } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { ListPage } from '../../shared/ui/list-page.tsx'
import { State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { endpointsQuery } from './api.ts'

const columns: readonly TableColumn<EndpointView>[] = [
  {
    id: 'name',
    header: 'Endpoint',
    minWidth: 170,
    cell: (row) => <Link href={paths.endpoint(row.name)}>{row.name}</Link>,
    sort: (row) => row.name,
  },
  {
    id: 'state',
    header: 'State',
    width: 110,
    cell: (row) => <Status state={row.state} />,
    sort: (row) => row.state,
  },
  {
    id: 'model',
    header: 'Model',
    minWidth: 140,
    cell: (row) => (
      <Link className="quiet" href={paths.model(row.model)}>
        {row.model}
      </Link>
    ),
    sort: (row) => row.model,
  },
  {
    id: 'arms',
    header: 'Arms',
    minWidth: 200,
    cell: (row) =>
      row.arms
        .map(
          (arm) =>
            `v${arm.version} ${arm.mode === 'shadow' ? 'shadow' : formatShare(arm.weight, 0)}`,
        )
        .join(' · '),
  },
  {
    id: 'predictions',
    header: 'Predictions',
    width: 110,
    align: 'end',
    cell: (row) => formatCount(row.predictions),
    sort: (row) => row.predictions,
  },
  {
    id: 'labelled',
    header: 'Labelled',
    width: 96,
    align: 'end',
    cell: (row) => formatShare(row.predictions === 0 ? null : row.labelled / row.predictions),
    sort: (row) => (row.predictions === 0 ? null : row.labelled / row.predictions),
  },
  {
    id: 'p99',
    header: 'p99',
    width: 90,
    align: 'end',
    cell: (row) => formatDuration(row.arms[0]?.latencyMs.p99),
    sort: (row) => row.arms[0]?.latencyMs.p99 ?? null,
  },
  {
    id: 'updated',
    header: 'Route set',
    width: 110,
    cell: (row) => <When at={row.updatedAt} />,
    sort: (row) => row.updatedAt,
  },
]

export const EndpointsPage = () => (
  <ListPage
    title="Endpoints"
    actions={
      <>
        <Link className="button quiet" href={paths.batchJobs}>
          Batch jobs
        </Link>
        <Link className="button quiet" href={paths.streams}>
          Streams
        </Link>
        <Link className="button quiet" href={paths.ensembles}>
          Ensembles
        </Link>
      </>
    }
    query={endpointsQuery}
    columns={columns}
    rowKey={(row) => row.name}
    empty={
      <State
        icon="endpoints"
        title="No endpoint yet"
        command="kaizen endpoints create bike-demand --model bike-demand"
      >
        <p>An endpoint serves versions of one registered model over HTTP.</p>
      </State>
    }
  />
)
