import { type Kysely, sql } from 'kysely'
import type { ColumnTypes, Dialect, Migration } from '../storage/index.ts'

async function createModels(db: Kysely<unknown>, types: ColumnTypes, dialect: Dialect) {
  // Names are compared byte by byte, so that pages come in the same order on both databases.
  const key = dialect === 'postgres' ? sql`text collate "C"` : 'text'
  await db.schema
    .createTable('registered_model')
    .addColumn('number', dialect === 'postgres' ? 'bigserial' : 'integer', (c) => c.primaryKey())
    .addColumn('name', key, (column) => column.notNull().unique())
    .addColumn('description', types.text, (column) => column.notNull())
    .addColumn('last_version', types.integer, (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('updated_at', types.integer, (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('registered_model_tag')
    .addColumn('model_number', types.integer, (column) => column.notNull())
    .addColumn('key', key, (column) => column.notNull())
    .addColumn('value', key, (column) => column.notNull())
    .addPrimaryKeyConstraint('registered_model_tag_key', ['model_number', 'key'])
    .execute()
  await db.schema
    .createTable('registered_model_alias')
    .addColumn('model_number', types.integer, (column) => column.notNull())
    .addColumn('alias', key, (column) => column.notNull())
    .addColumn('version', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('registered_model_alias_key', ['model_number', 'alias'])
    .execute()
}

async function createVersions(db: Kysely<unknown>, types: ColumnTypes, dialect: Dialect) {
  const key = dialect === 'postgres' ? sql`text collate "C"` : 'text'
  await db.schema
    .createTable('model_version')
    .addColumn('model_number', types.integer, (column) => column.notNull())
    .addColumn('version', types.integer, (column) => column.notNull())
    .addColumn('status', types.text, (column) => column.notNull())
    .addColumn('status_message', types.text, (column) => column.notNull())
    .addColumn('stage', types.text, (column) => column.notNull())
    .addColumn('description', types.text, (column) => column.notNull())
    .addColumn('source', key, (column) => column.notNull())
    .addColumn('storage_uri', types.text, (column) => column.notNull())
    .addColumn('run_id', key)
    .addColumn('run_link', types.text, (column) => column.notNull())
    .addColumn('logged_model_id', key)
    .addColumn('created_by', types.text, (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('updated_at', types.integer, (column) => column.notNull())
    .addColumn('model_digest', types.text)
    .addColumn('model_size_bytes', types.integer)
    .addColumn('signature', types.text)
    .addColumn('lineage', types.text, (column) => column.notNull())
    .addColumn('deleted_at', types.integer)
    .addPrimaryKeyConstraint('model_version_key', ['model_number', 'version'])
    .execute()
  await db.schema.createIndex('model_version_by_run').on('model_version').column('run_id').execute()
  await db.schema
    .createIndex('model_version_by_logged_model')
    .on('model_version')
    .column('logged_model_id')
    .execute()
  await db.schema
    .createTable('model_version_tag')
    .addColumn('model_number', types.integer, (column) => column.notNull())
    .addColumn('version', types.integer, (column) => column.notNull())
    .addColumn('key', key, (column) => column.notNull())
    .addColumn('value', key, (column) => column.notNull())
    .addPrimaryKeyConstraint('model_version_tag_key', ['model_number', 'version', 'key'])
    .execute()
}

async function createApprovals(db: Kysely<unknown>, types: ColumnTypes, dialect: Dialect) {
  await db.schema
    .createTable('model_approval_policy')
    .addColumn('model_number', types.integer, (column) => column.primaryKey())
    .addColumn('policy', types.text, (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('model_approval')
    .addColumn('number', dialect === 'postgres' ? 'bigserial' : 'integer', (c) => c.primaryKey())
    .addColumn('model_number', types.integer, (column) => column.notNull())
    .addColumn('version', types.integer, (column) => column.notNull())
    .addColumn('target', types.text, (column) => column.notNull())
    .addColumn('decision', types.text, (column) => column.notNull())
    .addColumn('decided_by', types.text, (column) => column.notNull())
    .addColumn('roles', types.text, (column) => column.notNull())
    .addColumn('reason', types.text, (column) => column.notNull())
    .addColumn('model_digest', types.text)
    .addColumn('decided_at', types.integer, (column) => column.notNull())
    .execute()
  await db.schema
    .createIndex('model_approval_of_version')
    .on('model_approval')
    .columns(['model_number', 'version'])
    .execute()
}

async function createCards(db: Kysely<unknown>, types: ColumnTypes) {
  await db.schema
    .createTable('model_card_revision')
    .addColumn('model_number', types.integer, (column) => column.notNull())
    .addColumn('version', types.integer, (column) => column.notNull())
    .addColumn('revision', types.integer, (column) => column.notNull())
    .addColumn('prose', types.text, (column) => column.notNull())
    .addColumn('edited_by', types.text, (column) => column.notNull())
    .addColumn('edited_at', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('model_card_revision_key', ['model_number', 'version', 'revision'])
    .execute()
}

async function createSignatures(db: Kysely<unknown>, types: ColumnTypes) {
  await db.schema
    .createTable('model_version_signature')
    .addColumn('model_number', types.integer, (column) => column.notNull())
    .addColumn('version', types.integer, (column) => column.notNull())
    .addColumn('bundle_digest', types.text, (column) => column.notNull())
    .addColumn('key_id', types.text, (column) => column.notNull())
    .addColumn('public_key', types.text, (column) => column.notNull())
    .addColumn('signature', types.text, (column) => column.notNull())
    .addColumn('signed_by', types.text, (column) => column.notNull())
    .addColumn('signed_at', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('model_version_signature_key', ['model_number', 'version'])
    .execute()
}

async function createFormerNames(db: Kysely<unknown>, types: ColumnTypes) {
  await db.schema
    .createTable('registered_model_former_name')
    .addColumn('name', types.text, (column) => column.notNull())
    .addColumn('model_number', types.integer, (column) => column.notNull())
    .addColumn('renamed_at', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('registered_model_former_name_key', ['name', 'model_number'])
    .execute()
}

export const registryMigrations: readonly Migration[] = [
  { name: '0600-registry-models', up: createModels },
  { name: '0601-registry-versions', up: createVersions },
  { name: '0602-registry-approvals', up: createApprovals },
  { name: '0603-registry-cards', up: createCards },
  { name: '0604-registry-signatures', up: createSignatures },
  { name: '0605-registry-former-names', up: createFormerNames },
]
