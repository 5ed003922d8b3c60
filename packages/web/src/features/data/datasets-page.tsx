import type { Dataset } from '@kaizen/contracts'
import { formatCount } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { ListPage } from '../../shared/ui/list-page.tsx'
import { State } from '../../shared/ui/state.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { datasetsQuery } from './api.ts'

const columns: readonly TableColumn<Dataset>[] = [
  {
    id: 'name',
    header: 'Dataset',
    minWidth: 180,
    cell: (row) => <Link href={paths.dataset(row.name)}>{row.name}</Link>,
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
    id: 'version',
    header: 'Version',
    width: 90,
    align: 'end',
    cell: (row) => row.latestVersion,
    sort: (row) => row.latestVersion,
  },
  {
    id: 'rows',
    header: 'Rows',
    width: 110,
    align: 'end',
    cell: (row) => formatCount(row.rowCount),
    sort: (row) => row.rowCount,
  },
  {
    id: 'rules',
    header: 'Rules',
    width: 80,
    align: 'end',
    cell: (row) => row.rules.length,
    sort: (row) => row.rules.length,
  },
  {
    id: 'updated',
    header: 'Updated',
    width: 120,
    cell: (row) => <When at={row.updatedAt} />,
    sort: (row) => row.updatedAt,
  },
  {
    id: 'description',
    header: 'Description',
    minWidth: 260,
    cell: (row) => <span className="soft">{row.description}</span>,
  },
]

export const DatasetsPage = () => (
  <ListPage
    title="Data"
    query={datasetsQuery}
    columns={columns}
    rowKey={(row) => row.name}
    empty={
      <State icon="data" title="No dataset yet" command="kaizen data create bike-hours">
        <p>Register a CSV or Parquet file, or apply a project that declares one.</p>
      </State>
    }
  />
)
