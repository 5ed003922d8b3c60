import type { pipelinesApi, ResponseOf } from '@kaizen/contracts'
import { formatDuration } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { ListPage } from '../../shared/ui/list-page.tsx'
import { State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { pipelinesQuery } from './api.ts'

type Row = ResponseOf<typeof pipelinesApi.list>['items'][number]

const columns: readonly TableColumn<Row>[] = [
  {
    id: 'name',
    header: 'Pipeline',
    minWidth: 180,
    cell: (row) => <Link href={paths.pipeline(row.name)}>{row.name}</Link>,
    sort: (row) => row.name,
  },
  {
    id: 'project',
    header: 'Project',
    minWidth: 120,
    cell: (row) => row.project,
    sort: (row) => row.project,
  },
  {
    id: 'steps',
    header: 'Steps',
    width: 80,
    align: 'end',
    cell: (row) => row.steps,
    sort: (row) => row.steps,
  },
  {
    id: 'state',
    header: 'Last run',
    width: 120,
    cell: (row) =>
      row.lastRun ? (
        <Link className="quiet" href={paths.pipelineRun(row.lastRun.id)}>
          <Status state={row.lastRun.state} />
        </Link>
      ) : null,
    sort: (row) => row.lastRun?.state ?? null,
  },
  {
    id: 'when',
    header: 'Started',
    width: 110,
    cell: (row) => <When at={row.lastRun?.createdAt} />,
    sort: (row) => row.lastRun?.createdAt ?? null,
  },
  {
    id: 'took',
    header: 'Took',
    width: 90,
    align: 'end',
    cell: (row) =>
      formatDuration(
        row.lastRun?.endedAt && row.lastRun.startedAt
          ? row.lastRun.endedAt - row.lastRun.startedAt
          : null,
      ),
  },
  {
    id: 'description',
    header: 'Description',
    minWidth: 260,
    cell: (row) => <span className="soft">{row.description}</span>,
  },
]

export const PipelinesPage = () => (
  <ListPage
    title="Pipelines"
    query={pipelinesQuery}
    columns={columns}
    rowKey={(row) => row.name}
    empty={
      <State icon="pipelines" title="No pipeline yet" command="kaizen init my-project">
        <p>A pipeline is an ordinary TypeScript function of steps in a project's kaizen.ts.</p>
      </State>
    }
  />
)
