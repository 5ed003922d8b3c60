import {
  KaizenError,
  password as passwordSchema,
  mlflowPermissionsApi as permissionsApi,
  username as usernameSchema,
  mlflowUsersApi as usersApi,
} from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import { defaultWorkspace, workspaceOf } from '../kernel/index.ts'
import {
  parsePermission,
  permissionName,
  requireManage,
  requireSelfOrAdmin,
} from './mlflow-permission.ts'
import type { GrantRecord, ResourceKind, UserRecord } from './model.ts'
import type { IdentityService } from './service.ts'

/** Users and permissions as MLflow's basic-auth application serves them. */
export const mlflowUserRoutes = (identity: IdentityService): readonly Route[] => [
  ...userRoutes(identity),
  ...permissionRoutes(identity, 'experiment'),
  ...permissionRoutes(identity, 'registered_model'),
]

function userRoutes(identity: IdentityService): readonly Route[] {
  const { users } = identity
  const full = async (user: UserRecord) => ({
    ...wireUser(user),
    ...ownPermissions(await identity.grants.listOf(user), user),
  })
  return [
    route(usersApi.create, async ({ body, actor }) => {
      const user = { ...checked(body), role: 'editor' } as const
      return { user: await full(await users.create(actor, user)) }
    }),
    route(usersApi.get, async ({ query, actor }) => {
      requireSelfOrAdmin(actor, await identity.callerView(actor), query.username)
      return { user: await full(await users.get(query.username)) }
    }),
    route(usersApi.current, async ({ actor }) => ({
      user: await full(await identity.userOf(actor)),
    })),
    route(usersApi.list, async ({ actor }) => {
      const here = workspaceOf(actor)
      const workspace = actor.role === 'admin' || here === defaultWorkspace ? undefined : here
      const all: UserRecord[] = []
      for (let after: string | undefined = ''; after !== undefined; ) {
        const page = await users.list(1000, after, workspace)
        all.push(...page.items)
        after = page.nextPageToken
      }
      return { users: all.map(wireUser) }
    }),
    route(usersApi.updatePassword, async ({ body, actor, request }) => {
      const { username, password } = checked(body)
      const caller = await identity.callerView(actor)
      requireSelfOrAdmin(actor, caller, username)
      if (caller.username === username && actor.role !== 'admin') {
        await requireCurrentPassword(identity, username, body.current_password, request.ip)
      }
      await users.setPassword(actor, await users.get(username), password)
      return {}
    }),
    route(usersApi.updateAdmin, async ({ body, actor }) => {
      const user = await users.get(body.username)
      const role = body.is_admin ? 'admin' : user.role === 'admin' ? 'editor' : user.role
      if (role !== user.role) await users.setRole(actor, user, role)
      return {}
    }),
    route(usersApi.delete, async ({ body, actor }) => {
      await users.delete(actor, await users.get(body.username))
      return {}
    }),
  ]
}

/** Clients before 3.13 send only the new password, with the old one in the request's own authentication. */
async function requireCurrentPassword(
  identity: IdentityService,
  username: string,
  current: string | undefined,
  address: string,
): Promise<void> {
  if (current !== undefined) await identity.login(username, current, address)
}

function permissionRoutes(
  { users, grants }: IdentityService,
  kind: ResourceKind,
): readonly Route[] {
  const ofExperiment = kind === 'experiment'
  const idOf = (fields: { readonly experiment_id?: string; readonly name?: string }) => ({
    kind,
    id: (ofExperiment ? fields.experiment_id : fields.name) ?? '',
  })
  const holder = async (username: string) => {
    const { id } = await users.get(username)
    return { kind: 'user', id, name: username } as const
  }
  const answer = (grant: GrantRecord) =>
    ofExperiment
      ? { experiment_permission: experimentPermission(grant) }
      : { registered_model_permission: modelPermission(grant) }
  const api = ofExperiment
    ? ({
        create: permissionsApi.createOfExperiment,
        get: permissionsApi.getOfExperiment,
        update: permissionsApi.updateOfExperiment,
        delete: permissionsApi.deleteOfExperiment,
      } as const)
    : ({
        create: permissionsApi.createOfModel,
        get: permissionsApi.getOfModel,
        update: permissionsApi.updateOfModel,
        delete: permissionsApi.deleteOfModel,
      } as const)
  type Fields = { experiment_id?: string; name?: string; username: string; permission: string }
  const existing = async (fields: Omit<Fields, 'permission'>) => {
    const found = await grants.find(await holder(fields.username), idOf(fields))
    if (found) return found
    throw new KaizenError(
      'NOT_FOUND',
      `${kind} permission of ${fields.username} on ${idOf(fields).id} not found`,
    )
  }
  return [
    route(api.create, async ({ body, actor }) => {
      const fields = body as Fields
      requireManage(actor, idOf(fields))
      const user = await holder(fields.username)
      if (await grants.find(user, idOf(fields))) {
        throw new KaizenError(
          'ALREADY_EXISTS',
          `${kind} permission of ${fields.username} on ${idOf(fields).id} already exists`,
        )
      }
      const permission = parsePermission(fields.permission)
      return answer(await grants.grant(actor, user, idOf(fields), permission)) as never
    }),
    route(api.get, async ({ query, actor }) => {
      requireManage(actor, idOf(query as Fields))
      return answer(await existing(query as Fields)) as never
    }),
    route(api.update, async ({ body, actor }) => {
      const fields = body as Fields
      requireManage(actor, idOf(fields))
      await existing(fields)
      const permission = parsePermission(fields.permission)
      await grants.grant(actor, await holder(fields.username), idOf(fields), permission)
      return {}
    }),
    route(api.delete, async ({ body, actor }) => {
      const fields = body as Fields
      requireManage(actor, idOf(fields))
      await existing(fields)
      await grants.revoke(actor, await holder(fields.username), idOf(fields))
      return {}
    }),
  ]
}

export const wireUser = (user: UserRecord) => ({
  id: user.id,
  username: user.username,
  is_admin: user.role === 'admin',
})

const experimentPermission = (grant: GrantRecord) => ({
  experiment_id: grant.resourceId,
  user_id: grant.holder.id,
  permission: permissionName(grant.permission),
})
const modelPermission = (grant: GrantRecord) => ({
  name: grant.resourceId,
  user_id: grant.holder.id,
  permission: permissionName(grant.permission),
})

function ownPermissions(grants: readonly GrantRecord[], user: UserRecord) {
  const own = grants.filter(({ holder }) => holder.kind === 'user' && holder.id === user.id)
  const of = (kind: ResourceKind) => own.filter((grant) => grant.resourceKind === kind)
  return {
    experiment_permissions: of('experiment').map(experimentPermission),
    registered_model_permissions: of('registered_model').map(modelPermission),
  }
}

/** @throws INVALID_REQUEST in words about the one field that is wrong */
function checked(fields: { readonly username: string; readonly password: string }) {
  for (const [name, schema] of [
    ['username', usernameSchema],
    ['password', passwordSchema],
  ] as const) {
    const parsed = schema.safeParse(fields[name])
    if (!parsed.success) {
      const why = parsed.error.issues[0]?.message ?? 'it cannot be used'
      throw new KaizenError('INVALID_REQUEST', `Invalid value for parameter '${name}': ${why}`)
    }
  }
  return { username: fields.username, password: fields.password }
}
