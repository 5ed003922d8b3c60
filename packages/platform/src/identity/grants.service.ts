import { KaizenError } from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import { type Actor, defaultWorkspace } from '../kernel/index.ts'
import type { Database, Reader, Tx } from '../storage/index.ts'
import * as store from './grants.store.ts'
import type {
  AccessRole,
  GrantRecord,
  GrantView,
  Holder,
  Permission,
  ResourceKind,
  RoleView,
  UserRecord,
} from './model.ts'
import { Access, baseLevel, type Level } from './rules.ts'

export interface GrantDeps {
  readonly database: Database
  readonly audit: AuditLog
  /** What users may do with resources that no grant speaks of. */
  readonly defaultLevel: Level
}

/** What stages tell of the resources that they make, rename and delete, in the same transaction. */
export type ResourceGrants = Pick<GrantService, 'created' | 'renamed' | 'deleted'>

/** Permissions on experiments and models: those of users, and of named roles for their members. */
export class GrantService {
  readonly #deps: GrantDeps

  constructor(deps: GrantDeps) {
    this.#deps = deps
  }

  /** Everything that counts for a user's requests. */
  async accessOf(user: UserRecord): Promise<{ roles: readonly string[]; access: Access }> {
    const { reader } = this.#deps.database
    const memberOf = await store.memberships(reader, { users: [user.id] })
    const own = await store.grantsOf(reader, 'user', [user.id])
    const given = await store.grantsOf(
      reader,
      'role',
      memberOf.map(({ roleId }) => roleId),
    )
    const scopes = new Map(memberOf.map(({ roleId, workspace }) => [roleId, workspace]))
    const grants = [...own, ...given].map(({ holder, resourceKind, resourceId, permission }) => ({
      kind: resourceKind,
      id: resourceId,
      permission,
      scope: holder.kind === 'role' ? scopes.get(holder.id) : undefined,
    }))
    const base = baseLevel(user.role, true, this.#deps.defaultLevel)
    // What an administrator may do is not up to grants, or the last one could be locked out.
    const isAdmin = user.role === 'admin'
    const access = new Access(base, isAdmin ? [] : grants, isAdmin)
    return { roles: memberOf.map(({ roleName }) => roleName), access }
  }

  /** Permissions of a user, its own first. */
  async listOf(user: UserRecord): Promise<readonly (GrantRecord & { roleName: string | null })[]> {
    const { reader } = this.#deps.database
    const memberOf = await store.memberships(reader, { users: [user.id] })
    const names = new Map(memberOf.map(({ roleId, roleName }) => [roleId, roleName]))
    const own = await store.grantsOf(reader, 'user', [user.id])
    const given = await store.grantsOf(reader, 'role', [...names.keys()])
    return [...own, ...given].map((grant) => ({
      ...grant,
      roleName: grant.holder.kind === 'role' ? (names.get(grant.holder.id) ?? null) : null,
    }))
  }

  find(holder: Holder, resource: store.Resource): Promise<GrantRecord | undefined> {
    return store.findGrant(this.#deps.database.reader, holder, resource)
  }

  async grant(
    actor: Actor,
    holder: Holder & { readonly name: string },
    resource: store.Resource,
    permission: Permission,
  ): Promise<GrantRecord> {
    return this.#deps.database.write(async (tx) => {
      const granted = await store.putGrant(tx, holder, resource, permission)
      await this.#record(tx, actor, 'permission.granted', holder, { ...resource, permission })
      return granted
    })
  }

  /** @throws NOT_FOUND */
  async revoke(
    actor: Actor,
    holder: Holder & { readonly name: string },
    resource: store.Resource,
  ): Promise<void> {
    await this.#deps.database.write(async (tx) => {
      const found = await store.findGrant(tx, holder, resource)
      if (!found) {
        throw new KaizenError(
          'NOT_FOUND',
          `${holder.kind} ${holder.name} has no permission of its own on ${resource.kind} ${resource.id}`,
        )
      }
      await store.deleteGrant(tx, found.id)
      await this.#record(tx, actor, 'permission.revoked', holder, { ...resource })
    })
  }

  /** Whoever makes a resource manages it. */
  async created(tx: Tx, actor: Actor, kind: ResourceKind, id: string): Promise<void> {
    if (actor.userId === undefined) return
    const holder = { kind: 'user', id: actor.userId } as const
    await store.putGrant(tx, holder, { kind, id }, 'MANAGE')
  }

  renamed(tx: Tx, kind: ResourceKind, id: string, to: string): Promise<void> {
    return store.renameResource(tx, { kind, id }, to)
  }

  /** A later resource of the same name starts without the permissions of this one. */
  deleted(tx: Tx, kind: ResourceKind, id: string): Promise<void> {
    return store.deleteGrantsOn(tx, { kind, id })
  }

  async roles(): Promise<readonly (AccessRole & { readonly view: RoleView })[]> {
    const { reader } = this.#deps.database
    const roles = await store.listRoles(reader)
    return Promise.all(roles.map(async (role) => ({ ...role, view: await viewOf(reader, role) })))
  }

  /** @throws NOT_FOUND */
  async role(by: { readonly name: string } | { readonly id: number }): Promise<AccessRole> {
    const found = await store.findRole(this.#deps.database.reader, by)
    if (found) return found
    throw new KaizenError('NOT_FOUND', `there is no role ${'name' in by ? by.name : by.id}`, {
      hint: '`kaizen users roles` lists the roles.',
    })
  }

  async roleView(role: AccessRole): Promise<RoleView> {
    return viewOf(this.#deps.database.reader, role)
  }

  members(role: AccessRole): Promise<readonly store.Membership[]> {
    return store.memberships(this.#deps.database.reader, { roles: [role.id] })
  }

  rolesOf(users: readonly number[]): Promise<readonly store.Membership[]> {
    return store.memberships(this.#deps.database.reader, { users })
  }

  grantsOfRole(role: AccessRole): Promise<readonly GrantRecord[]> {
    return store.grantsOf(this.#deps.database.reader, 'role', [role.id])
  }

  /** A role's grant by its number. @throws NOT_FOUND */
  async grantOfRole(id: number): Promise<GrantRecord> {
    const found = await store.findGrantById(this.#deps.database.reader, id)
    if (found?.holder.kind === 'role') return found
    throw new KaizenError('NOT_FOUND', `there is no role permission ${id}`)
  }

  /** @throws ALREADY_EXISTS */
  async createRole(
    actor: Actor,
    name: string,
    description: string,
    workspace: string = defaultWorkspace,
  ): Promise<AccessRole> {
    return this.#deps.database.write(async (tx) => {
      const role = await store.insertRole(tx, { name, description, workspace })
      if (!role) throw new KaizenError('ALREADY_EXISTS', `there is a role ${name} already`)
      await this.#recordRole(tx, actor, 'role.created', name, { description, workspace })
      return role
    })
  }

  /** @throws ALREADY_EXISTS */
  async updateRole(actor: Actor, role: AccessRole, before: AccessRole): Promise<AccessRole> {
    return this.#deps.database.write(async (tx) => {
      const taken = await store.findRole(tx, { name: role.name })
      if (taken && taken.id !== role.id)
        throw new KaizenError('ALREADY_EXISTS', `there is a role ${role.name} already`)
      await store.updateRole(tx, role)
      await this.#recordRole(tx, actor, 'role.updated', role.name, {
        before: before.name,
        description: role.description,
      })
      return role
    })
  }

  async deleteRole(actor: Actor, role: AccessRole): Promise<void> {
    await this.#deps.database.write(async (tx) => {
      await store.deleteRole(tx, role.id)
      await this.#recordRole(tx, actor, 'role.deleted', role.name, {})
    })
  }

  async addMember(actor: Actor, role: AccessRole, user: UserRecord): Promise<void> {
    await this.#deps.database.write(async (tx) => {
      if (await store.addMember(tx, role.id, user.id))
        await this.#recordRole(tx, actor, 'role.member.added', role.name, {
          username: user.username,
        })
    })
  }

  /** @throws NOT_FOUND */
  async removeMember(actor: Actor, role: AccessRole, user: UserRecord): Promise<void> {
    await this.#deps.database.write(async (tx) => {
      if (!(await store.removeMember(tx, role.id, user.id)))
        throw new KaizenError('NOT_FOUND', `${user.username} is not a member of ${role.name}`)
      await this.#recordRole(tx, actor, 'role.member.removed', role.name, {
        username: user.username,
      })
    })
  }

  #recordRole(tx: Tx, actor: Actor, what: string, name: string, data: object): Promise<unknown> {
    const event = { actor, type: `identity.${what}`, subject: `role:${name}`, data: { ...data } }
    return this.#deps.audit.append(tx, event)
  }

  #record(
    tx: Tx,
    actor: Actor,
    what: string,
    holder: { readonly kind: string; readonly name: string },
    data: Readonly<Record<string, string>>,
  ): Promise<unknown> {
    const subject = `${holder.kind}:${holder.name}`
    return this.#deps.audit.append(tx, { actor, type: `identity.${what}`, subject, data })
  }
}

export const toGrantView = (grant: GrantRecord, role: string | null): GrantView => ({
  kind: grant.resourceKind,
  id: grant.resourceId,
  permission: grant.permission,
  role,
})

async function viewOf(reader: Reader, role: AccessRole): Promise<RoleView> {
  const members = await store.memberships(reader, { roles: [role.id] })
  const grants = await store.grantsOf(reader, 'role', [role.id])
  return {
    name: role.name,
    description: role.description,
    members: members.map(({ username }) => username),
    permissions: grants.map((grant) => toGrantView(grant, role.name)),
  }
}
