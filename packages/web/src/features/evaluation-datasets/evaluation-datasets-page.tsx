import { getRouteApi } from '@tanstack/react-router'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatCount } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Page } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { FilterBox } from '../experiments/filter-box.tsx'
import { evaluationDatasetsQuery } from './api.ts'
import type { EvaluationDataset } from './wire.ts'
import '../experiments/run.css'

const route = getRouteApi('/evaluation-datasets')

/** The data sets that answers are evaluated on, as MLflow's clients make them. */
export function EvaluationDatasetsPage() {
  const { filter = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const { query, rows, onEnd } = usePages(evaluationDatasetsQuery(filter))
  return (
    <Page title="Evaluation datasets" crumbs={[{ label: 'Experiments', href: paths.experiments }]}>
      <div className="toolbar">
        <FilterBox
          label="Filter evaluation datasets"
          example="name LIKE '%answers%'"
          value={filter}
          error={query.error}
          onChange={(next) =>
            void navigate({ search: next === '' ? {} : { filter: next }, replace: true })
          }
        />
      </div>
      <Loaded query={query} skeleton={<Skeleton lines={8} />}>
        {() =>
          rows.length === 0 ? (
            <State
              icon="evaluation"
              title={filter === '' ? 'No evaluation dataset yet' : 'None matches the filter'}
              command="kaizen import mlflow http://127.0.0.1:5000"
            >
              <p>
                {filter === '' ? (
                  <>
                    MLflow clients make them by <code>mlflow.genai.datasets.create_dataset</code>.
                    The command takes over those of another server.
                  </>
                ) : (
                  'Change or clear the filter.'
                )}
              </p>
            </State>
          ) : (
            <div className="section">
              <Table
                label="Evaluation datasets"
                primary
                columns={columns}
                rows={rows}
                rowKey={(row) => row.id}
                height="calc(100dvh - 220px)"
                onEnd={onEnd}
                csvName="evaluation-datasets"
              />
            </div>
          )
        }
      </Loaded>
    </Page>
  )
}

const columns: readonly TableColumn<EvaluationDataset>[] = [
  {
    id: 'name',
    header: 'Dataset',
    minWidth: 200,
    cell: (row) => <Link href={paths.evaluationDataset(row.id)}>{row.name}</Link>,
    sort: (row) => row.name,
  },
  {
    id: 'records',
    header: 'Records',
    width: 96,
    align: 'end',
    cell: (row) => formatCount(row.records),
    sort: (row) => row.records,
  },
  {
    id: 'experiments',
    header: 'Experiments',
    width: 110,
    align: 'end',
    cell: (row) => row.experimentIds.length,
    sort: (row) => row.experimentIds.length,
  },
  {
    id: 'updated',
    header: 'Updated',
    width: 120,
    cell: (row) => <When at={row.updatedAt} />,
    sort: (row) => row.updatedAt,
  },
  {
    id: 'by',
    header: 'By',
    width: 150,
    cell: (row) => <span className="soft">{row.updatedBy}</span>,
    sort: (row) => row.updatedBy,
  },
  {
    id: 'tags',
    header: 'Tags',
    minWidth: 200,
    cell: (row) => <span className="soft">{tagWords(row)}</span>,
    text: tagWords,
  },
]

function tagWords({ tags }: EvaluationDataset): string {
  return [...tags].map(([key, value]) => `${key}: ${value}`).join(', ')
}
