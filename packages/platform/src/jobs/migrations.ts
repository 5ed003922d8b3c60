import type { Migration } from '../storage/index.ts'

export const jobMigrations: readonly Migration[] = [
  {
    name: '0210-jobs-queue',
    async up(db, types) {
      await db.schema
        .createTable('job')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('kind', types.text, (column) => column.notNull())
        .addColumn('key', types.text, (column) => column.notNull())
        .addColumn('payload', types.text, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        .addColumn('attempt', types.integer, (column) => column.notNull())
        .addColumn('max_attempts', types.integer, (column) => column.notNull())
        .addColumn('run_at', types.integer, (column) => column.notNull())
        .addColumn('lease_until', types.integer)
        .addColumn('lease_token', types.integer, (column) => column.notNull())
        .addColumn('error', types.text)
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('ended_at', types.integer)
        .execute()
      await db.schema.createIndex('job_due').on('job').columns(['state', 'run_at']).execute()
      await db.schema
        .createIndex('job_by_key')
        .on('job')
        .columns(['kind', 'key', 'state'])
        .execute()
    },
  },
]
