import type { EnsembleView } from '@kaizen/contracts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { ListPage } from '../../shared/ui/list-page.tsx'
import { State } from '../../shared/ui/state.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { ensemblesQuery } from './api.ts'

const columns: readonly TableColumn<EnsembleView>[] = [
  {
    id: 'name',
    header: 'Ensemble',
    minWidth: 170,
    cell: (row) => <Link href={paths.ensemble(row.name)}>{row.name}</Link>,
    sort: (row) => row.name,
  },
  {
    id: 'version',
    header: 'Version',
    width: 90,
    align: 'end',
    cell: (row) => row.version,
    sort: (row) => row.version,
  },
  {
    id: 'members',
    header: 'Models',
    minWidth: 220,
    cell: (row) => row.members.map((one) => `${one.modelName} · ${one.version}`).join(', '),
  },
  {
    id: 'parts',
    header: 'Parts',
    width: 80,
    align: 'end',
    cell: (row) => Object.keys(row.declaration.nodes).length,
    sort: (row) => Object.keys(row.declaration.nodes).length,
  },
  {
    id: 'outputs',
    header: 'Answers',
    minWidth: 140,
    cell: (row) => Object.keys(row.declaration.outputs).join(', '),
  },
  {
    id: 'project',
    header: 'Project',
    minWidth: 120,
    cell: (row) => row.project ?? <span className="faint">none</span>,
    sort: (row) => row.project,
  },
  {
    id: 'made',
    header: 'Made',
    width: 110,
    cell: (row) => <When at={row.createdAt} />,
    sort: (row) => row.createdAt,
  },
]

/** Graphs of models that answer as one. */
export const EnsemblesPage = () => (
  <ListPage
    title="Ensembles"
    query={ensemblesQuery}
    columns={columns}
    rowKey={(row) => row.name}
    empty={
      <State
        icon="pipelines"
        title="No ensemble yet"
        command="kaizen ensembles create ensemble.json"
      >
        <p>An ensemble is a graph of models and steps that answers as one model.</p>
      </State>
    }
  />
)
