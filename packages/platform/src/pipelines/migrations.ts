import type { Migration } from '../storage/index.ts'

export const pipelineMigrations: readonly Migration[] = [
  {
    name: '0900-pipelines-runs',
    async up(db, types) {
      await db.schema
        .createTable('pipeline')
        .addColumn('name', types.text, (column) => column.primaryKey())
        .addColumn('project', types.text)
        .addColumn('description', types.text, (column) => column.notNull())
        .addColumn('revision', types.text, (column) => column.notNull())
        .addColumn('steps', types.integer, (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('pipeline_revision')
        .addColumn('digest', types.text, (column) => column.primaryKey())
        .addColumn('declaration', types.text, (column) => column.notNull())
        .addColumn('bundle', types.text, (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('pipeline_run')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('pipeline', types.text, (column) => column.notNull())
        .addColumn('project', types.text)
        .addColumn('revision', types.text, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        .addColumn('params', types.text, (column) => column.notNull())
        .addColumn('seed', types.integer, (column) => column.notNull())
        .addColumn('use_cache', types.integer, (column) => column.notNull())
        .addColumn('trigger_name', types.text, (column) => column.notNull())
        .addColumn('started_by', types.text, (column) => column.notNull())
        .addColumn('tracking_run_id', types.text)
        .addColumn('versions', types.text)
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('started_at', types.integer)
        .addColumn('ended_at', types.integer)
        .addColumn('error', types.text)
        .addColumn('outputs', types.text, (column) => column.notNull())
        .execute()
      await db.schema
        .createIndex('pipeline_run_by_pipeline')
        .on('pipeline_run')
        .columns(['pipeline', 'id'])
        .execute()
      await db.schema
        .createTable('pipeline_step_run')
        .addColumn('run', types.text, (column) => column.notNull())
        .addColumn('node', types.text, (column) => column.notNull())
        .addColumn('position', types.integer, (column) => column.notNull())
        .addColumn('step', types.text, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        .addColumn('attempt', types.integer, (column) => column.notNull())
        .addColumn('started_at', types.integer)
        .addColumn('ended_at', types.integer)
        .addColumn('duration_ms', types.real)
        .addColumn('cache_reason', types.text)
        .addColumn('cache_key', types.text)
        .addColumn('outputs', types.text, (column) => column.notNull())
        .addColumn('lineage', types.text)
        .addColumn('error', types.text)
        .addColumn('handle', types.text)
        .addPrimaryKeyConstraint('pipeline_step_run_key', ['run', 'node'])
        .execute()
      await db.schema
        .createTable('pipeline_cache')
        .addColumn('key', types.text, (column) => column.primaryKey())
        .addColumn('pipeline', types.text, (column) => column.notNull())
        .addColumn('node', types.text, (column) => column.notNull())
        .addColumn('run', types.text, (column) => column.notNull())
        .addColumn('parts', types.text, (column) => column.notNull())
        .addColumn('outputs', types.text, (column) => column.notNull())
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .execute()
      await db.schema
        .createIndex('pipeline_cache_by_node')
        .on('pipeline_cache')
        .columns(['pipeline', 'node', 'run'])
        .execute()
    },
  },
  {
    name: '0901-pipelines-source',
    async up(db, types) {
      for (const table of ['pipeline', 'pipeline_run']) {
        await db.schema.alterTable(table).addColumn('source', types.text).execute()
      }
    },
  },
  {
    name: '0902-pipelines-reproductions',
    async up(db, types) {
      await db.schema.alterTable('pipeline_run').addColumn('reproduces', types.text).execute()
      await db.schema
        .createTable('run_reproduction')
        .addColumn('by_run_id', types.text, (column) => column.notNull())
        .addColumn('run_id', types.text, (column) => column.notNull())
        .addColumn('at', types.integer, (column) => column.notNull())
        .addColumn('report', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('run_reproduction_key', ['by_run_id', 'run_id'])
        .execute()
      await db.schema
        .createIndex('run_reproduction_of_run')
        .on('run_reproduction')
        .columns(['run_id', 'at'])
        .execute()
    },
  },
  {
    name: '0903-pipelines-ended',
    async up(db) {
      await db.schema
        .createIndex('pipeline_run_by_end')
        .on('pipeline_run')
        .columns(['pipeline', 'ended_at'])
        .execute()
    },
  },
]
