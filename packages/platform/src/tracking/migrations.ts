import { type CreateTableBuilder, type Kysely, type RawBuilder, sql } from 'kysely'
import type { ColumnTypes, Dialect, Migration } from '../storage/index.ts'
import { createDeletionTime } from './deletions/deletion-schema.store.ts'
import { createEvaluation } from './evaluation/evaluation-schema.store.ts'
import { createWorkspaceColumns } from './experiments/workspace-schema.store.ts'
import { createSearchIndexes } from './runs/search-schema.store.ts'
import {
  createAssessments,
  createTraces,
  indexSessionAssessments,
  indexTraceNames,
} from './traces/trace-schema.store.ts'

/** Column types of this schema: `key` is text that is compared byte by byte, as paging and path ranges need. */
interface Types extends ColumnTypes {
  readonly key: 'text' | RawBuilder<unknown>
  /** A primary key that the database counts up. */
  readonly counter: 'integer' | 'bigserial'
}

const typesFor = (types: ColumnTypes, dialect: Dialect): Types => ({
  ...types,
  key: dialect === 'postgres' ? sql`text collate "C"` : 'text',
  counter: dialect === 'postgres' ? 'bigserial' : 'integer',
})

/** Rows lie in the order of the primary key, where the database can do that. */
const clustered = <T extends string, C extends string>(
  table: CreateTableBuilder<T, C>,
  dialect: Dialect,
): CreateTableBuilder<T, C> => (dialect === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table)

async function createKeyValueTable(
  db: Kysely<unknown>,
  types: Types,
  dialect: Dialect,
  name: string,
  owner: { readonly column: string; readonly type: 'integer' | 'key' },
): Promise<void> {
  const ownerType = owner.type === 'key' ? types.key : types.integer
  await clustered(
    db.schema
      .createTable(name)
      .addColumn(owner.column, ownerType, (column) => column.notNull())
      .addColumn('key', types.key, (column) => column.notNull())
      .addColumn('value', types.key, (column) => column.notNull())
      .addPrimaryKeyConstraint(`${name}_key`, [owner.column, 'key'] as never),
    dialect,
  ).execute()
}

async function createExperiments(db: Kysely<unknown>, types: Types, dialect: Dialect) {
  await db.schema
    .createTable('experiment')
    .addColumn('number', types.counter, (column) => column.primaryKey())
    .addColumn('name', types.key, (column) => column.notNull().unique())
    .addColumn('artifact_location', types.text, (column) => column.notNull())
    .addColumn('lifecycle', types.text, (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('updated_at', types.integer, (column) => column.notNull())
    .execute()
  const owner = { column: 'experiment_number', type: 'integer' } as const
  await createKeyValueTable(db, types, dialect, 'experiment_tag', owner)
  await sql`insert into experiment (number, name, artifact_location, lifecycle, created_at, updated_at)
    values (0, 'Default', 'mlflow-artifacts:/0', 'active', 0, 0)`.execute(db)
}

/** The default experiment is as old as the database. */
async function dateDefaultExperiment(db: Kysely<unknown>, _: Types, dialect: Dialect) {
  const now =
    dialect === 'postgres'
      ? sql`cast(extract(epoch from now()) * 1000 as bigint)`
      : sql`unixepoch() * 1000`
  await sql`update experiment set created_at = ${now}, updated_at = ${now}
    where number = 0 and created_at = 0`.execute(db)
}

async function createRuns(db: Kysely<unknown>, types: Types, dialect: Dialect) {
  await db.schema
    .createTable('run')
    .addColumn('number', types.counter, (column) => column.primaryKey())
    .addColumn('id', types.key, (column) => column.notNull().unique())
    .addColumn('experiment_number', types.integer, (column) => column.notNull())
    .addColumn('name', types.key, (column) => column.notNull())
    .addColumn('user_id', types.key, (column) => column.notNull())
    .addColumn('status', types.text, (column) => column.notNull())
    .addColumn('start_time', types.integer, (column) => column.notNull())
    .addColumn('end_time', types.integer)
    .addColumn('lifecycle', types.text, (column) => column.notNull())
    .addColumn('artifact_uri', types.text, (column) => column.notNull())
    .execute()
  await db.schema
    .createIndex('run_by_start')
    .on('run')
    .columns(['experiment_number', 'lifecycle', 'start_time desc', 'id'])
    .execute()
  const owner = { column: 'run_number', type: 'integer' } as const
  await createKeyValueTable(db, types, dialect, 'run_param', owner)
  await createKeyValueTable(db, types, dialect, 'run_tag', owner)
}

async function createMetrics(db: Kysely<unknown>, types: Types, dialect: Dialect) {
  const withPoint = (name: string) =>
    db.schema
      .createTable(name)
      .addColumn('run_number', types.integer, (column) => column.notNull())
      .addColumn('key', types.key, (column) => column.notNull())
      .addColumn('step', types.integer, (column) => column.notNull())
      .addColumn('timestamp', types.integer, (column) => column.notNull())
      .addColumn('value', types.real, (column) => column.notNull())
      .addColumn('is_nan', types.integer, (column) => column.notNull())
  await clustered(
    withPoint('run_metric').addPrimaryKeyConstraint('run_metric_key', [
      'run_number',
      'key',
      'step',
      'timestamp',
      'value',
      'is_nan',
    ]),
    dialect,
  ).execute()
  await clustered(
    withPoint('run_latest_metric').addPrimaryKeyConstraint('run_latest_metric_key', [
      'run_number',
      'key',
    ]),
    dialect,
  ).execute()
}

async function createInputs(db: Kysely<unknown>, types: Types, dialect: Dialect) {
  await db.schema
    .createTable('input_dataset')
    .addColumn('number', types.counter, (column) => column.primaryKey())
    .addColumn('experiment_number', types.integer, (column) => column.notNull())
    .addColumn('name', types.key, (column) => column.notNull())
    .addColumn('digest', types.key, (column) => column.notNull())
    .addColumn('source_type', types.text, (column) => column.notNull())
    .addColumn('source', types.text, (column) => column.notNull())
    .addColumn('schema', types.text)
    .addColumn('profile', types.text)
    .addUniqueConstraint('input_dataset_name', ['experiment_number', 'name', 'digest'])
    .execute()
  await clustered(
    db.schema
      .createTable('run_dataset')
      .addColumn('run_number', types.integer, (column) => column.notNull())
      .addColumn('dataset_number', types.integer, (column) => column.notNull())
      .addColumn('context', types.key)
      .addColumn('tags', types.text, (column) => column.notNull())
      .addPrimaryKeyConstraint('run_dataset_key', ['run_number', 'dataset_number']),
    dialect,
  ).execute()
  await clustered(
    db.schema
      .createTable('run_model')
      .addColumn('run_number', types.integer, (column) => column.notNull())
      .addColumn('role', types.text, (column) => column.notNull())
      .addColumn('model_id', types.key, (column) => column.notNull())
      .addColumn('step', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('run_model_key', ['run_number', 'role', 'model_id']),
    dialect,
  ).execute()
}

async function createArtifacts(db: Kysely<unknown>, types: Types, dialect: Dialect) {
  await clustered(
    db.schema
      .createTable('artifact_entry')
      .addColumn('folder', types.key, (column) => column.notNull())
      .addColumn('name', types.key, (column) => column.notNull())
      .addColumn('is_folder', types.integer, (column) => column.notNull())
      .addColumn('digest', types.text)
      .addColumn('size_bytes', types.integer)
      .addColumn('logged_at', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('artifact_entry_key', ['folder', 'name']),
    dialect,
  ).execute()
}

async function createLoggedModels(db: Kysely<unknown>, types: Types, dialect: Dialect) {
  await db.schema
    .createTable('logged_model')
    .addColumn('id', types.key, (column) => column.primaryKey())
    .addColumn('experiment_number', types.integer, (column) => column.notNull())
    .addColumn('name', types.key, (column) => column.notNull())
    .addColumn('model_type', types.key, (column) => column.notNull())
    .addColumn('source_run_id', types.key, (column) => column.notNull())
    .addColumn('status', types.text, (column) => column.notNull())
    .addColumn('status_message', types.text, (column) => column.notNull())
    .addColumn('artifact_uri', types.text, (column) => column.notNull())
    .addColumn('creator_id', types.text, (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('updated_at', types.integer, (column) => column.notNull())
    .addColumn('lifecycle', types.text, (column) => column.notNull())
    .execute()
  await db.schema
    .createIndex('logged_model_by_creation')
    .on('logged_model')
    .columns(['experiment_number', 'lifecycle', 'created_at desc', 'id'])
    .execute()
  const owner = { column: 'model_id', type: 'key' } as const
  await createKeyValueTable(db, types, dialect, 'logged_model_param', owner)
  await createKeyValueTable(db, types, dialect, 'logged_model_tag', owner)
  await clustered(
    db.schema
      .createTable('logged_model_metric')
      .addColumn('model_id', types.key, (column) => column.notNull())
      .addColumn('key', types.key, (column) => column.notNull())
      .addColumn('timestamp', types.integer, (column) => column.notNull())
      .addColumn('step', types.integer, (column) => column.notNull())
      .addColumn('run_id', types.key, (column) => column.notNull())
      .addColumn('value', types.real, (column) => column.notNull())
      .addColumn('is_nan', types.integer, (column) => column.notNull())
      .addColumn('dataset_name', types.key, (column) => column.notNull())
      .addColumn('dataset_digest', types.key, (column) => column.notNull())
      .addPrimaryKeyConstraint('logged_model_metric_key', [
        'model_id',
        'key',
        'step',
        'timestamp',
        'run_id',
        'dataset_name',
        'dataset_digest',
      ]),
    dialect,
  ).execute()
}

const steps = [
  ['0500-tracking-experiments', createExperiments],
  ['0501-tracking-runs', createRuns],
  ['0502-tracking-metrics', createMetrics],
  ['0503-tracking-inputs', createInputs],
  ['0504-tracking-artifacts', createArtifacts],
  ['0505-tracking-logged-models', createLoggedModels],
  ['0520-tracking-search-indexes', createSearchIndexes],
  ['0521-tracking-deletion-time', createDeletionTime],
  ['0522-tracking-default-experiment', dateDefaultExperiment],
  ['0540-tracking-traces', createTraces],
  ['0541-tracking-assessments', createAssessments],
  ['0542-tracking-evaluation', createEvaluation],
  ['0543-tracking-workspaces', createWorkspaceColumns],
  ['0544-tracking-session-assessments', indexSessionAssessments],
  ['0545-tracking-trace-names', indexTraceNames],
] as const

export const trackingMigrations: readonly Migration[] = steps.map(([name, create]) => ({
  name,
  up: (db, types, dialect) => create(db, typesFor(types, dialect), dialect),
}))
