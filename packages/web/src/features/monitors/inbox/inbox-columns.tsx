import type { AlertView } from '@kaizen/contracts'
import { paths } from '../../../shared/paths.ts'
import { Link } from '../../../shared/ui/link.tsx'
import { Status } from '../../../shared/ui/status.tsx'
import type { TableColumn } from '../../../shared/ui/table-model.ts'
import { When } from '../../../shared/ui/when.tsx'

/** The rest stands with the alert; an inbox is for what is to be done. Newest first, as the server has them. */
export const inboxColumns = (
  open: (id: string) => void,
  /** Whether the list holds alerts of several states. */
  mixed: boolean,
): readonly TableColumn<AlertView>[] => [
  {
    id: 'rule',
    header: 'Rule',
    width: 170,
    cell: (row) => (
      <button type="button" className="cell-button" onClick={() => open(row.id)}>
        <b>{row.rule}</b>
      </button>
    ),
    text: (row) => row.rule,
  },
  {
    id: 'severity',
    header: 'Severity',
    width: 104,
    cell: (row) => <Status state={row.severity} />,
    text: (row) => row.severity,
  },
  ...(mixed ? [stateColumn] : []),
  {
    id: 'monitor',
    header: 'Monitor',
    width: 140,
    cell: (row) => <Link href={paths.monitor(row.monitor)}>{row.monitor}</Link>,
    text: (row) => row.monitor,
  },
  {
    id: 'opened',
    header: 'Opened',
    width: 104,
    cell: (row) => <When at={row.openedAt} />,
    text: (row) => new Date(row.openedAt).toISOString(),
  },
  {
    id: 'assignee',
    header: 'Looked after by',
    width: 120,
    cell: (row) => row.assignee,
    text: (row) => row.assignee,
  },
  {
    id: 'comments',
    header: 'Said',
    width: 54,
    align: 'end',
    cell: (row) => (row.comments === 0 ? null : row.comments),
    text: (row) => row.comments,
  },
  {
    id: 'message',
    header: 'Why',
    minWidth: 300,
    cell: (row) => <span title={row.message}>{row.message}</span>,
    text: (row) => row.message,
  },
  {
    id: 'causes',
    header: 'Causes',
    width: 76,
    cell: (row) => (
      <Link className="link" href={paths.causes(row.monitor, row.windowTo)}>
        Causes
      </Link>
    ),
  },
]

const stateColumn: TableColumn<AlertView> = {
  id: 'state',
  header: 'State',
  width: 124,
  cell: (row) => <Status state={row.state} />,
  text: (row) => row.state,
}
