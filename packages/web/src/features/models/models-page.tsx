import type { ModelView } from '@kaizen/contracts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { ListPage } from '../../shared/ui/list-page.tsx'
import { State } from '../../shared/ui/state.tsx'
import { Tag } from '../../shared/ui/status.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { modelsQuery } from './api.ts'

const columns: readonly TableColumn<ModelView>[] = [
  {
    id: 'name',
    header: 'Model',
    minWidth: 180,
    cell: (row) => <Link href={paths.model(row.name)}>{row.name}</Link>,
    sort: (row) => row.name,
  },
  {
    id: 'latest',
    header: 'Versions',
    width: 96,
    align: 'end',
    cell: (row) => row.latestVersion,
    sort: (row) => row.latestVersion,
  },
  {
    id: 'aliases',
    header: 'Aliases',
    minWidth: 240,
    cell: (row) => (
      <span className="tags">
        {row.aliases.map((one) => (
          <Tag key={one.alias}>
            @{one.alias} → {one.version}
          </Tag>
        ))}
      </span>
    ),
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

export const ModelsPage = () => (
  <ListPage
    title="Models"
    actions={
      <Link className="button quiet" href={paths.prompts}>
        Prompts
      </Link>
    }
    query={modelsQuery}
    columns={columns}
    rowKey={(row) => row.name}
    empty={
      <State
        icon="models"
        title="No model is registered yet"
        command="kaizen models upload my-model model.onnx"
      >
        <p>A loop registers its candidates by itself; any ONNX file can be registered by hand.</p>
      </State>
    }
  />
)
