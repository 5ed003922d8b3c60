import { type SqlBool, sql } from 'kysely'
import { type Dialect, PreparedInsert, type Tx, tables } from '../storage/index.ts'
import type { NewWindow } from './model.ts'
import type { MonitoringTables } from './tables.ts'
import { dayMs, dayOf } from './windows/days.store.ts'

type ValueRow = MonitoringTables['monitor_value']
type DayRow = MonitoringTables['monitor_day']

const valueColumns = [
  'monitor',
  'metric',
  'at',
  'value',
  'row_count',
  'revision',
  'threshold',
  'lower',
  'drifted',
  'note',
  'band_low',
  'band_high',
] as const satisfies readonly (keyof ValueRow)[]
const replaced = valueColumns.slice(3)

/** Values are bound in the order of the columns, so rows must name them in that order. */
const inOrder = <Row extends object>(columns: readonly (keyof Row)[], row: Row): Row =>
  Object.fromEntries(columns.map((column) => [column, row[column]])) as Row

/** The same columns of the row that was to be inserted. */
const excluded = (columns: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(columns.map((column) => [column, sql.ref(`excluded.${column}`)]))

const upsertValues = new PreparedInsert<ValueRow>(valueColumns, (tx, rows) =>
  tables<MonitoringTables>(tx)
    .insertInto('monitor_value')
    .values(rows.map((row) => inOrder(valueColumns, row)))
    .onConflict((conflict) =>
      conflict.columns(['monitor', 'metric', 'at']).doUpdateSet(excluded(replaced)),
    ),
)

/** A window that was closed or restated out of order takes the place of no newer one. */
const upsertNewest = new PreparedInsert<ValueRow>(valueColumns, (tx, rows) =>
  tables<MonitoringTables>(tx)
    .insertInto('monitor_metric')
    .values(rows.map((row) => inOrder(valueColumns, row)))
    .onConflict((conflict) =>
      conflict
        .columns(['monitor', 'metric'])
        .doUpdateSet(excluded(['at', ...replaced]))
        .whereRef('excluded.at', '>=', 'monitor_metric.at'),
    ),
)

const added = ['windows', 'known', 'total', 'row_count'] as const
const least = ['first_at', 'low', 'lower', 'band_low'] as const
const greatest = ['last_at', 'high', 'revision', 'threshold', 'drifted', 'band_high'] as const
const dayColumns = ['monitor', 'metric', 'day', ...added, ...least, ...greatest] as const

const sumOf = (column: string) =>
  sql`${sql.ref(`monitor_day.${column}`)} + ${sql.ref(`excluded.${column}`)}`
/** Of the value that stands and the one that comes, that which the operator prefers; of one that is null the other. */
const preferred = (column: string, operator: '<' | '>') => {
  const [standing, coming] = [sql.ref(`monitor_day.${column}`), sql.ref(`excluded.${column}`)]
  const better = sql<SqlBool>`${coming} ${sql.raw(operator)} ${standing}`
  return sql`case when ${standing} is null or ${better} then coalesce(${coming}, ${standing}) else ${standing} end`
}
const merged: Record<string, unknown> = {
  ...Object.fromEntries(added.map((column) => [column, sumOf(column)])),
  ...Object.fromEntries(least.map((column) => [column, preferred(column, '<')])),
  ...Object.fromEntries(greatest.map((column) => [column, preferred(column, '>')])),
}

const mergeDays = new PreparedInsert<DayRow>(dayColumns, (tx, rows) =>
  tables<MonitoringTables>(tx)
    .insertInto('monitor_day')
    .values(rows.map((row) => inOrder(dayColumns, row)))
    .onConflict((conflict) => conflict.columns(['monitor', 'metric', 'day']).doUpdateSet(merged)),
)

/** Metrics of one statement: SQLite binds at most 32,766 values. */
const metricsAtOnce = 500

/** Writes the values of a window: to the series, as the newest where they are, and into the day that they belong to. */
export async function writeValues(
  tx: Tx,
  dialect: Dialect,
  written: { readonly monitor: string; readonly window: NewWindow; readonly revision: number },
): Promise<void> {
  const { monitor, window, revision } = written
  const values = valuesOf(monitor, window, revision)
  await upsertValues.run(tx, dialect, values)
  await upsertNewest.run(tx, dialect, values)
  if (revision === 1) await mergeDays.run(tx, dialect, values.map(dayOfValue))
  else await remakeDay(tx, monitor, { metrics: values.map(({ metric }) => metric), at: window.to })
}

/** Takes the values of metrics at a time out of the series. */
export async function deleteValues(
  tx: Tx,
  monitor: string,
  { metrics, at }: { readonly metrics: readonly string[]; readonly at: number },
): Promise<void> {
  for (let from = 0; from < metrics.length; from += metricsAtOnce) {
    await tables<MonitoringTables>(tx)
      .deleteFrom('monitor_value')
      .where('monitor', '=', monitor)
      .where('at', '=', at)
      .where('metric', 'in', metrics.slice(from, from + metricsAtOnce))
      .execute()
  }
  await remakeDay(tx, monitor, { metrics, at })
}

const valuesOf = (monitor: string, window: NewWindow, revision: number): readonly ValueRow[] =>
  window.statistics.map((statistic) => ({
    monitor,
    metric: statistic.metric,
    at: window.to,
    value: statistic.value,
    row_count: statistic.currentRows,
    revision,
    threshold: statistic.threshold,
    lower: statistic.lower,
    drifted: statistic.drifted === null ? null : Number(statistic.drifted),
    note: statistic.note,
    band_low: statistic.band?.[0] ?? null,
    band_high: statistic.band?.[1] ?? null,
  }))

const dayOfValue = (row: ValueRow): DayRow => ({
  monitor: row.monitor,
  metric: row.metric,
  day: dayOf(row.at),
  first_at: row.at,
  last_at: row.at,
  windows: 1,
  known: row.value === null ? 0 : 1,
  total: row.value ?? 0,
  low: row.value,
  high: row.value,
  row_count: row.row_count,
  revision: row.revision,
  threshold: row.threshold,
  lower: row.lower,
  drifted: row.drifted,
  band_low: row.band_low,
  band_high: row.band_high,
})

/** A day of which a value has changed or gone is summed up again from the values that stand. */
async function remakeDay(
  tx: Tx,
  monitor: string,
  { metrics, at }: { readonly metrics: readonly string[]; readonly at: number },
): Promise<void> {
  const day = dayOf(at)
  const db = tables<MonitoringTables>(tx)
  for (let from = 0; from < metrics.length; from += metricsAtOnce) {
    const some = metrics.slice(from, from + metricsAtOnce)
    await db
      .deleteFrom('monitor_day')
      .where('monitor', '=', monitor)
      .where('day', '=', day)
      .where('metric', 'in', some)
      .execute()
    await db
      .insertInto('monitor_day')
      .columns([...dayColumns])
      .expression(
        db
          .selectFrom('monitor_value')
          .select((select) => [
            'monitor',
            'metric',
            sql<number>`${sql.lit(day)}`.as('day'),
            select.fn.countAll<number>().as('windows'),
            select.fn.count<number>('value').as('known'),
            sql<number>`coalesce(sum(value), 0)`.as('total'),
            select.fn.sum<number>('row_count').as('row_count'),
            select.fn.min<number>('at').as('first_at'),
            select.fn.min<number | null>('value').as('low'),
            select.fn.min<number | null>('lower').as('lower'),
            select.fn.min<number | null>('band_low').as('band_low'),
            select.fn.max<number>('at').as('last_at'),
            select.fn.max<number | null>('value').as('high'),
            select.fn.max<number>('revision').as('revision'),
            select.fn.max<number | null>('threshold').as('threshold'),
            select.fn.max<number | null>('drifted').as('drifted'),
            select.fn.max<number | null>('band_high').as('band_high'),
          ])
          .where('monitor', '=', monitor)
          .where('metric', 'in', some)
          .where('at', '>', day * dayMs)
          .where('at', '<=', (day + 1) * dayMs)
          .groupBy(['monitor', 'metric']),
      )
      .execute()
  }
}
