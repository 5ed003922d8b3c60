import { sql } from 'kysely'
import { type Reader, tables } from '../../storage/index.ts'
import type { TimeSpan } from '../model.ts'
import type { SeriesPoint } from '../series.ts'
import type { MonitoringTables } from '../tables.ts'

export const dayMs = 86_400_000

/** The day that a window belongs to by its end, in days since 1970: one that ends at midnight is of the day before. */
export const dayOf = (at: number): number => Math.floor((at - 1) / dayMs)

/** How many values a metric has on whole days of a span, and between which times; read from the days alone. */
export async function extentOfDays(
  reader: Reader,
  monitor: string,
  metric: string,
  span: TimeSpan,
): Promise<{
  readonly windows: number
  readonly days: number
  readonly from: number
  readonly to: number
}> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_day')
    .select((select) => [
      select.fn.countAll<number>().as('days'),
      select.fn.sum<number | null>('windows').as('windows'),
      select.fn.min<number | null>('first_at').as('from'),
      select.fn.max<number | null>('last_at').as('to'),
    ])
    .where('monitor', '=', monitor)
    .where('metric', '=', metric)
    .where('first_at', '>=', span.from)
    .where('last_at', '<=', span.to)
    .executeTakeFirst()
  return {
    days: Number(row?.days ?? 0),
    windows: Number(row?.windows ?? 0),
    from: Number(row?.from ?? 0),
    to: Number(row?.to ?? 0),
  }
}

/** The days that lie whole within a span, so many of them made one point. */
export async function readDays(
  reader: Reader,
  monitor: string,
  metric: string,
  { from, to, width }: TimeSpan & { readonly width: number },
): Promise<readonly SeriesPoint[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_day')
    .select((select) => [
      select.fn.max<number>('last_at').as('at'),
      select.fn.sum<number>('known').as('known'),
      select.fn.sum<number>('total').as('total'),
      select.fn.min<number | null>('low').as('low'),
      select.fn.max<number | null>('high').as('high'),
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
    .where('first_at', '>=', from)
    .where('last_at', '<=', to)
    // Both sides are whole numbers, so the quotient is cut to one.
    .groupBy(sql<number>`(day - ${sql.lit(dayOf(from))}) / ${sql.lit(Math.trunc(width))}`)
    .orderBy('at')
    .execute()
  return rows.map((row) => thinnedPoint(metric, { ...row, value: meanOf(row) }))
}

const meanOf = ({ known, total }: { readonly known: number; readonly total: number }) =>
  Number(known) === 0 ? null : Number(total) / Number(known)

interface Thinned {
  readonly at: number
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
  readonly rows: number
  readonly revision: number
  readonly threshold: number | null
  readonly lower: number | null
  readonly drifted: number | null
  readonly band_low: number | null
  readonly band_high: number | null
}

const figure = (value: number | null): number | null => (value === null ? null : Number(value))

/** One point for several windows, as the database sums them up. */
export const thinnedPoint = (metric: string, row: Thinned): SeriesPoint => ({
  metric,
  at: Number(row.at),
  value: figure(row.value),
  rows: Number(row.rows),
  revision: Number(row.revision),
  threshold: figure(row.threshold),
  lower: figure(row.lower),
  drifted: row.drifted === null ? null : Number(row.drifted) === 1,
  note: null,
  band:
    row.band_low === null || row.band_high === null
      ? null
      : [Number(row.band_low), Number(row.band_high)],
  ...(row.low !== null &&
    row.high !== null && { range: [Number(row.low), Number(row.high)] as const }),
})
