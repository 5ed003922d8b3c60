import type { Migration } from '../storage/index.ts'
import { laterMigrations } from './later-migrations.ts'

export const monitoringMigrations: readonly Migration[] = [
  {
    name: '1100-monitoring-monitors',
    async up(db, types) {
      await db.schema
        .createTable('monitor')
        .addColumn('name', types.text, (column) => column.primaryKey())
        .addColumn('project', types.text)
        .addColumn('declaration', types.text, (column) => column.notNull())
        .addColumn('closed_to', types.integer, (column) => column.notNull())
        .addColumn('started', types.integer, (column) => column.notNull())
        .addColumn('label_cursor', types.integer, (column) => column.notNull())
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('monitor_reference')
        .addColumn('monitor', types.text, (column) => column.notNull())
        .addColumn('number', types.integer, (column) => column.notNull())
        .addColumn('model_version', types.integer, (column) => column.notNull())
        .addColumn('row_count', types.integer, (column) => column.notNull())
        .addColumn('profile_digest', types.text, (column) => column.notNull())
        .addColumn('performance', types.text, (column) => column.notNull())
        .addColumn('set_at', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('monitor_reference_key', ['monitor', 'number'])
        .execute()
    },
  },
  {
    name: '1101-monitoring-windows',
    async up(db, types) {
      await db.schema
        .createTable('monitor_window')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('monitor', types.text, (column) => column.notNull())
        .addColumn('kind', types.text, (column) => column.notNull())
        .addColumn('from_ms', types.integer, (column) => column.notNull())
        .addColumn('to_ms', types.integer, (column) => column.notNull())
        .addColumn('revision', types.integer, (column) => column.notNull())
        .addColumn('latest', types.integer, (column) => column.notNull())
        .addColumn('row_count', types.integer, (column) => column.notNull())
        .addColumn('labelled', types.integer, (column) => column.notNull())
        .addColumn('model_versions', types.text, (column) => column.notNull())
        .addColumn('statistics', types.text, (column) => column.notNull())
        .addColumn('distributions', types.text, (column) => column.notNull())
        .addColumn('closed_at', types.integer, (column) => column.notNull())
        // A window closes once, and each of its revisions is written once.
        .addUniqueConstraint('monitor_window_once', ['monitor', 'kind', 'to_ms', 'revision'])
        .execute()
      await db.schema
        .createIndex('monitor_window_latest')
        .on('monitor_window')
        .columns(['monitor', 'latest', 'to_ms', 'id'])
        .execute()
      await db.schema
        .createTable('monitor_value')
        .addColumn('monitor', types.text, (column) => column.notNull())
        .addColumn('metric', types.text, (column) => column.notNull())
        .addColumn('at', types.integer, (column) => column.notNull())
        .addColumn('value', types.real)
        .addColumn('row_count', types.integer, (column) => column.notNull())
        .addColumn('revision', types.integer, (column) => column.notNull())
        .addColumn('threshold', types.real)
        .addColumn('drifted', types.integer)
        .addColumn('note', types.text)
        .addPrimaryKeyConstraint('monitor_value_key', ['monitor', 'metric', 'at'])
        .execute()
    },
  },
  {
    name: '1102-monitoring-alerts',
    async up(db, types) {
      await db.schema
        .createTable('alert')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('monitor', types.text, (column) => column.notNull())
        .addColumn('rule', types.text, (column) => column.notNull())
        .addColumn('metric', types.text, (column) => column.notNull())
        .addColumn('severity', types.text, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        .addColumn('message', types.text, (column) => column.notNull())
        .addColumn('value', types.real)
        .addColumn('threshold', types.real)
        .addColumn('opened_at', types.integer, (column) => column.notNull())
        .addColumn('resolved_at', types.integer)
        .addColumn('window_from', types.integer, (column) => column.notNull())
        .addColumn('window_to', types.integer, (column) => column.notNull())
        // `<monitor>:<rule>` until it is resolved, then null: a rule has at most one alert that is not.
        .addColumn('active_key', types.text, (column) => column.unique())
        .execute()
      await db.schema
        .createIndex('alert_by_monitor')
        .on('alert')
        .columns(['monitor', 'id'])
        .execute()
    },
  },
  ...laterMigrations,
]
