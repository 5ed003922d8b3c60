import { type Reader, tables } from '../storage/index.ts'
import type { MetricPoint, TimeSpan } from './model.ts'
import type { MonitoringTables } from './tables.ts'

type ValueRow = MonitoringTables['monitor_value']

const toPoint = (row: ValueRow): MetricPoint => ({
  metric: row.metric,
  at: row.at,
  value: row.value,
  rows: row.row_count,
  revision: row.revision,
  threshold: row.threshold,
  lower: row.lower,
  drifted: row.drifted === null ? null : row.drifted === 1,
  note: row.note,
})

/** The newest values of a metric, oldest first. */
export async function lastPoints(
  reader: Reader,
  monitor: string,
  metric: string,
  count: number,
): Promise<readonly MetricPoint[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_value')
    .selectAll()
    .where('monitor', '=', monitor)
    .where('metric', '=', metric)
    .orderBy('at', 'desc')
    .limit(count)
    .execute()
  return rows.map(toPoint).reverse()
}

/** Values of a metric by time. */
export async function readSeries(
  reader: Reader,
  monitor: string,
  metric: string,
  span: { readonly from: number; readonly to: number },
): Promise<readonly MetricPoint[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_value')
    .selectAll()
    .where('monitor', '=', monitor)
    .where('metric', '=', metric)
    .where('at', '>=', span.from)
    .where('at', '<=', span.to)
    .orderBy('at')
    .execute()
  return rows.map(toPoint)
}

/** The newest value of every metric, by name. */
export async function newestPoints(
  reader: Reader,
  monitor: string,
): Promise<readonly MetricPoint[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_metric')
    .selectAll()
    .where('monitor', '=', monitor)
    .orderBy('metric')
    .execute()
  return rows.map(toPoint)
}

/** The newest values that are over their bounds. */
export async function driftedPoints(
  reader: Reader,
  monitor: string,
): Promise<readonly MetricPoint[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_metric')
    .selectAll()
    .where('monitor', '=', monitor)
    .where('drifted', '=', 1)
    .orderBy('metric')
    .execute()
  return rows.map(toPoint)
}

/** The newest of the earlier values of a metric, oldest first; for bounds that look back. */
export async function valuesBefore(
  reader: Reader,
  monitor: string,
  given: {
    readonly metric: string
    readonly before: number
    readonly span: TimeSpan | null
    readonly limit: number
  },
): Promise<readonly { readonly at: number; readonly value: number | null }[]> {
  let query = tables<MonitoringTables>(reader)
    .selectFrom('monitor_value')
    .select(['at', 'value'])
    .where('monitor', '=', monitor)
    .where('metric', '=', given.metric)
    .where('at', '<', given.before)
  if (given.span) query = query.where('at', '>', given.span.from).where('at', '<=', given.span.to)
  const rows = await query.orderBy('at', 'desc').limit(given.limit).execute()
  return rows.reverse()
}
