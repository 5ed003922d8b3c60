import type { Migration } from '../storage/index.ts'

export const continualMigrations: readonly Migration[] = [
  {
    name: '1200-continual-policies',
    async up(db, types) {
      await db.schema
        .createTable('policy')
        .addColumn('name', types.text, (column) => column.primaryKey())
        .addColumn('project', types.text)
        .addColumn('declaration', types.text, (column) => column.notNull())
        .addColumn('collect', types.text)
        .addColumn('paused', types.integer, (column) => column.notNull())
        .addColumn('frozen_until', types.integer)
        .addColumn('declared_at', types.integer, (column) => column.notNull())
        .addColumn('hold_key', types.text)
        .execute()
    },
  },
  {
    name: '1201-continual-candidates',
    async up(db, types) {
      await db.schema
        .createTable('candidate')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('policy', types.text, (column) => column.notNull())
        .addColumn('number', types.integer, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        // The candidate without what the other columns hold, as JSON.
        .addColumn('detail', types.text, (column) => column.notNull())
        .addColumn('revision', types.integer, (column) => column.notNull())
        .addColumn('created_at', types.integer, (column) => column.notNull())
        .addColumn('ended_at', types.integer)
        // The policy's name until the candidate has ended, then null: a policy has at most one that has not.
        .addColumn('unfinished_of', types.text, (column) => column.unique())
        .addUniqueConstraint('candidate_number', ['policy', 'number'])
        .execute()
      await db.schema
        .createTable('loop_decision')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('policy', types.text, (column) => column.notNull())
        .addColumn('candidate', types.text)
        .addColumn('kind', types.text, (column) => column.notNull())
        .addColumn('at', types.integer, (column) => column.notNull())
        .addColumn('summary', types.text, (column) => column.notNull())
        .addColumn('data', types.text, (column) => column.notNull())
        .execute()
      await db.schema
        .createIndex('loop_decision_by_policy')
        .on('loop_decision')
        .columns(['policy', 'id'])
        .execute()
      await db.schema
        .createIndex('loop_decision_by_candidate')
        .on('loop_decision')
        .columns(['candidate', 'id'])
        .execute()
    },
  },
  {
    name: '1202-continual-collection',
    async up(db, types) {
      // Predictions that a dataset has as rows, or that wait to be appended: each once, whenever its label comes.
      await db.schema
        .createTable('collected_prediction')
        .addColumn('dataset', types.text, (column) => column.notNull())
        .addColumn('at', types.integer, (column) => column.notNull())
        .addColumn('inference_id', types.text, (column) => column.notNull())
        .addColumn('pending', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('collected_prediction_key', ['dataset', 'at', 'inference_id'])
        .execute()
      await db.schema
        .createTable('collection_cursor')
        .addColumn('dataset', types.text, (column) => column.notNull())
        .addColumn('endpoint', types.text, (column) => column.notNull())
        .addColumn('cursor', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('collection_cursor_key', ['dataset', 'endpoint'])
        .execute()
    },
  },
]
