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
]
