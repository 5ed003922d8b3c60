import { sql } from 'kysely'
import { type Dialect, PreparedQuery, type Reader, type Tx, tables } from '../../storage/index.ts'
import type { Lifecycle, Run, RunStatus } from '../model.ts'
import { numberList } from '../search/number-list.store.ts'
import type { TrackingTables } from '../tables.ts'

export type RunRow = TrackingTables['run']

/** The numbers by which rows refer to a run and to its experiment. */
export interface RunKey {
  readonly number: number
  readonly experimentNumber: number
}

export type StoredRun = Run & RunKey

export const toRun = (row: RunRow): StoredRun => ({
  number: row.number,
  runId: row.id,
  experimentNumber: row.experiment_number,
  experimentId: String(row.experiment_number),
  name: row.name,
  userId: row.user_id,
  status: row.status as RunStatus,
  startTime: row.start_time,
  endTime: row.end_time,
  lifecycle: row.lifecycle as Lifecycle,
  artifactUri: row.artifact_uri,
})

const newRunColumns = [
  'id',
  'experiment_number',
  'name',
  'user_id',
  'status',
  'start_time',
  'end_time',
  'lifecycle',
  'artifact_uri',
  'deleted_at',
] as const

const newRun = new PreparedQuery<readonly unknown[], Pick<RunRow, 'number'>>((tx, ...values) =>
  tables<TrackingTables>(tx)
    .insertInto('run')
    .columns([...newRunColumns])
    .expression(sql`values (${sql.join([...values])})` as never)
    .returning('number'),
)

export async function insertRun(
  tx: Tx,
  dialect: Dialect,
  row: Omit<RunRow, 'number'>,
): Promise<StoredRun> {
  const [inserted] = await newRun.run(tx, dialect, ...newRunColumns.map((column) => row[column]))
  return toRun({ number: inserted?.number ?? Number.NaN, ...row })
}

const byId = new PreparedQuery<readonly [runId: string], RunRow>((reader, runId) =>
  tables<TrackingTables>(reader).selectFrom('run').selectAll().where('id', '=', runId),
)

export async function findRun(
  reader: Reader,
  dialect: Dialect,
  runId: string,
): Promise<StoredRun | undefined> {
  const [row] = await byId.run(reader, dialect, runId)
  return row && toRun(row)
}

const keyById = new PreparedQuery<
  readonly [runId: string, lifecycle: Lifecycle],
  Pick<RunRow, 'number' | 'experiment_number'>
>((reader, runId, lifecycle) =>
  tables<TrackingTables>(reader)
    .selectFrom('run')
    .select(['number', 'experiment_number'])
    .where('id', '=', runId)
    .where('lifecycle', '=', lifecycle),
)

/** The numbers of a run that is not deleted: all that those need who log to it. */
export async function findActiveKey(
  reader: Reader,
  dialect: Dialect,
  runId: string,
): Promise<RunKey | undefined> {
  const [row] = await keyById.run(reader, dialect, runId, 'active')
  return row && { number: row.number, experimentNumber: row.experiment_number }
}

/** Runs by number, in the order of `numbers`. */
export async function readRuns(
  reader: Reader,
  dialect: Dialect,
  numbers: readonly number[],
): Promise<readonly StoredRun[]> {
  if (numbers.length === 0) return []
  const { rows } = await sql<RunRow>`
    select run.* from (${numberList(dialect, numbers)}) as listed
    join run on run.number = listed.number`.execute(reader)
  const found = new Map(rows.map((row) => [row.number, toRun(row)]))
  return numbers.flatMap((number) => found.get(number) ?? [])
}

export async function updateRun(
  tx: Tx,
  number: number,
  change: Partial<Pick<RunRow, 'name' | 'status' | 'end_time' | 'lifecycle' | 'deleted_at'>>,
): Promise<void> {
  if (Object.keys(change).length === 0) return
  await tables<TrackingTables>(tx)
    .updateTable('run')
    .set(change)
    .where('number', '=', number)
    .execute()
}
