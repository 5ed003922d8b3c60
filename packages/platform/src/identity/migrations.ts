import { type Kysely, sql } from 'kysely'
import type { ColumnTypes, Dialect, Migration } from '../storage/index.ts'

async function createUsers(db: Kysely<unknown>, types: ColumnTypes, dialect: Dialect) {
  const numbered = dialect === 'postgres' ? 'bigserial' : 'integer'
  // Names are compared byte by byte, so that pages come in the same order on both databases.
  const key = dialect === 'postgres' ? sql`text collate "C"` : 'text'
  await db.schema
    .createTable('app_user')
    .addColumn('id', numbered, (column) => column.primaryKey())
    .addColumn('username', key, (column) => column.notNull().unique())
    .addColumn('password_hash', types.text)
    .addColumn('role', types.text, (column) => column.notNull())
    .addColumn('external_id', types.text, (column) => column.unique())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('last_login_at', types.integer)
    .execute()
  await db.schema.alterTable('token').addColumn('expires_at', types.integer).execute()
  await db.schema.alterTable('token').addColumn('user_id', types.integer).execute()
  await db.schema
    .createTable('user_session')
    .addColumn('secret_hash', types.text, (column) => column.primaryKey())
    .addColumn('user_id', types.integer, (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('expires_at', types.integer, (column) => column.notNull())
    .execute()
  await db.schema.createIndex('user_session_by_user').on('user_session').column('user_id').execute()
}

async function createPermissions(db: Kysely<unknown>, types: ColumnTypes, dialect: Dialect) {
  const numbered = dialect === 'postgres' ? 'bigserial' : 'integer'
  const key = dialect === 'postgres' ? sql`text collate "C"` : 'text'
  await db.schema
    .createTable('access_role')
    .addColumn('id', numbered, (column) => column.primaryKey())
    .addColumn('name', key, (column) => column.notNull().unique())
    .addColumn('description', types.text, (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('access_role_member')
    .addColumn('id', numbered, (column) => column.primaryKey())
    .addColumn('role_id', types.integer, (column) => column.notNull())
    .addColumn('user_id', types.integer, (column) => column.notNull())
    .addUniqueConstraint('access_role_member_once', ['user_id', 'role_id'])
    .execute()
  await db.schema
    .createTable('access_grant')
    .addColumn('id', numbered, (column) => column.primaryKey())
    .addColumn('holder_kind', types.text, (column) => column.notNull())
    .addColumn('holder_id', types.integer, (column) => column.notNull())
    .addColumn('resource_kind', types.text, (column) => column.notNull())
    .addColumn('resource_id', key, (column) => column.notNull())
    .addColumn('permission', types.text, (column) => column.notNull())
    .addUniqueConstraint('access_grant_once', [
      'holder_kind',
      'holder_id',
      'resource_kind',
      'resource_id',
    ])
    .execute()
  await db.schema
    .createIndex('access_grant_by_resource')
    .on('access_grant')
    .columns(['resource_kind', 'resource_id'])
    .execute()
}

async function createWorkspaces(db: Kysely<unknown>, types: ColumnTypes, dialect: Dialect) {
  const key = dialect === 'postgres' ? sql`text collate "C"` : 'text'
  await db.schema
    .createTable('workspace')
    .addColumn('name', key, (column) => column.primaryKey())
    .addColumn('description', types.text, (column) => column.notNull())
    .addColumn('artifact_root', types.text)
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('updated_at', types.integer, (column) => column.notNull())
    .execute()
  await sql`insert into workspace (name, description, created_at, updated_at)
    values ('default', '', 0, 0)`.execute(db)
  await db.schema
    .alterTable('access_role')
    .addColumn('workspace', types.text, (column) => column.notNull().defaultTo('default'))
    .execute()
}

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
  { name: '0201-identity-users', up: createUsers },
  { name: '0202-identity-permissions', up: createPermissions },
  {
    name: '0203-identity-scoped-tokens',
    async up(db, types) {
      await db.schema.alterTable('token').addColumn('endpoint', types.text).execute()
    },
  },
  { name: '0204-identity-workspaces', up: createWorkspaces },
]
