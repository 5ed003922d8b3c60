import type { Migration } from '../storage/index.ts'

export const deliveryMigrations: readonly Migration[] = [
  {
    name: '1300-delivery-projects',
    async up(db, types) {
      await db.schema
        .createTable('project_revision')
        .addColumn('project', types.text, (column) => column.notNull())
        .addColumn('revision', types.integer, (column) => column.notNull())
        .addColumn('description', types.text, (column) => column.notNull())
        .addColumn('manifest', types.text, (column) => column.notNull())
        .addColumn('manifest_digest', types.text, (column) => column.notNull())
        .addColumn('applied_at', types.integer, (column) => column.notNull())
        .addColumn('applied_by', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('project_revision_pk', ['project', 'revision'])
        .execute()
    },
  },
]
