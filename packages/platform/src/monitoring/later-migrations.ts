import { sql } from 'kysely'
import type { Migration } from '../storage/index.ts'

/** Versions of monitors, newest values, batches, and the telling of alerts. */
export const laterMigrations: readonly Migration[] = [
  {
    name: '1103-monitoring-versions',
    async up(db, types) {
      await db.schema
        .alterTable('monitor')
        .addColumn('version', types.integer, (column) => column.notNull().defaultTo(1))
        .execute()
      await db.schema
        .createTable('monitor_version')
        .addColumn('monitor', types.text, (column) => column.notNull())
        .addColumn('version', types.integer, (column) => column.notNull())
        .addColumn('declaration', types.text, (column) => column.notNull())
        .addColumn('declared_at', types.integer, (column) => column.notNull())
        .addColumn('declared_by', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('monitor_version_key', ['monitor', 'version'])
        .execute()
      await sql`insert into monitor_version (monitor, version, declaration, declared_at, declared_by)
        select name, 1, declaration, created_at, 'system' from monitor`.execute(db)
      await db.schema
        .alterTable('monitor_reference')
        .addColumn('source', types.text, (column) => column.notNull().defaultTo('"training"'))
        .execute()
      await db.schema
        .alterTable('monitor_window')
        .addColumn('monitor_version', types.integer, (column) => column.notNull().defaultTo(1))
        .execute()
      await db.schema.alterTable('monitor_value').addColumn('lower', types.real).execute()
    },
  },
  {
    name: '1104-monitoring-newest-values',
    async up(db, types) {
      await db.schema
        .createTable('monitor_metric')
        .addColumn('monitor', types.text, (column) => column.notNull())
        .addColumn('metric', types.text, (column) => column.notNull())
        .addColumn('at', types.integer, (column) => column.notNull())
        .addColumn('value', types.real)
        .addColumn('row_count', types.integer, (column) => column.notNull())
        .addColumn('revision', types.integer, (column) => column.notNull())
        .addColumn('threshold', types.real)
        .addColumn('lower', types.real)
        .addColumn('drifted', types.integer)
        .addColumn('note', types.text)
        .addPrimaryKeyConstraint('monitor_metric_key', ['monitor', 'metric'])
        .execute()
      await sql`insert into monitor_metric
          (monitor, metric, at, value, row_count, revision, threshold, lower, drifted, note)
        select v.monitor, v.metric, v.at, v.value, v.row_count, v.revision, v.threshold, v.lower, v.drifted, v.note
        from monitor_value v join (
          select monitor, metric, max(at) as newest from monitor_value group by monitor, metric
        ) n on n.monitor = v.monitor and n.metric = v.metric and n.newest = v.at`.execute(db)
    },
  },
  {
    name: '1105-monitoring-batches',
    async up(db, types) {
      await db.schema
        .createTable('monitor_batch')
        .addColumn('monitor', types.text, (column) => column.notNull())
        .addColumn('id', types.text, (column) => column.notNull())
        .addColumn('from_ms', types.integer, (column) => column.notNull())
        .addColumn('to_ms', types.integer, (column) => column.notNull())
        .addColumn('row_count', types.integer, (column) => column.notNull())
        .addColumn('digest', types.text, (column) => column.notNull())
        .addColumn('added_at', types.integer, (column) => column.notNull())
        .addColumn('added_by', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('monitor_batch_key', ['monitor', 'id'])
        .execute()
      await db.schema
        .createIndex('monitor_batch_by_time')
        .on('monitor_batch')
        .columns(['monitor', 'to_ms'])
        .execute()
    },
  },
  {
    name: '1106-monitoring-alerting',
    async up(db, types) {
      await db.schema
        .alterTable('alert')
        .addColumn('note', types.text, (column) => column.notNull().defaultTo(''))
        .execute()
      await db.schema.alterTable('alert').addColumn('acknowledged_by', types.text).execute()
      await db.schema.createIndex('alert_by_state').on('alert').columns(['state', 'id']).execute()
      await db.schema
        .createTable('alert_channel')
        .addColumn('name', types.text, (column) => column.primaryKey())
        .addColumn('target', types.text, (column) => column.notNull())
        .addColumn('monitors', types.text, (column) => column.notNull())
        .addColumn('rules', types.text, (column) => column.notNull())
        .addColumn('min_severity', types.text, (column) => column.notNull())
        .addColumn('events', types.text, (column) => column.notNull())
        .addColumn('updated_at', types.integer, (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('alert_silence')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('monitors', types.text, (column) => column.notNull())
        .addColumn('rules', types.text, (column) => column.notNull())
        .addColumn('from_ms', types.integer, (column) => column.notNull())
        .addColumn('to_ms', types.integer, (column) => column.notNull())
        .addColumn('repeats', types.text)
        .addColumn('reason', types.text, (column) => column.notNull())
        .addColumn('created_by', types.text, (column) => column.notNull())
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('alert_delivery')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('alert', types.text, (column) => column.notNull())
        .addColumn('channel', types.text, (column) => column.notNull())
        .addColumn('event', types.text, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        .addColumn('attempts', types.integer, (column) => column.notNull())
        .addColumn('error', types.text)
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('done_at', types.integer)
        .addUniqueConstraint('alert_delivery_once', ['alert', 'channel', 'event'])
        .execute()
    },
  },
]
