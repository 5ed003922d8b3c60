import { sql } from 'kysely'
import type { Migration } from '../storage/index.ts'

export const featureMigrations: readonly Migration[] = [
  {
    name: '0400-features-definitions',
    async up(db, types, dialect) {
      await db.schema
        .createTable('feature_definition')
        .addColumn('kind', types.text, (column) => column.notNull())
        .addColumn('name', types.text, (column) => column.notNull())
        .addColumn('version', types.integer, (column) => column.notNull())
        .addColumn('project', types.text)
        .addColumn('digest', types.text, (column) => column.notNull())
        .addColumn('content', types.text, (column) => column.notNull())
        /** 1 for the newest version of a name, 0 for those before it. */
        .addColumn('newest', types.integer, (column) => column.notNull())
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('created_by', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('feature_definition_pk', ['kind', 'name', 'version'])
        .execute()
      await db.schema
        .createIndex('feature_definition_newest')
        .on('feature_definition')
        .columns(['kind', 'newest', 'name'])
        .execute()
      await db.schema
        .createTable('feature_online_set')
        .addColumn('no', types.integer, (column) => column.primaryKey())
        .addColumn('view', types.text, (column) => column.notNull())
        .addColumn('digest', types.text, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        .addUniqueConstraint('feature_online_set_values', ['view', 'digest'])
        .execute()
      await db.schema
        .createTable('feature_online')
        .addColumn('set_no', types.integer, (column) => column.notNull())
        .addColumn('key', types.text, (column) => column.notNull())
        .addColumn('event_us', types.integer, (column) => column.notNull())
        .addColumn('created_us', types.integer)
        .addColumn('cells', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('feature_online_pk', ['set_no', 'key'])
        // Rows lie in the tree of their key: a look-up is one walk, not two.
        .$call((table) => (dialect === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table))
        .execute()
      await db.schema
        .createTable('feature_materialization')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('view', types.text, (column) => column.notNull())
        .addColumn('content', types.text, (column) => column.notNull())
        .execute()
      await db.schema
        .createIndex('feature_materialization_view')
        .on('feature_materialization')
        .columns(['view', 'id'])
        .execute()
    },
  },
  {
    name: '0401-features-code',
    async up(db, types) {
      /** Where the code of a definition is found, for those that have some. */
      await db.schema.alterTable('feature_definition').addColumn('bundle', types.text).execute()
    },
  },
]
