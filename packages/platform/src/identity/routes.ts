import { rolesApi, systemApi, userImportsApi, usersApi } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import { toGrantView } from './grants.service.ts'
import type { UserRecord, UserView } from './model.ts'
import type { IdentityService } from './service.ts'

/** Tokens, users and named roles in Kaizen's own API: for administrators. */
export const identityRoutes = (identity: IdentityService): readonly Route[] => [
  route(systemApi.tokens, ({ query }) => identity.tokens.list(query.limit, query.pageToken)),
  route(systemApi.createToken, ({ body, actor }) => identity.tokens.create(actor, body)),
  route(systemApi.revokeToken, ({ params, actor }) => identity.tokens.revoke(actor, params.id)),
  ...userRoutes(identity),
  ...roleRoutes(identity),
  ...importRoutes(identity),
]

/** Users who come from an MLflow server, and go back to one. */
const importRoutes = ({ users }: IdentityService): readonly Route[] => [
  route(userImportsApi.user, async ({ body, actor }) => {
    const { created, user } = await users.takeOver(actor, body)
    return { created, role: user.role, hasPassword: user.passwordHash !== null }
  }),
  route(userImportsApi.passwordHashes, async ({ actor }) => ({
    items: [...(await users.takenPasswordHashes(actor))],
  })),
]

function userRoutes({ users, grants }: IdentityService): readonly Route[] {
  const view = async (user: UserRecord): Promise<UserView> => {
    const [only] = await users.views([user])
    return only as UserView
  }
  const holder = async (username: string) => {
    const { id } = await users.get(username)
    return { kind: 'user', id, name: username } as const
  }
  return [
    route(usersApi.list, async ({ query }) => {
      const { items, ...rest } = await users.list(query.limit, query.pageToken)
      return { items: await users.views(items), ...rest }
    }),
    route(usersApi.create, async ({ body, actor }) => view(await users.create(actor, body))),
    route(usersApi.get, async ({ params }) => view(await users.get(params.username))),
    route(usersApi.update, async ({ params, body, actor }) => {
      const user = await users.get(params.username)
      if (body.role !== undefined && body.role !== user.role) {
        await users.setRole(actor, user, body.role)
      }
      if (body.password !== undefined) await users.setPassword(actor, user, body.password)
      return view(await users.get(params.username))
    }),
    route(usersApi.delete, async ({ params, actor }) => {
      await users.delete(actor, await users.get(params.username))
      return {}
    }),
    route(usersApi.permissions, async ({ params }) => {
      const held = await grants.listOf(await users.get(params.username))
      return { items: held.map((grant) => toGrantView(grant, grant.roleName)) }
    }),
    route(usersApi.grant, async ({ params, body, actor }) => {
      const { permission, ...resource } = body
      await grants.grant(actor, await holder(params.username), resource, permission)
      return {}
    }),
    route(usersApi.revoke, async ({ params, query, actor }) => {
      await grants.revoke(actor, await holder(params.username), query)
      return {}
    }),
  ]
}

function roleRoutes({ users, grants }: IdentityService): readonly Route[] {
  const view = async (name: string) => grants.roleView(await grants.role({ name }))
  const holder = async (name: string) => {
    const { id } = await grants.role({ name })
    return { kind: 'role', id, name } as const
  }
  return [
    route(rolesApi.list, async () => ({
      items: (await grants.roles()).map((role) => role.view),
    })),
    route(rolesApi.create, async ({ body, actor }) =>
      grants.roleView(await grants.createRole(actor, body.name, body.description)),
    ),
    route(rolesApi.delete, async ({ params, actor }) => {
      await grants.deleteRole(actor, await grants.role(params))
      return {}
    }),
    route(rolesApi.addMember, async ({ params: { name, username }, actor }) => {
      await grants.addMember(actor, await grants.role({ name }), await users.get(username))
      return view(name)
    }),
    route(rolesApi.removeMember, async ({ params: { name, username }, actor }) => {
      await grants.removeMember(actor, await grants.role({ name }), await users.get(username))
      return view(name)
    }),
    route(rolesApi.grant, async ({ params: { name }, body, actor }) => {
      const { permission, ...resource } = body
      await grants.grant(actor, await holder(name), resource, permission)
      return view(name)
    }),
    route(rolesApi.revoke, async ({ params: { name }, query, actor }) => {
      await grants.revoke(actor, await holder(name), query)
      return view(name)
    }),
  ]
}
