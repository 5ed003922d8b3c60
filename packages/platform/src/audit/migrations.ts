import { sql } from 'kysely'
import type { Migration } from '../storage/index.ts'
import { genesisHash } from './model.ts'

export const auditMigrations: readonly Migration[] = [
  {
    name: '0100-audit-events',
    async up(db, types) {
      await db.schema
        .createTable('audit_event')
        .addColumn('seq', types.integer, (column) => column.primaryKey())
        .addColumn('at', types.integer, (column) => column.notNull())
        .addColumn('actor', types.text, (column) => column.notNull())
        .addColumn('type', types.text, (column) => column.notNull())
        .addColumn('subject', types.text, (column) => column.notNull())
        .addColumn('data', types.text, (column) => column.notNull())
        .addColumn('request_id', types.text)
        .addColumn('previous_hash', types.text, (column) => column.notNull())
        .addColumn('hash', types.text, (column) => column.notNull())
        .execute()
      await db.schema
        .createIndex('audit_event_by_subject')
        .on('audit_event')
        .columns(['subject', 'seq'])
        .execute()
      await db.schema
        .createIndex('audit_event_by_type')
        .on('audit_event')
        .columns(['type', 'seq'])
        .execute()
      await db.schema
        .createTable('audit_head')
        .addColumn('id', types.integer, (column) => column.primaryKey())
        .addColumn('seq', types.integer, (column) => column.notNull())
        .addColumn('hash', types.text, (column) => column.notNull())
        .execute()
      await sql`insert into audit_head (id, seq, hash) values (1, 0, ${genesisHash})`.execute(db)
      await db.schema
        .createTable('audit_cursor')
        .addColumn('name', types.text, (column) => column.primaryKey())
        .addColumn('seq', types.integer, (column) => column.notNull())
        .execute()
    },
  },
  {
    name: '0101-audit-subjects',
    async up(db, types, dialect) {
      const table = db.schema
        .createTable('audit_event_subject')
        .addColumn('subject', types.text, (column) => column.notNull())
        .addColumn('seq', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('audit_event_subject_key', ['subject', 'seq'])
      await (dialect === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table).execute()
      await sql`insert into audit_event_subject (subject, seq)
        select subject, seq from audit_event order by subject, seq`.execute(db)
      await sql`insert into audit_cursor (name, seq)
        select 'audit.subjects', coalesce(max(seq), 0) from audit_event`.execute(db)
      await db.schema.dropIndex('audit_event_by_subject').execute()
    },
  },
]
