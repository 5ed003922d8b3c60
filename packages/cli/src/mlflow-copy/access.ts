import { listOf, type Message, messageOf, textOf } from './endpoint.ts'
import type { MlflowSource } from './source.ts'

/** A permission in words of MLflow: `experiment 4 READ`. */
export interface CopiedGrant {
  readonly kind: string
  readonly id: string
  readonly permission: string
}

export interface CopiedUser {
  readonly username: string
  readonly isAdmin: boolean
  /** As werkzeug writes it; a server tells none. */
  readonly passwordHash?: string | undefined
  readonly grants: readonly CopiedGrant[]
}

export interface CopiedRole {
  /** What the server calls it; nothing in a copy from a database. */
  readonly id?: number
  readonly name: string
  readonly description: string
  readonly members: readonly string[]
  readonly grants: readonly CopiedGrant[]
}

/** Who may do what, in the workspace `default`. */
export interface CopiedAccess {
  readonly users: readonly CopiedUser[]
  readonly roles: readonly CopiedRole[]
  /** Permissions and roles of other workspaces, and permissions of kinds that had a table each, by what they are. */
  readonly left: ReadonlyMap<string, number>
}

/** MLflow keeps what is granted to one user in a role of this name. */
export const isUsersOwn = (role: string): boolean => /^__user_\d+__$/.test(role)

const v3 = '/api/3.0/mlflow'
export const toGrant = (row: Message): CopiedGrant => ({
  kind: textOf(row['resource_type']),
  id: textOf(row['resource_pattern']),
  permission: textOf(row['permission']),
})

/** Users, roles and permissions as a server tells them to an administrator. */
export async function readServerAccess(
  server: Pick<MlflowSource, 'get' | 'send'>,
): Promise<CopiedAccess> {
  const get = (path: string) => server.send(`${v3}/${path}`, undefined, 'GET')
  const found = listOf((await server.get('users/list'))['users'])
  const names = new Map(found.map((user) => [user['id'], textOf(user['username'])]))
  const users: CopiedUser[] = []
  for (const user of found) {
    const username = textOf(user['username'])
    const query = new URLSearchParams({ username })
    const rows = listOf((await get(`users/permissions/list?${query}`))['permissions'])
    const own = rows.filter(
      ({ role_name, workspace = 'default' }) =>
        (role_name === undefined || isUsersOwn(textOf(role_name))) && workspace === 'default',
    )
    users.push({ username, isAdmin: user['is_admin'] === true, grants: own.map(toGrant) })
  }
  const roles: CopiedRole[] = []
  for (const role of listOf((await get('roles/list?workspace=default'))['roles'])) {
    const name = textOf(role['name'])
    if (isUsersOwn(name)) continue
    const id = Number(role['id'])
    const assigned = listOf((await get(`roles/users/list?role_id=${id}`))['assignments'])
    roles.push({
      id,
      name,
      description: textOf(role['description'] ?? ''),
      members: assigned.flatMap(({ user_id }) => names.get(user_id) ?? []),
      grants: listOf(role['permissions']).map(toGrant),
    })
  }
  return { users, roles, left: new Map() }
}

/** The number of a role that a server has just made. */
export async function createRole(
  server: Pick<MlflowSource, 'send'>,
  { name, description }: Pick<CopiedRole, 'name' | 'description'>,
): Promise<number> {
  const body = { name, workspace: 'default', description }
  return Number(messageOf((await server.send(`${v3}/roles/create`, body))['role'])['id'])
}
