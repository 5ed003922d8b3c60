import type { Migration } from '../storage/index.ts'

export const dataMigrations: readonly Migration[] = [
  {
    name: '0300-data-datasets',
    async up(db, types) {
      await db.schema
        .createTable('dataset')
        .addColumn('name', types.text, (column) => column.primaryKey())
        .addColumn('project', types.text)
        .addColumn('description', types.text, (column) => column.notNull())
        .addColumn('event_time', types.text)
        .addColumn('rules', types.text, (column) => column.notNull())
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('updated_at', types.integer, (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('dataset_version')
        .addColumn('dataset', types.text, (column) => column.notNull())
        .addColumn('version', types.integer, (column) => column.notNull())
        .addColumn('row_count', types.integer, (column) => column.notNull())
        /** Everything else of a version, which never changes, as JSON. */
        .addColumn('content', types.text, (column) => column.notNull())
        .addColumn('profile', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('dataset_version_pk', ['dataset', 'version'])
        .execute()
      await db.schema
        .createTable('dataset_window')
        .addColumn('key', types.text, (column) => column.primaryKey())
        .addColumn('digest', types.text, (column) => column.notNull())
        .addColumn('size_bytes', types.integer, (column) => column.notNull())
        .addColumn('row_count', types.integer, (column) => column.notNull())
        .execute()
    },
  },
  {
    name: '0301-data-quality',
    async up(db, types) {
      await db.schema
        .createTable('dataset_suite')
        .addColumn('dataset', types.text, (column) => column.notNull())
        .addColumn('name', types.text, (column) => column.notNull())
        .addColumn('content', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('dataset_suite_pk', ['dataset', 'name'])
        .execute()
      await db.schema
        .createTable('dataset_contract')
        .addColumn('dataset', types.text, (column) => column.primaryKey())
        .addColumn('content', types.text, (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('dataset_validation')
        .addColumn('dataset', types.text, (column) => column.notNull())
        .addColumn('id', types.text, (column) => column.notNull())
        .addColumn('summary', types.text, (column) => column.notNull())
        .addColumn('results', types.text, (column) => column.notNull())
        .addColumn('rows_digest', types.text)
        .addPrimaryKeyConstraint('dataset_validation_pk', ['dataset', 'id'])
        .execute()
    },
  },
]
