import { accessRoleName, mlflowRolesApi as api, KaizenError } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import { workspaceOf } from '../kernel/index.ts'
import {
  parsePermission,
  parseResource,
  requireManage,
  requireSelfOrAdmin,
} from './mlflow-permission.ts'
import type { AccessRole, GrantRecord, UserRecord } from './model.ts'
import { allows } from './rules.ts'
import type { IdentityService } from './service.ts'

/** Roles and permissions as MLflow's newer clients speak of them. */
export const mlflowRoleRoutes = (identity: IdentityService): readonly Route[] => [
  ...roleRoutes(identity),
  ...rolePermissionRoutes(identity),
  ...memberRoutes(identity),
  ...userPermissionRoutes(identity),
]

const wirePermission = (grant: GrantRecord) => ({
  id: grant.id,
  role_id: grant.holder.id,
  resource_type: grant.resourceKind,
  resource_pattern: grant.resourceId,
  permission: grant.permission,
})

const wireRole = async ({ grants }: IdentityService, role: AccessRole) => ({
  id: role.id,
  name: role.name,
  workspace: role.workspace,
  description: role.description || null,
  permissions: (await grants.grantsOfRole(role)).map(wirePermission),
})

function checkedName(name: string): string {
  const parsed = accessRoleName.safeParse(name)
  if (parsed.success) return name
  throw new KaizenError(
    'INVALID_REQUEST',
    `Invalid value for parameter 'name': ${parsed.error.issues[0]?.message}`,
  )
}

function roleRoutes(identity: IdentityService): readonly Route[] {
  const { grants, workspaces } = identity
  return [
    route(api.create, async ({ body, actor }) => {
      const { name: workspace } = await workspaces.get(body.workspace || workspaceOf(actor))
      const name = checkedName(body.name)
      const role = await grants.createRole(actor, name, body.description, workspace)
      return { role: await wireRole(identity, role) }
    }),
    route(api.get, async ({ query }) => ({
      role: await wireRole(identity, await grants.role({ id: query.role_id })),
    })),
    route(api.list, async ({ query, actor }) => {
      const { name } = await workspaces.get(query.workspace || workspaceOf(actor))
      const roles = (await grants.roles()).filter(({ workspace }) => workspace === name)
      return { roles: await Promise.all(roles.map((role) => wireRole(identity, role))) }
    }),
    route(api.update, async ({ body, actor }) => {
      const before = await grants.role({ id: body.role_id })
      const changed = {
        id: before.id,
        name: body.name ? checkedName(body.name) : before.name,
        description: body.description ?? before.description,
        workspace: before.workspace,
      }
      return { role: await wireRole(identity, await grants.updateRole(actor, changed, before)) }
    }),
    route(api.delete, async ({ body, actor }) => {
      await grants.deleteRole(actor, await grants.role({ id: body.role_id }))
      return {}
    }),
  ]
}

function rolePermissionRoutes({ grants }: IdentityService): readonly Route[] {
  const ofGrant = async (id: number) => {
    const grant = await grants.grantOfRole(id)
    const { name } = await grants.role({ id: grant.holder.id })
    return { grant, holder: { ...grant.holder, name } }
  }
  const resourceOf = (grant: GrantRecord) => ({ kind: grant.resourceKind, id: grant.resourceId })
  return [
    route(api.addPermission, async ({ body, actor }) => {
      const resource = parseResource(body.resource_type, body.resource_pattern)
      const permission = parsePermission(body.permission)
      const role = await grants.role({ id: body.role_id })
      const holder = { kind: 'role', id: role.id, name: role.name } as const
      const grant = await grants.grant(actor, holder, resource, permission)
      return { role_permission: wirePermission(grant) }
    }),
    route(api.removePermission, async ({ body, actor }) => {
      const { grant, holder } = await ofGrant(body.role_permission_id)
      await grants.revoke(actor, holder, resourceOf(grant))
      return {}
    }),
    route(api.listPermissions, async ({ query }) => {
      const held = await grants.grantsOfRole(await grants.role({ id: query.role_id }))
      return { role_permissions: held.map(wirePermission) }
    }),
    route(api.updatePermission, async ({ body, actor }) => {
      const { grant, holder } = await ofGrant(body.role_permission_id)
      const permission = parsePermission(body.permission)
      const changed = await grants.grant(actor, holder, resourceOf(grant), permission)
      return { role_permission: wirePermission(changed) }
    }),
  ]
}

function memberRoutes(identity: IdentityService): readonly Route[] {
  const { grants, users } = identity
  const toAssignment = (member: { id: number; userId: number; roleId: number }) => ({
    id: member.id,
    user_id: member.userId,
    role_id: member.roleId,
  })
  return [
    route(api.assign, async ({ body, actor }) => {
      const role = await grants.role({ id: body.role_id })
      const user = await users.get(body.username)
      await grants.addMember(actor, role, user)
      const member = (await grants.members(role)).find(({ userId }) => userId === user.id)
      if (!member) throw new KaizenError('STALE_WRITE', 'the role was changed meanwhile')
      return { assignment: toAssignment(member) }
    }),
    route(api.unassign, async ({ body, actor }) => {
      const role = await grants.role({ id: body.role_id })
      await grants.removeMember(actor, role, await users.get(body.username))
      return {}
    }),
    route(api.ofUser, async ({ query, actor }) => {
      requireSelfOrAdmin(actor, await identity.callerView(actor), query.username)
      const { id } = await users.get(query.username)
      const roles = await Promise.all(
        (await grants.rolesOf([id])).map(({ roleId }) => grants.role({ id: roleId })),
      )
      return { roles: await Promise.all(roles.map((role) => wireRole(identity, role))) }
    }),
    route(api.users, async ({ query }) => {
      const members = await grants.members(await grants.role({ id: query.role_id }))
      return { assignments: members.map(toAssignment) }
    }),
  ]
}

function userPermissionRoutes(identity: IdentityService): readonly Route[] {
  const { grants, users } = identity
  const resourceOf = (fields: { readonly resource_type: string; readonly resource_id: string }) =>
    parseResource(fields.resource_type, fields.resource_id)
  const holder = async (username: string) => {
    const { id } = await users.get(username)
    return { kind: 'user', id, name: username } as const
  }
  const listed = async (user: UserRecord) => ({
    username: user.username,
    is_admin: user.role === 'admin',
    permissions: (await grants.listOf(user)).map((grant) => ({
      resource_type: grant.resourceKind,
      resource_pattern: grant.resourceId,
      permission: grant.permission,
      ...(grant.roleName === null ? {} : { role_id: grant.holder.id, role_name: grant.roleName }),
    })),
  })
  return [
    route(api.grant, async ({ body, actor }) => {
      const resource = resourceOf(body)
      requireManage(actor, resource)
      const permission = parsePermission(body.permission)
      await grants.grant(actor, await holder(body.username), resource, permission)
      return {}
    }),
    route(api.revoke, async ({ body, actor }) => {
      const resource = resourceOf(body)
      requireManage(actor, resource)
      await grants.revoke(actor, await holder(body.username), resource)
      return {}
    }),
    route(api.check, async ({ query, actor }) => {
      const resource = resourceOf(query)
      const caller = await identity.callerView(actor)
      if (caller.username !== query.username) requireManage(actor, resource)
      const { access } = await grants.accessOf(await users.get(query.username))
      const level = access.level(resource.kind, resource.id, workspaceOf(actor))
      return {
        allowed: allows(level, 'USE'),
        permission: level === 'NONE' ? 'NO_PERMISSIONS' : level,
      }
    }),
    route(api.listOfUser, async ({ query, actor }) => {
      requireSelfOrAdmin(actor, await identity.callerView(actor), query.username)
      return listed(await users.get(query.username))
    }),
    route(api.listOfCaller, async ({ actor }) => listed(await identity.userOf(actor))),
  ]
}
