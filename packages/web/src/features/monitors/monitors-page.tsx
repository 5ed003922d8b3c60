import type { MonitorHealth } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { formatCount, formatNumber } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { ListPage } from '../../shared/ui/list-page.tsx'
import { State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { overviewQuery, statesQuery } from './api.ts'
import { healthRank, sparkline, summaryOf } from './prepare.ts'
import { Watched } from './watched.tsx'
import './monitor.css'

const worstInWords = ({
  metric,
  value,
  threshold,
  note,
}: NonNullable<MonitorHealth['worst']>): string =>
  `${metric} ${formatNumber(value)}${threshold === null ? '' : ` of ${formatNumber(threshold)}`}${note === null ? '' : `: ${note}`}`

const columns: readonly TableColumn<MonitorHealth>[] = [
  {
    id: 'name',
    header: 'Monitor',
    minWidth: 150,
    cell: (row) => <Link href={paths.monitor(row.name)}>{row.name}</Link>,
    sort: (row) => row.name,
  },
  {
    id: 'state',
    header: 'State',
    width: 164,
    cell: (row) => (
      <Status state={row.state} {...(row.state === 'unknown' && { label: 'not enough data' })} />
    ),
    sort: healthRank,
  },
  {
    id: 'alerts',
    header: 'Open alerts',
    width: 112,
    align: 'end',
    cell: (row) => {
      const { critical, warning, info } = row.alerts
      const all = critical + warning + info
      return all === 0 ? (
        <span className="faint">0</span>
      ) : (
        `${all}${critical > 0 ? ` (${critical} critical)` : ''}`
      )
    },
    sort: (row) => 100 * row.alerts.critical + 10 * row.alerts.warning + row.alerts.info,
  },
  {
    id: 'over',
    header: 'Over the bound',
    width: 122,
    align: 'end',
    cell: (row) =>
      row.judged === 0 ? (
        <span className="faint">–</span>
      ) : (
        `${formatCount(row.drifted)} of ${formatCount(row.judged)}`
      ),
    sort: (row) => (row.judged === 0 ? null : row.drifted / row.judged),
  },
  {
    id: 'worst',
    header: 'Worst',
    width: 176,
    cell: (row) =>
      row.worst ? (
        <span title={worstInWords(row.worst)}>
          <b>{row.worst.metric}</b> {formatNumber(row.worst.value)}
        </span>
      ) : null,
    sort: (row) => row.worst?.metric ?? null,
  },
  {
    id: 'trend',
    header: 'Trend',
    width: 92,
    cell: (row) => (
      <svg className="spark" viewBox="0 0 200 20" preserveAspectRatio="none" aria-hidden="true">
        <path
          d={sparkline(
            row.trend.map(({ share }) => share),
            200,
            20,
          )}
        />
      </svg>
    ),
  },
  {
    id: 'watches',
    header: 'Watches',
    minWidth: 140,
    cell: (row) => <Watched declaration={row} />,
    sort: (row) => row.endpoint ?? row.dataset ?? row.pipeline ?? row.featureView,
  },
  {
    id: 'rows',
    header: 'Rows',
    width: 60,
    align: 'end',
    cell: (row) => formatCount(row.rows),
    sort: (row) => row.rows,
  },
  {
    id: 'last',
    header: 'Last window',
    width: 104,
    cell: (row) => <When at={row.lastWindowTo} />,
    sort: (row) => row.lastWindowTo,
  },
]

/** Health of every monitor at a glance: who is worst stands first. */
export function MonitorsPage() {
  const states = useQuery(statesQuery)
  return (
    <ListPage
      title="Monitors"
      subtitle={states.data && summaryOf(states.data)}
      actions={
        <>
          <Link className="button quiet" href={paths.reports}>
            Reports
          </Link>
          <Link className="button" href={paths.alerts}>
            Alert inbox
          </Link>
        </>
      }
      query={overviewQuery}
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
}
