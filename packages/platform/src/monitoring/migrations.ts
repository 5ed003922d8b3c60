import { sql } from 'kysely'
import type { Migration } from '../storage/index.ts'

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
  {
    name: '1107-monitoring-overview',
    async up(db, types) {
      for (const column of ['judged', 'drifted']) {
        await db.schema
          .alterTable('monitor_window')
          .addColumn(column, types.integer, (added) => added.notNull().defaultTo(0))
          .execute()
      }
    },
  },
  {
    name: '1108-monitoring-days',
    async up(db, types, dialect) {
      for (const table of ['monitor_value', 'monitor_metric']) {
        for (const column of ['band_low', 'band_high'])
          await db.schema.alterTable(table).addColumn(column, types.real).execute()
      }
      let days = db.schema
        .createTable('monitor_day')
        .addColumn('monitor', types.text, (column) => column.notNull())
        .addColumn('metric', types.text, (column) => column.notNull())
        .addColumn('day', types.integer, (column) => column.notNull())
        .addColumn('first_at', types.integer, (column) => column.notNull())
        .addColumn('last_at', types.integer, (column) => column.notNull())
        .addColumn('windows', types.integer, (column) => column.notNull())
        .addColumn('known', types.integer, (column) => column.notNull())
        .addColumn('total', types.real, (column) => column.notNull())
        .addColumn('low', types.real)
        .addColumn('high', types.real)
        .addColumn('row_count', types.integer, (column) => column.notNull())
        .addColumn('revision', types.integer, (column) => column.notNull())
        .addColumn('threshold', types.real)
        .addColumn('lower', types.real)
        .addColumn('drifted', types.integer)
        .addColumn('band_low', types.real)
        .addColumn('band_high', types.real)
        .addPrimaryKeyConstraint('monitor_day_key', ['monitor', 'metric', 'day'])
      // The days of one metric lie side by side, whatever the order in which they were written.
      if (dialect === 'sqlite') days = days.modifyEnd(sql`without rowid`)
      await days.execute()
      await sql`insert into monitor_day
          (monitor, metric, day, first_at, last_at, windows, known, total, low, high, row_count, revision,
           threshold, lower, drifted)
        select monitor, metric, (at - 1) / 86400000, min(at), max(at), count(*), count(value),
          coalesce(sum(value), 0), min(value), max(value), sum(row_count), max(revision),
          max(threshold), min(lower), max(drifted)
        from monitor_value group by monitor, metric, (at - 1) / 86400000`.execute(db)
    },
  },
  {
    name: '1109-monitoring-events',
    async up(db, types) {
      await db.schema
        .createTable('cloud_event')
        .addColumn('source', types.text, (column) => column.notNull())
        .addColumn('id', types.text, (column) => column.notNull())
        .addColumn('received_at', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('cloud_event_key', ['source', 'id'])
        .execute()
      await db.schema
        .createIndex('cloud_event_by_time')
        .on('cloud_event')
        .column('received_at')
        .execute()
    },
  },
  {
    name: '1110-monitoring-bundles',
    async up(db, types) {
      await db.schema.alterTable('monitor').addColumn('bundle', types.text).execute()
    },
  },
  {
    name: '1111-monitoring-profiles',
    async up(db, types) {
      await db.schema
        .alterTable('monitor_batch')
        .addColumn('form', types.text, (column) => column.notNull().defaultTo('rows'))
        .execute()
    },
  },
  {
    name: '1112-monitoring-inbox',
    async up(db, types) {
      await db.schema.alterTable('alert').addColumn('assignee', types.text).execute()
      await db.schema
        .alterTable('alert')
        .addColumn('comments', types.integer, (column) => column.notNull().defaultTo(0))
        .execute()
      for (const [name, columns] of [
        ['alert_by_severity', ['severity', 'id']],
        ['alert_by_assignee', ['assignee', 'id']],
        ['alert_by_time', ['opened_at']],
        // The counts of the inbox are read from this index alone.
        ['alert_by_state_and_severity', ['state', 'severity']],
      ] as const) {
        await db.schema
          .createIndex(name)
          .on('alert')
          .columns([...columns])
          .execute()
      }
      await db.schema
        .createTable('alert_comment')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('alert', types.text, (column) => column.notNull())
        .addColumn('author', types.text, (column) => column.notNull())
        .addColumn('body', types.text, (column) => column.notNull())
        .addColumn('at', types.integer, (column) => column.notNull())
        .execute()
      await db.schema
        .createIndex('alert_comment_by_alert')
        .on('alert_comment')
        .columns(['alert', 'id'])
        .execute()
    },
  },
  {
    name: '1113-monitoring-reports',
    async up(db, types) {
      await db.schema
        .createTable('monitor_report')
        .addColumn('name', types.text, (column) => column.primaryKey())
        .addColumn('body', types.text, (column) => column.notNull())
        .addColumn('next_at', types.integer)
        .addColumn('updated_at', types.integer, (column) => column.notNull())
        .addColumn('updated_by', types.text, (column) => column.notNull())
        .execute()
      await db.schema
        .createIndex('monitor_report_due')
        .on('monitor_report')
        .column('next_at')
        .execute()
      await db.schema
        .createTable('monitor_report_delivery')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('report', types.text, (column) => column.notNull())
        .addColumn('body', types.text, (column) => column.notNull())
        .addColumn('channel', types.text, (column) => column.notNull())
        .addColumn('due_at', types.integer, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        .addColumn('attempts', types.integer, (column) => column.notNull())
        .addColumn('error', types.text)
        .addColumn('done_at', types.integer)
        .execute()
      await db.schema
        .createIndex('monitor_report_delivery_by_report')
        .on('monitor_report_delivery')
        .columns(['report', 'id'])
        .execute()
    },
  },
  {
    name: '1114-monitors-due',
    async up(db, types) {
      await db.schema
        .alterTable('monitor')
        .addColumn('next_due', types.integer, (column) => column.notNull().defaultTo(0))
        .execute()
      await db.schema.createIndex('monitor_due').on('monitor').column('next_due').execute()
    },
  },
]
