import { type Kysely, sql } from 'kysely'
import type { ColumnTypes, Dialect } from '../../storage/index.ts'
import { indexedValue } from './search-index.store.ts'

/**
 * Newest metrics, parameters and tags know the experiment of their run and are indexed by (experiment, key, value): a
 * search begins at the values that it asks for, or walks them in order, however many runs there are.
 */
export async function createSearchIndexes(
  db: Kysely<unknown>,
  types: ColumnTypes,
  dialect: Dialect,
): Promise<void> {
  for (const name of ['run_latest_metric', 'run_param', 'run_tag']) {
    await db.schema
      .alterTable(name)
      .addColumn('experiment_number', types.integer, (column) => column.notNull().defaultTo(0))
      .execute()
    const table = sql.table(name)
    await sql`update ${table} set experiment_number =
      (select experiment_number from run where run.number = ${table}.run_number)`.execute(db)
  }
  await sql`create index run_latest_metric_by_value
    on run_latest_metric (experiment_number, key, is_nan, value, run_number)`.execute(db)
  for (const name of ['run_param', 'run_tag']) {
    const value = indexedValue(dialect, sql.ref('value'))
    await sql`create index ${sql.ref(`${name}_by_value`)}
      on ${sql.table(name)} (experiment_number, key, ${value}, run_number)`.execute(db)
  }
  for (const column of ['name', 'status', 'user_id', 'end_time']) {
    await sql`create index ${sql.ref(`run_by_${column}`)}
      on run (experiment_number, lifecycle, ${sql.ref(column)}, start_time desc)`.execute(db)
  }
  await sql`create index run_dataset_by_dataset on run_dataset (dataset_number, run_number)`.execute(
    db,
  )
}
