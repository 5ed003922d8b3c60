import type { Migration } from '../storage/index.ts'

export const servingMigrations: readonly Migration[] = [
  {
    name: '1000-serving-endpoints',
    async up(db, types) {
      await db.schema
        .createTable('serving_endpoint')
        .addColumn('name', types.text, (column) => column.primaryKey())
        .addColumn('project', types.text)
        .addColumn('description', types.text, (column) => column.notNull())
        .addColumn('model', types.text, (column) => column.notNull())
        .addColumn('target', types.text)
        .addColumn('revision', types.integer, (column) => column.notNull())
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('updated_at', types.integer, (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('serving_route')
        .addColumn('endpoint', types.text, (column) => column.notNull())
        .addColumn('revision', types.integer, (column) => column.notNull())
        .addColumn('arms', types.text, (column) => column.notNull())
        .addColumn('reason', types.text, (column) => column.notNull())
        .addColumn('actor', types.text, (column) => column.notNull())
        .addColumn('set_at', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('serving_route_pk', ['endpoint', 'revision'])
        .execute()
    },
  },
  {
    name: '1010-serving-feedback',
    async up(db, types) {
      await db.schema
        .createTable('serving_feedback')
        .addColumn('endpoint', types.text, (column) => column.notNull())
        .addColumn('inference_id', types.text, (column) => column.notNull())
        /** JSON: a number, text or truth value. */
        .addColumn('value', types.text, (column) => column.notNull())
        .addColumn('observed_at', types.integer)
        .addColumn('received_at', types.integer, (column) => column.notNull())
        /** Event time of the prediction. */
        .addColumn('predicted_at', types.integer, (column) => column.notNull())
        /** How often the value was corrected. */
        .addColumn('corrections', types.integer, (column) => column.notNull())
        /** Rises with every change of an endpoint's labels; readers follow it by cursor. */
        .addColumn('change', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('serving_feedback_pk', ['endpoint', 'inference_id'])
        .execute()
      await db.schema
        .createIndex('serving_feedback_by_time')
        .on('serving_feedback')
        .columns(['endpoint', 'predicted_at'])
        .execute()
      await db.schema
        .createIndex('serving_feedback_by_change')
        .on('serving_feedback')
        .columns(['endpoint', 'change'])
        .execute()
      await db.schema
        .createTable('serving_feedback_head')
        .addColumn('endpoint', types.text, (column) => column.primaryKey())
        .addColumn('change', types.integer, (column) => column.notNull())
        .execute()
    },
  },
  {
    name: '1020-serving-routers',
    async up(db, types) {
      await db.schema.alterTable('serving_route').addColumn('router', types.text).execute()
      /** What a bandit has learnt from the label, so that a correction takes exactly that back. */
      await db.schema.alterTable('serving_feedback').addColumn('lesson', types.text).execute()
      await db.schema
        .createTable('serving_bandit_arm')
        .addColumn('endpoint', types.text, (column) => column.notNull())
        /** Arm, model and version: a version that comes back goes on with what it has earned. */
        .addColumn('arm', types.text, (column) => column.notNull())
        .addColumn('model', types.text, (column) => column.notNull())
        .addColumn('version', types.integer, (column) => column.notNull())
        /** Digest of what is learnt: reward, model and features. */
        .addColumn('lesson', types.text, (column) => column.notNull())
        /** JSON: counts and sums of rewards, and those with contexts. */
        .addColumn('rewards', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('serving_bandit_arm_pk', [
          'endpoint',
          'arm',
          'model',
          'version',
          'lesson',
        ])
        .execute()
      await db.schema
        .createTable('serving_bandit_cursor')
        .addColumn('endpoint', types.text, (column) => column.notNull())
        .addColumn('lesson', types.text, (column) => column.notNull())
        /** Predictions with event time before this are learnt. */
        .addColumn('matured_until', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('serving_bandit_cursor_pk', ['endpoint', 'lesson'])
        .execute()
    },
  },
  {
    name: '1030-serving-rollouts',
    async up(db, types) {
      await db.schema
        .createTable('serving_rollout')
        .addColumn('endpoint', types.text, (column) => column.notNull())
        .addColumn('number', types.integer, (column) => column.notNull())
        .addColumn('spec', types.text, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        .addColumn('step', types.integer, (column) => column.notNull())
        .addColumn('step_since', types.integer, (column) => column.notNull())
        .addColumn('started_at', types.integer, (column) => column.notNull())
        .addColumn('started_by', types.text, (column) => column.notNull())
        .addColumn('ended_at', types.integer)
        .addColumn('baseline', types.text, (column) => column.notNull())
        .addColumn('candidate', types.text, (column) => column.notNull())
        .addColumn('before', types.text, (column) => column.notNull())
        .addColumn('applied', types.integer)
        .addColumn('schema_failures', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('serving_rollout_pk', ['endpoint', 'number'])
        .execute()
      await db.schema
        .createIndex('serving_rollout_by_state')
        .on('serving_rollout')
        .columns(['state', 'endpoint'])
        .execute()
      await db.schema
        .createTable('serving_rollout_decision')
        .addColumn('endpoint', types.text, (column) => column.notNull())
        .addColumn('number', types.integer, (column) => column.notNull())
        .addColumn('seq', types.integer, (column) => column.notNull())
        .addColumn('at', types.integer, (column) => column.notNull())
        .addColumn('kind', types.text, (column) => column.notNull())
        .addColumn('actor', types.text, (column) => column.notNull())
        .addColumn('reason', types.text, (column) => column.notNull())
        .addColumn('step', types.integer, (column) => column.notNull())
        .addColumn('data', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('serving_rollout_decision_pk', ['endpoint', 'number', 'seq'])
        .execute()
    },
  },
  {
    name: '1040-serving-settings',
    async up(db, types) {
      await db.schema.alterTable('serving_endpoint').addColumn('settings', types.text).execute()
    },
  },
  {
    name: '1050-serving-batch',
    async up(db, types) {
      await db.schema
        .createTable('serving_batch')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('state', types.text, (column) => column.notNull())
        .addColumn('model', types.text, (column) => column.notNull())
        .addColumn('model_name', types.text, (column) => column.notNull())
        .addColumn('model_version', types.integer, (column) => column.notNull())
        .addColumn('model_digest', types.text, (column) => column.notNull())
        .addColumn('request', types.text, (column) => column.notNull())
        .addColumn('files', types.text, (column) => column.notNull())
        .addColumn('format', types.text, (column) => column.notNull())
        .addColumn('dataset', types.text)
        .addColumn('dataset_version', types.integer)
        .addColumn('rows_per_second', types.real)
        .addColumn('row_count', types.integer, (column) => column.notNull())
        .addColumn('output', types.text)
        .addColumn('errors', types.text)
        .addColumn('error', types.text)
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('created_by', types.text, (column) => column.notNull())
        .addColumn('ended_at', types.integer)
        .execute()
      await db.schema
        .createTable('serving_batch_piece')
        .addColumn('job', types.text, (column) => column.notNull())
        .addColumn('seq', types.integer, (column) => column.notNull())
        .addColumn('digest', types.text, (column) => column.notNull())
        .addColumn('row_count', types.integer, (column) => column.notNull())
        .addColumn('failed', types.integer, (column) => column.notNull())
        .addColumn('columns', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('serving_batch_piece_pk', ['job', 'seq'])
        .execute()
    },
  },
  {
    name: '1060-serving-quotas',
    async up(db, types) {
      await db.schema
        .createTable('serving_quota_use')
        .addColumn('endpoint', types.text, (column) => column.notNull())
        .addColumn('client', types.text, (column) => column.notNull())
        .addColumn('per', types.text, (column) => column.notNull())
        .addColumn('period_start', types.integer, (column) => column.notNull())
        .addColumn('requests', types.integer, (column) => column.notNull())
        .addColumn('row_count', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('serving_quota_use_pk', [
          'endpoint',
          'client',
          'per',
          'period_start',
        ])
        .execute()
    },
  },
  {
    name: '1070-serving-declared-routers',
    async up(db, types) {
      await db.schema.alterTable('serving_endpoint').addColumn('router_due', types.text).execute()
    },
  },
  {
    name: '1080-serving-log-removals',
    async up(db, types) {
      await db.schema
        .createTable('serving_log_removal')
        .addColumn('endpoint', types.text, (column) => column.notNull())
        .addColumn('file', types.text, (column) => column.notNull())
        .addColumn('day', types.text, (column) => column.notNull())
        .addColumn('row_count', types.integer, (column) => column.notNull())
        .addColumn('size_bytes', types.integer, (column) => column.notNull())
        .addColumn('reason', types.text, (column) => column.notNull())
        .addColumn('removed_at', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('serving_log_removal_pk', ['endpoint', 'file'])
        .execute()
      await db.schema
        .createIndex('serving_log_removal_by_time')
        .on('serving_log_removal')
        .columns(['endpoint', 'removed_at'])
        .execute()
    },
  },
  {
    name: '1081-serving-ensembles',
    async up(db, types) {
      await db.schema
        .createTable('serving_ensemble')
        .addColumn('name', types.text, (column) => column.notNull())
        .addColumn('version', types.integer, (column) => column.notNull())
        .addColumn('project', types.text)
        .addColumn('declaration', types.text, (column) => column.notNull())
        .addColumn('members', types.text, (column) => column.notNull())
        .addColumn('signature', types.text, (column) => column.notNull())
        .addColumn('bundle', types.text)
        .addColumn('digest', types.text, (column) => column.notNull())
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('created_by', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('serving_ensemble_pk', ['name', 'version'])
        .execute()
    },
  },
  {
    name: '1090-serving-streams',
    async up(db, types) {
      await db.schema
        .createTable('serving_topic')
        .addColumn('name', types.text, (column) => column.primaryKey())
        .addColumn('next', types.integer, (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('serving_topic_record')
        .addColumn('topic', types.text, (column) => column.notNull())
        .addColumn('position', types.integer, (column) => column.notNull())
        .addColumn('record_id', types.text)
        .addColumn('key', types.text)
        .addColumn('value', types.text, (column) => column.notNull())
        .addColumn('at', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('serving_topic_record_pk', ['topic', 'position'])
        .execute()
      await db.schema
        .createIndex('serving_topic_record_by_id')
        .unique()
        .on('serving_topic_record')
        .columns(['topic', 'record_id'])
        .execute()
      await db.schema
        .createIndex('serving_topic_record_by_time')
        .on('serving_topic_record')
        .column('at')
        .execute()
      await db.schema
        .createTable('serving_stream')
        .addColumn('name', types.text, (column) => column.primaryKey())
        .addColumn('id', types.text, (column) => column.notNull())
        .addColumn('endpoint', types.text, (column) => column.notNull())
        .addColumn('source', types.text, (column) => column.notNull())
        .addColumn('target', types.text)
        .addColumn('state', types.text, (column) => column.notNull())
        .addColumn('positions', types.text, (column) => column.notNull())
        .addColumn('answered', types.integer, (column) => column.notNull())
        .addColumn('set_aside', types.integer, (column) => column.notNull())
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('created_by', types.text, (column) => column.notNull())
        .addColumn('last_at', types.integer)
        .execute()
      await db.schema
        .createTable('serving_stream_set_aside')
        .addColumn('stream', types.text, (column) => column.notNull())
        .addColumn('seq', types.integer, (column) => column.notNull())
        .addColumn('part', types.integer, (column) => column.notNull())
        .addColumn('position', types.integer, (column) => column.notNull())
        .addColumn('reason', types.text, (column) => column.notNull())
        .addColumn('value', types.text, (column) => column.notNull())
        .addColumn('at', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('serving_stream_set_aside_pk', ['stream', 'seq'])
        .execute()
    },
  },
  {
    name: '1091-serving-sinks',
    async up(db, types) {
      await db.schema
        .createTable('serving_sink')
        .addColumn('name', types.text, (column) => column.primaryKey())
        .addColumn('id', types.text, (column) => column.notNull())
        .addColumn('endpoint', types.text, (column) => column.notNull())
        .addColumn('target', types.text, (column) => column.notNull())
        .addColumn('token', types.text)
        .addColumn('arms', types.text, (column) => column.notNull())
        .addColumn('redact', types.text, (column) => column.notNull())
        .addColumn('begins', types.text, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('created_by', types.text, (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('serving_sink_place')
        .addColumn('sink', types.text, (column) => column.notNull())
        .addColumn('log', types.text, (column) => column.notNull())
        .addColumn('segment', types.integer, (column) => column.notNull())
        .addColumn('row', types.integer, (column) => column.notNull())
        .addColumn('sent', types.integer, (column) => column.notNull())
        .addColumn('refused', types.integer, (column) => column.notNull())
        .addColumn('refusal', types.text)
        .addColumn('last_at', types.integer)
        .addPrimaryKeyConstraint('serving_sink_place_pk', ['sink', 'log'])
        .execute()
    },
  },
  {
    name: '1092-serving-batch-schedules',
    async up(db, types) {
      await db.schema
        .createTable('serving_batch_schedule')
        .addColumn('name', types.text, (column) => column.primaryKey())
        .addColumn('job', types.text, (column) => column.notNull())
        .addColumn('cron', types.text, (column) => column.notNull())
        .addColumn('time_zone', types.text, (column) => column.notNull())
        .addColumn('missed', types.text, (column) => column.notNull())
        .addColumn('overlap', types.text, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        .addColumn('next_at', types.integer)
        .addColumn('last_at', types.integer)
        .addColumn('last_outcome', types.text)
        .addColumn('last_reason', types.text)
        .addColumn('last_job', types.text)
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('created_by', types.text, (column) => column.notNull())
        .execute()
      await db.schema
        .createIndex('serving_batch_schedule_by_time')
        .on('serving_batch_schedule')
        .columns(['state', 'next_at'])
        .execute()
    },
  },
]
