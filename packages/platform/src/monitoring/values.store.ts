import { sql } from 'kysely'
import { type Reader, tables } from '../storage/index.ts'
import type { MetricPoint, TimeSpan } from './model.ts'
import type { SeriesPoint } from './series.ts'
import type { MonitoringTables } from './tables.ts'
import { thinnedPoint } from './windows/days.store.ts'

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
  band: row.band_low === null || row.band_high === null ? null : [row.band_low, row.band_high],
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

/** How many values a metric has in a span, and between which times. */
export async function extentOf(
  reader: Reader,
  monitor: string,
  metric: string,
  span: TimeSpan,
): Promise<{ readonly count: number; readonly from: number; readonly to: number }> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_value')
    .select((select) => [
      select.fn.countAll<number>().as('count'),
      select.fn.min<number | null>('at').as('from'),
      select.fn.max<number | null>('at').as('to'),
    ])
    .where('monitor', '=', monitor)
    .where('metric', '=', metric)
    .where('at', '>=', span.from)
    .where('at', '<=', span.to)
    .executeTakeFirst()
  return {
    count: Number(row?.count ?? 0),
    from: Number(row?.from ?? 0),
    to: Number(row?.to ?? 0),
  }
}

/** Neighbours made one in the database: two years of hours reach a chart as as many points as it can show. */
export async function readThinnedSeries(
  reader: Reader,
  monitor: string,
  metric: string,
  { from, to, widthMs }: TimeSpan & { readonly widthMs: number },
): Promise<readonly SeriesPoint[]> {
  // Both sides are whole numbers, so the quotient is cut to one.
  const cell = sql<number>`(at - ${sql.lit(Math.trunc(from))}) / ${sql.lit(Math.trunc(widthMs))}`
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_value')
    .select((select) => [
      select.fn.max<number>('at').as('at'),
      select.fn.avg<number | null>('value').as('value'),
      select.fn.min<number | null>('value').as('low'),
      select.fn.max<number | null>('value').as('high'),
      select.fn.sum<number>('row_count').as('rows'),
      select.fn.max<number>('revision').as('revision'),
      select.fn.max<number | null>('threshold').as('threshold'),
      select.fn.min<number | null>('lower').as('lower'),
      select.fn.max<number | null>('drifted').as('drifted'),
      select.fn.min<number | null>('band_low').as('band_low'),
      select.fn.max<number | null>('band_high').as('band_high'),
    ])
    .where('monitor', '=', monitor)
    .where('metric', '=', metric)
    .where('at', '>=', from)
    .where('at', '<=', to)
    .groupBy(cell)
    .orderBy('at')
    .execute()
  return rows.map((row) => thinnedPoint(metric, row))
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

/** The newest values of all monitors that have one, by monitor and metric, at most so many. */
export async function newestOfAll(
  reader: Reader,
  limit: number,
): Promise<readonly (MetricPoint & { readonly monitor: string })[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_metric')
    .selectAll()
    .where((expression) =>
      expression.or([expression('value', 'is not', null), expression('drifted', 'is not', null)]),
    )
    .orderBy('monitor')
    .orderBy('metric')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...toPoint(row), monitor: row.monitor }))
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
