import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { postgresAvailable, startPostgres } from '@kaizen/platform/test-postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAuthDatabase } from './auth-database.ts'
import { openAuthDatabaseWriter } from './auth-database-writer.ts'
import { openDatabaseReader } from './database-reader.ts'
import { readWebhooks } from './database-webhooks.ts'

/** Tables as MLflow's migrations make them, in words of both databases. */
const users = (numbered: string) => `
CREATE TABLE alembic_version_auth (version_num VARCHAR(32));
CREATE TABLE users (id ${numbered} PRIMARY KEY, username VARCHAR(255) UNIQUE, password_hash VARCHAR(255), is_admin BOOLEAN);
INSERT INTO users (username, password_hash, is_admin) VALUES ('admin', 'scrypt:32768:8:1$a$b', true), ('ann', 'pbkdf2:sha256:1000$a$b', false), ('old', NULL, NULL);
`
const newest = `
CREATE TABLE roles (id INTEGER, name TEXT, workspace TEXT, description TEXT);
INSERT INTO roles VALUES (1, '__user_2__', 'default', NULL), (2, 'risk', 'default', 'looks'), (3, '__user_2__', 'team', NULL), (4, 'far', 'team', NULL);
CREATE TABLE role_permissions (id INTEGER, role_id INTEGER, resource_type TEXT, resource_pattern TEXT, permission TEXT);
INSERT INTO role_permissions VALUES (1, 1, 'experiment', '7', 'MANAGE'), (2, 2, 'registered_model', '*', 'READ'), (3, 3, 'experiment', '8', 'READ');
CREATE TABLE user_role_assignments (id INTEGER, user_id INTEGER, role_id INTEGER);
INSERT INTO user_role_assignments VALUES (1, 2, 1), (2, 2, 2), (3, 3, 2), (4, 2, 4);
`
const oldest = `
CREATE TABLE experiment_permissions (id INTEGER, experiment_id TEXT, user_id INTEGER, permission TEXT);
INSERT INTO experiment_permissions VALUES (1, '7', 2, 'MANAGE'), (2, '0', 2, 'NO_PERMISSIONS');
CREATE TABLE registered_model_permissions (id INTEGER, name TEXT, user_id INTEGER, permission TEXT);
INSERT INTO registered_model_permissions VALUES (1, 'it''s', 3, 'EDIT');
CREATE TABLE scorer_permissions (id INTEGER, experiment_id TEXT, scorer_name TEXT, user_id INTEGER, permission TEXT);
INSERT INTO scorer_permissions VALUES (1, '7', 's', 2, 'READ');
`
const key = '2ett1p0Aj3scsCsQVtepqjINu13wd8uSUEzRw7_jPh0='
const sealed =
  'gAAAAABrCub_SO9EuF-8K0h4x3UUDD3t32MZTBxyZAKBJ6hhFlBQN2jbd877LAqg4UzNibbSfONf_ieTZclymWyM_GbUUsmhOQ=='
const webhooks = `
CREATE TABLE webhooks (webhook_id TEXT, name TEXT, description TEXT, url TEXT, status TEXT, secret TEXT, creation_timestamp BIGINT, deleted_timestamp BIGINT, workspace TEXT);
INSERT INTO webhooks VALUES ('a', 'told', NULL, 'https://a.example/x', 'ACTIVE', '${sealed}', 1, NULL, 'default'),
  ('b', 'gone', NULL, 'https://b.example', 'ACTIVE', NULL, 2, 3, 'default'), ('c', 'plain', 'd', 'https://c.example', 'DISABLED', NULL, 3, NULL, 'default'),
  ('d', 'elsewhere', NULL, 'https://d.example', 'ACTIVE', NULL, 4, NULL, 'team');
CREATE TABLE webhook_events (webhook_id TEXT, entity TEXT, action TEXT);
INSERT INTO webhook_events VALUES ('a', 'model_version', 'created'), ('a', 'budget_policy', 'exceeded'), ('c', 'prompt', 'created');
`

let folder: string
let server: Awaited<ReturnType<typeof startPostgres>> | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-auth-database-'))
  if (postgresAvailable()) server = await startPostgres()
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const databases = {
  async sqlite(name: string, script: string) {
    const path = join(folder, `${name}.db`)
    const database = new DatabaseSync(path)
    database.exec(users('INTEGER') + script)
    database.close()
    return `sqlite:///${path}`
  },
  async postgres(name: string, script: string) {
    const url = new URL(server?.url ?? '')
    const connect = async (address: string, sql: string) => {
      const client = new pg.Client({ connectionString: address })
      await client.connect()
      await client.query(sql)
      await client.end()
    }
    await connect(url.href, `CREATE DATABASE ${name}`)
    url.pathname = `/${name}`
    await connect(url.href, users('SERIAL') + script)
    return url.href.replace('postgresql:', 'postgresql+psycopg2:')
  },
}

describe.each(['sqlite', 'postgres'] as const)(
  "the database of MLflow's users on %s",
  (dialect) => {
    const test = it.skipIf(dialect === 'postgres' && !postgresAvailable())
    const made = databases[dialect]

    test('tells users, roles, members and what each may do, of one workspace', async () => {
      const read = await readAuthDatabase(await made('newest', newest))
      expect(read.users).toEqual([
        { username: 'admin', isAdmin: true, passwordHash: 'scrypt:32768:8:1$a$b', grants: [] },
        {
          username: 'ann',
          isAdmin: false,
          passwordHash: 'pbkdf2:sha256:1000$a$b',
          grants: [{ kind: 'experiment', id: '7', permission: 'MANAGE' }],
        },
        { username: 'old', isAdmin: false, passwordHash: undefined, grants: [] },
      ])
      expect(read.roles).toEqual([
        {
          name: 'risk',
          description: 'looks',
          members: ['ann', 'old'],
          grants: [{ kind: 'registered_model', id: '*', permission: 'READ' }],
        },
      ])
      expect([...read.left]).toEqual([
        ['roles of other workspaces', 1],
        ['permissions of users in other workspaces', 1],
      ])
    })

    test('tells the tables of MLflow 2, and counts what has no counterpart', async () => {
      const read = await readAuthDatabase(await made('oldest', oldest))
      expect(read.users.map(({ grants }) => grants)).toEqual([
        [],
        [
          { kind: 'experiment', id: '7', permission: 'MANAGE' },
          { kind: 'experiment', id: '0', permission: 'NO_PERMISSIONS' },
        ],
        [{ kind: 'registered_model', id: "it's", permission: 'EDIT' }],
      ])
      expect(read.roles).toEqual([])
      expect([...read.left]).toEqual([['rows of scorer_permissions', 1]])
    })

    test('takes users with their hashes, and leaves those who are there', async () => {
      const address = await made('filled', newest)
      await using writer = await openAuthDatabaseWriter(address)
      const bob = { username: 'bob', isAdmin: true, passwordHash: 'scrypt:1024:8:1$c$d' }
      expect(await writer.insert(bob)).toBe(true)
      expect(await writer.insert({ ...bob, passwordHash: 'other' })).toBe(false)
      expect(await writer.insert({ ...bob, username: 'ann' })).toBe(false)
      const { users } = await readAuthDatabase(address)
      expect(users.find(({ username }) => username === 'bob')).toEqual({ ...bob, grants: [] })
      expect(users.find(({ username }) => username === 'ann')?.isAdmin).toBe(false)
    })

    test('holds webhooks whose secrets open with their key alone', async () => {
      await using reader = await openDatabaseReader(await made('hooks', webhooks))
      const told = {
        name: 'told',
        description: '',
        url: 'https://a.example/x',
        status: 'ACTIVE',
        has_secret: true,
        events: [
          { entity: 'BUDGET_POLICY', action: 'EXCEEDED' },
          { entity: 'MODEL_VERSION', action: 'CREATED' },
        ],
      }
      const plain = {
        name: 'plain',
        description: 'd',
        url: 'https://c.example',
        status: 'DISABLED',
        has_secret: false,
        events: [{ entity: 'PROMPT', action: 'CREATED' }],
      }
      expect(await readWebhooks(reader, key)).toEqual({
        webhooks: [plain, { ...told, secret: 'geheim ä' }],
      })
      for (const other of [undefined, key.replace('2ett', '3ett')])
        expect(await readWebhooks(reader, other)).toEqual({ webhooks: [plain, told] })
    })

    test('is refused where it is none', async () => {
      const address = await made('none', 'DROP TABLE alembic_version_auth')
      await expect(readAuthDatabase(address)).rejects.toThrow('no database of basic-auth')
      await expect(openAuthDatabaseWriter(address)).rejects.toThrow('no database of basic-auth')
    })
  },
)

it('says so when the address is none, or nobody is there, without its password', async () => {
  await expect(readAuthDatabase('mysql://a/b')).rejects.toThrow('--auth-database is not')
  const nobody = 'postgresql://ann:secret-word@127.0.0.1:9/auth'
  for (const attempt of [readAuthDatabase(nobody), openAuthDatabaseWriter(nobody)]) {
    const failure = await attempt.catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'UNAVAILABLE' })
    expect(String(failure)).not.toContain('secret-word')
  }
})
