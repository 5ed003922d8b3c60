import { useQuery } from '@tanstack/react-query'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Page } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { experimentsQuery } from './api.ts'
import type { Experiment } from './wire.ts'

const columns: readonly TableColumn<Experiment>[] = [
  {
    id: 'name',
    header: 'Experiment',
    minWidth: 260,
    cell: (row) => <Link href={paths.experiment(row.id)}>{row.name}</Link>,
    sort: (row) => row.name,
  },
  {
    id: 'id',
    header: 'Id',
    width: 220,
    cell: (row) => <code>{row.id}</code>,
    sort: (row) => row.id,
  },
  {
    id: 'created',
    header: 'Created',
    width: 130,
    cell: (row) => <When at={row.createdAt} />,
    sort: (row) => row.createdAt,
  },
  {
    id: 'updated',
    header: 'Updated',
    width: 130,
    cell: (row) => <When at={row.updatedAt} />,
    sort: (row) => row.updatedAt,
  },
]

export function ExperimentsPage() {
  const query = useQuery(experimentsQuery)
  return (
    <Page
      title="Experiments"
      actions={
        <Link className="button quiet" href={paths.evaluationDatasets}>
          Evaluation datasets
        </Link>
      }
    >
      <Loaded query={query}>
        {(experiments) =>
          experiments.length === 0 ? (
            <State
              icon="experiments"
              title="No experiment yet"
              command="kaizen pipelines start bike-training"
            >
              <p>
                A pipeline run logs here by itself. From a notebook, point the MLflow client at this
                server: <code>MLFLOW_TRACKING_URI={location.origin}</code>
              </p>
            </State>
          ) : (
            <div className="section">
              <Table
                label="Experiments"
                primary
                columns={columns}
                rows={experiments}
                rowKey={(row) => row.id}
                csvName="experiments"
              />
            </div>
          )
        }
      </Loaded>
    </Page>
  )
}
