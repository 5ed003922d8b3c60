import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { ListPage } from '../../shared/ui/list-page.tsx'
import { State } from '../../shared/ui/state.tsx'
import { Tag } from '../../shared/ui/status.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { promptsQuery } from './api.ts'
import type { Prompt } from './wire.ts'
import './prompts.css'

const columns: readonly TableColumn<Prompt>[] = [
  {
    id: 'name',
    header: 'Prompt',
    minWidth: 180,
    cell: (row) => <Link href={paths.prompt(row.name)}>{row.name}</Link>,
    sort: (row) => row.name,
  },
  {
    id: 'latest',
    header: 'Newest version',
    width: 130,
    align: 'end',
    cell: (row) => row.latestVersion,
    sort: (row) => row.latestVersion,
  },
  {
    id: 'aliases',
    header: 'Aliases',
    minWidth: 200,
    cell: (row) => (
      <span className="tags">
        {row.aliases.map((one) => (
          <Tag key={one.alias}>
            @{one.alias} → {one.version}
          </Tag>
        ))}
      </span>
    ),
    text: (row) => row.aliases.map((one) => `${one.alias} ${one.version}`).join(', '),
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
    text: (row) => row.description,
  },
]

export const PromptsPage = () => (
  <ListPage
    title="Prompts"
    query={promptsQuery}
    columns={columns}
    rowKey={(row) => row.name}
    empty={
      <State
        icon="models"
        title="No prompt yet"
        command="kaizen import mlflow http://127.0.0.1:5000"
      >
        <p>
          MLflow clients register them here by <code>mlflow.genai.register_prompt</code>; the
          command takes over those of another server.
        </p>
      </State>
    }
  />
)
