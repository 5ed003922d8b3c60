import { KaizenError } from '@kaizen/contracts'
import {
  type CopiedAccess,
  type CopiedGrant,
  type CopiedRole,
  type CopiedUser,
  isUsersOwn,
  toGrant,
} from './access.ts'
import { type DatabaseReader, openDatabaseReader } from './database-reader.ts'
import { type Message, textOf } from './endpoint.ts'

/** Tables of permissions that have no counterpart, or none any more. */
const declinedTables = [
  'scorer_permissions',
  'gateway_secret_permissions',
  'gateway_endpoint_permissions',
  'gateway_model_definition_permissions',
] as const

/** Users, roles and permissions of the database of MLflow's basic-auth application. @throws INVALID_CONFIG, UNAVAILABLE */
export async function readAuthDatabase(address: string): Promise<CopiedAccess> {
  await using reader = await openDatabaseReader(address, '--auth-database')
  if ((await reader.columns('alembic_version_auth')).size === 0) {
    throw new KaizenError('INVALID_CONFIG', '--auth-database: no database of basic-auth', {
      hint: 'It is named by `database_uri` in the file of MLFLOW_AUTH_CONFIG_PATH, sqlite:///basic_auth.db unless told.',
    })
  }
  const hasRoles = (await reader.columns('role_permissions')).size > 0
  return await (hasRoles ? readRoles(reader) : readTablesOfOldest(reader))
}

const usersOf = (reader: DatabaseReader) =>
  reader.all('SELECT id, username, password_hash, is_admin FROM users ORDER BY id')

const toUser = (row: Message, grants: readonly CopiedGrant[]): CopiedUser => ({
  username: textOf(row['username']),
  isAdmin: row['is_admin'] === 1 || row['is_admin'] === true,
  passwordHash: textOf(row['password_hash'] ?? '') || undefined,
  grants,
})

/** From 3.13 on all permissions are of roles; one of each user's own holds what was given to it alone. */
async function readRoles(reader: DatabaseReader): Promise<CopiedAccess> {
  const users = await usersOf(reader)
  const names = new Map(users.map((user) => [user['id'], textOf(user['username'])]))
  const all = await reader.all('SELECT id, name, workspace, description FROM roles ORDER BY id')
  const rows = await reader.all(
    'SELECT role_id, resource_type, resource_pattern, permission FROM role_permissions ORDER BY id',
  )
  const assigned = await reader.all(
    'SELECT role_id, user_id FROM user_role_assignments ORDER BY id',
  )
  const grantsOf = (role: Message) =>
    rows.filter(({ role_id }) => role_id === role['id']).map(toGrant)
  const here = all.filter(({ workspace }) => workspace === 'default')
  const own = here.filter(({ name }) => isUsersOwn(textOf(name)))
  const elsewhere = all.filter(({ workspace }) => workspace !== 'default')
  return {
    users: users.map((user) =>
      toUser(user, own.filter(({ name }) => name === `__user_${user['id']}__`).flatMap(grantsOf)),
    ),
    roles: here
      .filter((role) => !own.includes(role))
      .map(
        (role): CopiedRole => ({
          name: textOf(role['name']),
          description: textOf(role['description'] ?? ''),
          members: assigned
            .filter(({ role_id }) => role_id === role['id'])
            .flatMap(({ user_id }) => names.get(user_id) ?? []),
          grants: grantsOf(role),
        }),
      ),
    left: counted([
      [
        'roles of other workspaces',
        elsewhere.filter(({ name }) => !isUsersOwn(textOf(name))).length,
      ],
      [
        'permissions of users in other workspaces',
        elsewhere.filter(({ name }) => isUsersOwn(textOf(name))).flatMap(grantsOf).length,
      ],
    ]),
  }
}

/** Before 3.13 each kind of resource had a table, and a row was of one user. */
async function readTablesOfOldest(reader: DatabaseReader): Promise<CopiedAccess> {
  const users = await usersOf(reader)
  const models = await reader.columns('registered_model_permissions')
  const here = models.has('workspace') ? "WHERE workspace = 'default'" : ''
  const rows = [
    ...(await reader.all(
      `SELECT user_id, 'experiment' AS resource_type, experiment_id AS resource_pattern, permission
       FROM experiment_permissions ORDER BY id`,
    )),
    ...(await reader.all(
      `SELECT user_id, 'registered_model' AS resource_type, name AS resource_pattern, permission
       FROM registered_model_permissions ${here} ORDER BY name`,
    )),
  ]
  const count = async (table: string) => {
    if ((await reader.columns(table)).size === 0) return 0
    return Number((await reader.all(`SELECT count(*) AS n FROM ${table}`))[0]?.['n'] ?? 0)
  }
  const left: [string, number][] = []
  for (const table of [...declinedTables, 'workspace_permissions']) {
    left.push([`rows of ${table}`, await count(table)])
  }
  return {
    users: users.map((user) =>
      toUser(user, rows.filter(({ user_id }) => user_id === user['id']).map(toGrant)),
    ),
    roles: [],
    left: counted(left),
  }
}

const counted = (pairs: readonly (readonly [string, number])[]): ReadonlyMap<string, number> =>
  new Map(pairs.filter(([, count]) => count > 0))
