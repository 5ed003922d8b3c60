import type { BatchJob } from '@kaizen/contracts'
import { formatCount, formatShare } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { ListPage } from '../../shared/ui/list-page.tsx'
import { State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { jobsQuery } from './api.ts'
import { doneShare, inputWords } from './prepare.ts'

const columns: readonly TableColumn<BatchJob>[] = [
  {
    id: 'id',
    header: 'Job',
    minWidth: 170,
    cell: (row) => <Link href={paths.batchJob(row.id)}>{row.id}</Link>,
    sort: (row) => row.id,
  },
  {
    id: 'state',
    header: 'State',
    width: 120,
    cell: (row) => <Status state={row.state} />,
    sort: (row) => row.state,
  },
  {
    id: 'model',
    header: 'Model',
    minWidth: 150,
    cell: (row) => (
      <Link className="quiet" href={paths.modelVersion(row.modelName, row.modelVersion)}>
        {row.modelName} · {row.modelVersion}
      </Link>
    ),
    sort: (row) => row.modelName,
  },
  { id: 'input', header: 'Input', minWidth: 150, cell: inputWords, sort: inputWords },
  {
    id: 'done',
    header: 'Done',
    width: 90,
    align: 'end',
    cell: (row) => formatShare(doneShare(row), 0),
    sort: doneShare,
  },
  {
    id: 'rows',
    header: 'Rows',
    width: 110,
    align: 'end',
    cell: (row) => formatCount(row.rows),
    sort: (row) => row.rows,
  },
  {
    id: 'failed',
    header: 'Set aside',
    width: 100,
    align: 'end',
    cell: (row) => formatCount(row.failed),
    sort: (row) => row.failed,
  },
  {
    id: 'created',
    header: 'Asked',
    width: 110,
    cell: (row) => <When at={row.createdAt} />,
    sort: (row) => row.createdAt,
  },
]

/** Files and datasets that were scored, or are being scored. */
export const BatchJobsPage = () => (
  <ListPage
    title="Batch jobs"
    actions={
      <Link className="button quiet" href={paths.schedules}>
        Schedules
      </Link>
    }
    query={jobsQuery}
    columns={columns}
    rowKey={(row) => row.id}
    empty={
      <State
        icon="table"
        title="No batch job yet"
        command="kaizen batch models:/fraud@champion payments.parquet --out scored.parquet"
      >
        <p>A batch job scores a file or a version of a dataset and keeps exact counts.</p>
      </State>
    }
  />
)
