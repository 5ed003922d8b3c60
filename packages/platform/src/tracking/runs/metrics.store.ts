import { sql } from 'kysely'
import { type Dialect, PreparedInsert, type Reader, type Tx, tables } from '../../storage/index.ts'
import type { MetricPoint } from '../model.ts'
import { newestPoints, storedValue } from '../rules.ts'
import type { TrackingTables } from '../tables.ts'
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
  const rows = points.map((point) => toRow(run.number, point))
  const newest = newestPoints(points).map((point) => ({
    ...toRow(run.number, point),
    experiment_number: run.experimentNumber,
  }))
  await Promise.all([history.run(tx, dialect, rows), latest.run(tx, dialect, newest)])
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
