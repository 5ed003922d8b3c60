import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { AccessRole, GrantRecord, Holder, Permission, ResourceKind } from './model.ts'
import type { IdentityTables } from './tables.ts'

type GrantRow = IdentityTables['access_grant']

const toGrant = (row: GrantRow): GrantRecord => ({
  id: row.id,
  holder: { kind: row.holder_kind, id: row.holder_id },
  resourceKind: row.resource_kind,
  resourceId: row.resource_id,
  permission: row.permission,
})

export interface Resource {
  readonly kind: ResourceKind
  readonly id: string
}

/** Gives a permission, in the place of the one that the holder had on the resource. */
export async function putGrant(
  tx: Tx,
  holder: Holder,
  resource: Resource,
  permission: Permission,
): Promise<GrantRecord> {
  const row = await tables<IdentityTables>(tx)
    .insertInto('access_grant')
    .values({
      holder_kind: holder.kind,
      holder_id: holder.id,
      resource_kind: resource.kind,
      resource_id: resource.id,
      permission,
    } as GrantRow)
    .onConflict((conflict) =>
      conflict
        .columns(['holder_kind', 'holder_id', 'resource_kind', 'resource_id'])
        .doUpdateSet({ permission }),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
  return toGrant(row)
}

export async function findGrant(
  reader: Reader,
  holder: Holder,
  resource: Resource,
): Promise<GrantRecord | undefined> {
  const row = await tables<IdentityTables>(reader)
    .selectFrom('access_grant')
    .selectAll()
    .where('holder_kind', '=', holder.kind)
    .where('holder_id', '=', holder.id)
    .where('resource_kind', '=', resource.kind)
    .where('resource_id', '=', resource.id)
    .executeTakeFirst()
  return row && toGrant(row)
}

export async function findGrantById(reader: Reader, id: number): Promise<GrantRecord | undefined> {
  const row = await tables<IdentityTables>(reader)
    .selectFrom('access_grant')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toGrant(row)
}

export async function deleteGrant(tx: Tx, id: number): Promise<void> {
  await tables<IdentityTables>(tx).deleteFrom('access_grant').where('id', '=', id).execute()
}

/** Grants of holders of one kind, by holder and resource. */
export async function grantsOf(
  reader: Reader,
  kind: Holder['kind'],
  ids: readonly number[],
): Promise<readonly GrantRecord[]> {
  if (ids.length === 0) return []
  const rows = await tables<IdentityTables>(reader)
    .selectFrom('access_grant')
    .selectAll()
    .where('holder_kind', '=', kind)
    .where('holder_id', 'in', ids)
    .orderBy('holder_id')
    .orderBy('resource_kind')
    .orderBy('resource_id')
    .execute()
  return rows.map(toGrant)
}

/** What was granted on a resource follows it to its new name. */
export async function renameResource(tx: Tx, resource: Resource, to: string): Promise<void> {
  await deleteGrantsOn(tx, { ...resource, id: to })
  await tables<IdentityTables>(tx)
    .updateTable('access_grant')
    .set({ resource_id: to })
    .where('resource_kind', '=', resource.kind)
    .where('resource_id', '=', resource.id)
    .execute()
}

export async function deleteGrantsOn(tx: Tx, resource: Resource): Promise<void> {
  await tables<IdentityTables>(tx)
    .deleteFrom('access_grant')
    .where('resource_kind', '=', resource.kind)
    .where('resource_id', '=', resource.id)
    .execute()
}

/** Answers undefined when the name is taken. */
export async function insertRole(
  tx: Tx,
  role: Omit<AccessRole, 'id'>,
): Promise<AccessRole | undefined> {
  return tables<IdentityTables>(tx)
    .insertInto('access_role')
    .values(role as AccessRole)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returningAll()
    .executeTakeFirst()
}

export async function updateRole(tx: Tx, role: AccessRole): Promise<void> {
  const { id, name, description } = role
  await tables<IdentityTables>(tx)
    .updateTable('access_role')
    .set({ name, description })
    .where('id', '=', id)
    .execute()
}

export async function deleteRole(tx: Tx, id: number): Promise<void> {
  const db = tables<IdentityTables>(tx)
  await db.deleteFrom('access_role_member').where('role_id', '=', id).execute()
  await db
    .deleteFrom('access_grant')
    .where('holder_kind', '=', 'role')
    .where('holder_id', '=', id)
    .execute()
  await db.deleteFrom('access_role').where('id', '=', id).execute()
}

export async function findRole(
  reader: Reader,
  by: { readonly name: string } | { readonly id: number },
): Promise<AccessRole | undefined> {
  const query = tables<IdentityTables>(reader).selectFrom('access_role').selectAll()
  return (
    'name' in by ? query.where('name', '=', by.name) : query.where('id', '=', by.id)
  ).executeTakeFirst()
}

export async function listRoles(reader: Reader): Promise<readonly AccessRole[]> {
  return tables<IdentityTables>(reader)
    .selectFrom('access_role')
    .selectAll()
    .orderBy('name')
    .execute()
}

export interface Membership {
  readonly id: number
  readonly roleId: number
  readonly userId: number
  readonly roleName: string
  /** To which what the role gives on all of a kind is bound. */
  readonly workspace: string
  readonly username: string
}

/** Who is in which role, of some users or of some roles. */
export async function memberships(
  reader: Reader,
  of: { readonly users: readonly number[] } | { readonly roles: readonly number[] },
): Promise<readonly Membership[]> {
  const query = tables<IdentityTables>(reader)
    .selectFrom('access_role_member')
    .innerJoin('access_role', 'access_role.id', 'access_role_member.role_id')
    .innerJoin('app_user', 'app_user.id', 'access_role_member.user_id')
    .select([
      'access_role_member.id',
      'role_id as roleId',
      'user_id as userId',
      'access_role.name as roleName',
      'access_role.workspace as workspace',
      'app_user.username',
    ])
    .orderBy('access_role.name')
    .orderBy('app_user.username')
  const [column, ids] =
    'users' in of ? (['user_id', of.users] as const) : (['role_id', of.roles] as const)
  return ids.length === 0 ? [] : query.where(column, 'in', ids).execute()
}

export async function addMember(tx: Tx, roleId: number, userId: number): Promise<boolean> {
  const result = await tables<IdentityTables>(tx)
    .insertInto('access_role_member')
    .values({ role_id: roleId, user_id: userId } as IdentityTables['access_role_member'])
    .onConflict((conflict) => conflict.columns(['user_id', 'role_id']).doNothing())
    .executeTakeFirst()
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
}

export async function removeMember(tx: Tx, roleId: number, userId: number): Promise<boolean> {
  const result = await tables<IdentityTables>(tx)
    .deleteFrom('access_role_member')
    .where('role_id', '=', roleId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return result.numDeletedRows > 0n
}
