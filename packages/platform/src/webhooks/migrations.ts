import type { Migration } from '../storage/index.ts'

export const webhookMigrations: readonly Migration[] = [
  {
    name: '0650-webhooks-first',
    async up(db, types) {
      await db.schema
        .createTable('webhook')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('name', types.text, (column) => column.notNull())
        .addColumn('description', types.text, (column) => column.notNull())
        .addColumn('url', types.text, (column) => column.notNull())
        .addColumn('events', types.text, (column) => column.notNull())
        .addColumn('status', types.text, (column) => column.notNull())
        .addColumn('secret', types.text)
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('updated_at', types.integer, (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('webhook_delivery')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('webhook_id', types.text, (column) => column.notNull())
        .addColumn('seq', types.integer, (column) => column.notNull())
        .addColumn('event', types.text, (column) => column.notNull())
        .addColumn('payload', types.text, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        .addColumn('attempts', types.integer, (column) => column.notNull())
        .addColumn('response_status', types.integer)
        .addColumn('error', types.text)
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('ended_at', types.integer)
        .addUniqueConstraint('webhook_delivery_once', ['webhook_id', 'seq'])
        .execute()
    },
  },
  {
    name: '0651-webhooks-workspaces',
    async up(db, types) {
      await db.schema
        .alterTable('webhook')
        .addColumn('workspace', types.text, (column) => column.notNull().defaultTo('default'))
        .execute()
    },
  },
]
