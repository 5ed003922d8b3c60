import type { Migration } from '../storage/index.ts'

export const identityMigrations: readonly Migration[] = [
  {
    name: '0200-identity-tokens',
    async up(db, types) {
      await db.schema
        .createTable('token')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('name', types.text, (column) => column.notNull())
        .addColumn('role', types.text, (column) => column.notNull())
        .addColumn('secret_hash', types.text, (column) => column.notNull().unique())
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('last_used_at', types.integer)
        .addColumn('revoked_at', types.integer)
        .execute()
    },
  },
]
