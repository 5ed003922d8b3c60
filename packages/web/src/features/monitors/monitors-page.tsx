import type { MonitorView } from '@kaizen/contracts'
import { formatCount } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { ListPage } from '../../shared/ui/list-page.tsx'
import { State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { monitorsQuery } from './api.ts'
import { Watched } from './watched.tsx'

const columns: readonly TableColumn<MonitorView>[] = [
  {
    id: 'name',
    header: 'Monitor',
    minWidth: 170,
    cell: (row) => <Link href={paths.monitor(row.name)}>{row.name}</Link>,
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
    id: 'watches',
    header: 'Watches',
    minWidth: 140,
    cell: (row) => <Watched declaration={row.declaration} />,
    sort: (row) => row.declaration.endpoint ?? row.declaration.dataset,
  },
  {
    id: 'alerts',
    header: 'Open alerts',
    width: 110,
    align: 'end',
    cell: (row) => row.openAlerts,
    sort: (row) => row.openAlerts,
  },
  {
    id: 'windows',
    header: 'Windows',
    width: 96,
    align: 'end',
    cell: (row) => formatCount(row.windows),
    sort: (row) => row.windows,
  },
  {
    id: 'last',
    header: 'Last window',
    width: 120,
    cell: (row) => <When at={row.lastWindowTo} />,
    sort: (row) => row.lastWindowTo,
  },
  {
    id: 'description',
    header: 'Description',
    minWidth: 240,
    cell: (row) => <span className="soft">{row.declaration.description}</span>,
  },
]

export const MonitorsPage = () => (
  <ListPage
    title="Monitors"
    query={monitorsQuery}
    columns={columns}
    rowKey={(row) => row.name}
    empty={
      <State icon="monitors" title="No monitor yet" command="kaizen apply examples/bike-sharing">
        <p>
          A project declares a monitor beside its endpoint; it watches inputs, answers and errors.
        </p>
      </State>
    }
  />
)
