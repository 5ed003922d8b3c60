import { sql } from 'kysely'
import { type Reader, type RowsGone, type Tx, tables } from '../../storage/index.ts'
import type { TrackingTables } from '../tables.ts'

/** A deleted run or logged model. */
export interface DeletedOwner {
  readonly id: string
  /** What its rows are kept under: a number for runs. */
  readonly key: string | number
  readonly experimentNumber: number
  readonly artifactUri: string
  readonly deletedAt: number
}

/** Deleted before `before`, by id after `after`. */
export async function deletedRuns(
  reader: Reader,
  options: { readonly before: number; readonly after: string; readonly limit: number },
): Promise<readonly DeletedOwner[]> {
  const rows = await tables<TrackingTables>(reader)
    .selectFrom('run')
    .select(['id', 'number', 'experiment_number', 'artifact_uri', 'deleted_at'])
    .where('lifecycle', '=', 'deleted')
    .where('deleted_at', '<', options.before)
    .where('id', '>', options.after)
    .orderBy('id')
    .limit(options.limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    key: row.number,
    experimentNumber: row.experiment_number,
    artifactUri: row.artifact_uri,
    deletedAt: row.deleted_at ?? 0,
  }))
}

export async function deletedModels(
  reader: Reader,
  options: { readonly before: number; readonly after: string; readonly limit: number },
): Promise<readonly DeletedOwner[]> {
  const rows = await tables<TrackingTables>(reader)
    .selectFrom('logged_model')
    .select(['id', 'experiment_number', 'artifact_uri', 'updated_at'])
    .where('lifecycle', '=', 'deleted')
    .where('updated_at', '<', options.before)
    .where('id', '>', options.after)
    .orderBy('id')
    .limit(options.limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    key: row.id,
    experimentNumber: row.experiment_number,
    artifactUri: row.artifact_uri,
    deletedAt: row.updated_at,
  }))
}

const tablesOfRuns = [
  'run_metric',
  'run_latest_metric',
  'run_param',
  'run_tag',
  'run_dataset',
  'run_model',
] as const
const tablesOfModels = ['logged_model_param', 'logged_model_tag', 'logged_model_metric'] as const

/** The rows that go with runs and logged models, and with their files below these folders. */
export function rowsOf(gone: {
  readonly runs: readonly (string | number)[]
  readonly models: readonly (string | number)[]
  readonly folders: readonly string[]
}): readonly RowsGone[] {
  const of = (table: string, column: string, values: RowsGone['values']): RowsGone => ({
    table,
    column,
    values,
  })
  return [
    of('run', 'number', gone.runs),
    ...tablesOfRuns.map((table) => of(table, 'run_number', gone.runs)),
    of('logged_model', 'id', gone.models),
    ...tablesOfModels.map((table) => of(table, 'model_id', gone.models)),
    of('artifact_entry', 'folder', gone.folders),
  ]
}

/** Removes the rows of a run that is still deleted; answers whether it was. */
export async function removeRun(tx: Tx, runId: string): Promise<boolean> {
  const db = tables<TrackingTables>(tx)
  const removed = await db
    .deleteFrom('run')
    .where('id', '=', runId)
    .where('lifecycle', '=', 'deleted')
    .returning('number')
    .executeTakeFirst()
  if (!removed) return false
  for (const table of tablesOfRuns) {
    await db.deleteFrom(table).where('run_number', '=', removed.number).execute()
  }
  return true
}

/** The same for a logged model. */
export async function removeModel(tx: Tx, modelId: string): Promise<boolean> {
  const db = tables<TrackingTables>(tx)
  const removed = await db
    .deleteFrom('logged_model')
    .where('id', '=', modelId)
    .where('lifecycle', '=', 'deleted')
    .executeTakeFirst()
  if (removed.numDeletedRows === 0n) return false
  for (const table of tablesOfModels) {
    await db.deleteFrom(table).where('model_id', '=', modelId).execute()
  }
  return true
}

/** Experiments deleted before `before`, except the first, which always exists; with how many runs and models each holds. */
export async function deletedExperiments(
  reader: Reader,
  before: number,
): Promise<
  readonly { readonly number: number; readonly name: string; readonly contents: number }[]
> {
  const { rows } = await sql<{ number: number; name: string; contents: number }>`
    select number, name,
      (select count(*) from run where run.experiment_number = experiment.number)
        + (select count(*) from logged_model as m where m.experiment_number = experiment.number) as contents
    from experiment
    where lifecycle = 'deleted' and updated_at < ${before} and number <> 0
    order by number`.execute(reader)
  return rows.map((row) => ({ ...row, contents: Number(row.contents) }))
}

/** Removes an experiment that is still deleted and empty; its name is free again. */
export async function removeExperiment(tx: Tx, number: number): Promise<boolean> {
  const db = tables<TrackingTables>(tx)
  const removed = await db
    .deleteFrom('experiment')
    .where('number', '=', number)
    .where('lifecycle', '=', 'deleted')
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('run').select('number').where('experiment_number', '=', number))),
    )
    .executeTakeFirst()
  if (removed.numDeletedRows === 0n) return false
  await db.deleteFrom('experiment_tag').where('experiment_number', '=', number).execute()
  await db.deleteFrom('input_dataset').where('experiment_number', '=', number).execute()
  return true
}
