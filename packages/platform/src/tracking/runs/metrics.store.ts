import { sql } from 'kysely'
import { type Dialect, PreparedInsert, type Reader, type Tx, tables } from '../../storage/index.ts'
import type { MetricPoint } from '../model.ts'
import { newestPoints, storedValue } from '../rules.ts'
import type { TrackingTables } from '../tables.ts'
import type { HistoryCursor } from './history-cursor.ts'
import type { RunKey } from './runs.store.ts'

type PointRow = TrackingTables['run_metric']
type LatestRow = TrackingTables['run_latest_metric']

const columns = ['run_number', 'key', 'step', 'timestamp', 'value', 'is_nan'] as const

/** A point logged again is the same point. */
const history = new PreparedInsert<PointRow>(columns, (tx, rows) =>
  tables<TrackingTables>(tx)
    .insertInto('run_metric')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing()),
)

/** Keeps the greater of the stored and the new point by (step, timestamp, value). */
const latest = new PreparedInsert<LatestRow>([...columns, 'experiment_number'], (tx, rows) =>
  tables<TrackingTables>(tx)
    .insertInto('run_latest_metric')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['run_number', 'key'])
        .doUpdateSet((eb) => ({
          step: eb.ref('excluded.step'),
          timestamp: eb.ref('excluded.timestamp'),
          value: eb.ref('excluded.value'),
          is_nan: eb.ref('excluded.is_nan'),
        }))
        .where(
          sql<boolean>`(excluded.step, excluded.timestamp, excluded.value) >
            (run_latest_metric.step, run_latest_metric.timestamp, run_latest_metric.value)`,
        ),
    ),
)

const toRow = (runNumber: number, point: MetricPoint): PointRow => {
  const isNan = Number.isNaN(point.value)
  return {
    run_number: runNumber,
    key: point.key,
    step: point.step,
    timestamp: point.timestamp,
    value: isNan ? 0 : storedValue(point.value),
    is_nan: isNan ? 1 : 0,
  }
}

export const toPoint = (
  row: Pick<PointRow, 'key' | 'step' | 'timestamp' | 'value' | 'is_nan'>,
): MetricPoint => ({
  key: row.key,
  value: row.is_nan === 1 ? Number.NaN : row.value,
  step: row.step,
  timestamp: row.timestamp,
})

/** Adds points to a run's curves and moves its newest values. */
export async function insertMetrics(
  tx: Tx,
  dialect: Dialect,
  run: RunKey,
  points: readonly MetricPoint[],
): Promise<void> {
  if (points.length === 0) return
  await history.run(
    tx,
    dialect,
    points.map((point) => toRow(run.number, point)),
  )
  const newest = newestPoints(points).map((point) => ({
    ...toRow(run.number, point),
    experiment_number: run.experimentNumber,
  }))
  await latest.run(tx, dialect, newest)
}

/** The newest point of each key of each run. */
export async function readLatestMetrics(
  reader: Reader,
  runNumbers: readonly number[],
): Promise<ReadonlyMap<number, readonly MetricPoint[]>> {
  if (runNumbers.length === 0) return new Map()
  const rows = await tables<TrackingTables>(reader)
    .selectFrom('run_latest_metric')
    .selectAll()
    .where('run_number', 'in', runNumbers)
    .orderBy('run_number')
    .orderBy('key')
    .execute()
  const found = new Map<number, MetricPoint[]>()
  for (const row of rows) {
    const points = found.get(row.run_number)
    if (points) points.push(toPoint(row))
    else found.set(row.run_number, [toPoint(row)])
  }
  return found
}

/** Points of one curve in the order of step, time and value. */
export async function readHistory(
  reader: Reader,
  runNumber: number,
  key: string,
  options: { readonly after?: HistoryCursor | undefined; readonly limit?: number | undefined },
): Promise<readonly MetricPoint[]> {
  let query = tables<TrackingTables>(reader)
    .selectFrom('run_metric')
    .select(['key', 'step', 'timestamp', 'value', 'is_nan'])
    .where('run_number', '=', runNumber)
    .where('key', '=', key)
    .orderBy('step')
    .orderBy('timestamp')
    .orderBy('value')
    .orderBy('is_nan')
  if (options.after) {
    query = query.where(
      sql<boolean>`(step, timestamp, value, is_nan) > (${sql.join([...options.after])})`,
    )
  }
  if (options.limit !== undefined) query = query.limit(options.limit)
  return (await query.execute()).map(toPoint)
}

/**
 * The first point of each of so many even parts of a curve, but of the last part its last point; counted in the
 * database so that a long curve is not read whole.
 */
export async function sampleHistory(
  reader: Reader,
  runNumber: number,
  key: string,
  options: { readonly points: number; readonly steps?: readonly [number, number] | undefined },
): Promise<readonly MetricPoint[]> {
  const [from, to] = options.steps ?? [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
  const within = sql`run_number = ${runNumber} and key = ${key} and step >= ${from} and step <= ${to}`
  const counted = await sql<{ total: number }>`
    select count(*) as total from run_metric where ${within}`.execute(reader)
  // Counted by itself: beside the places of the points the database would keep them all until the last is counted.
  const total = Number(counted.rows[0]?.total ?? 0)
  const { points } = options
  const part = Math.floor(total / points)
  const longer = (total % points) * (part + 1)
  const firstOfPart = sql`case when place < ${sql.lit(longer)} then place % ${sql.lit(part + 1)}
    else (place - ${sql.lit(longer)}) % ${sql.lit(part)} end = 0`
  const kept =
    total <= points
      ? sql`true`
      : sql`place = ${sql.lit(total - 1)} or (place <> ${sql.lit(total - part)} and ${firstOfPart})`
  const { rows } = await sql<PointRow>`
    select key, step, timestamp, value, is_nan from (
      select key, step, timestamp, value, is_nan,
        row_number() over (order by step, timestamp, value, is_nan) - 1 as place
      from run_metric where ${within}
    ) as placed
    where ${kept}
    order by step, timestamp, value, is_nan`.execute(reader)
  return rows.map(toPoint)
}
