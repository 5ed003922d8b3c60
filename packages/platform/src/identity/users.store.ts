import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { UserRecord } from './model.ts'
import type { IdentityTables } from './tables.ts'

type UserRow = IdentityTables['app_user']

const toUser = (row: UserRow): UserRecord => ({
  id: row.id,
  username: row.username,
  passwordHash: row.password_hash,
  role: row.role,
  externalId: row.external_id,
  createdAt: row.created_at,
  lastLoginAt: row.last_login_at,
})

/** Answers undefined when the name is taken. */
export async function insertUser(
  tx: Tx,
  user: Omit<UserRecord, 'id'>,
): Promise<UserRecord | undefined> {
  const row = await tables<IdentityTables>(tx)
    .insertInto('app_user')
    .values({
      username: user.username,
      password_hash: user.passwordHash,
      role: user.role,
      external_id: user.externalId,
      created_at: user.createdAt,
      last_login_at: user.lastLoginAt,
    } as UserRow)
    .onConflict((conflict) => conflict.column('username').doNothing())
    .returningAll()
    .executeTakeFirst()
  return row && toUser(row)
}

export async function findUser(reader: Reader, username: string): Promise<UserRecord | undefined> {
  return findBy(reader, 'username', username)
}

export async function findUserById(reader: Reader, id: number): Promise<UserRecord | undefined> {
  return findBy(reader, 'id', id)
}

export async function findUserByExternalId(
  reader: Reader,
  externalId: string,
): Promise<UserRecord | undefined> {
  return findBy(reader, 'external_id', externalId)
}

async function findBy(
  reader: Reader,
  column: 'username' | 'id' | 'external_id',
  value: string | number,
): Promise<UserRecord | undefined> {
  const row = await tables<IdentityTables>(reader)
    .selectFrom('app_user')
    .selectAll()
    .where(column, '=', value)
    .executeTakeFirst()
  return row && toUser(row)
}

export interface UserPage {
  readonly after: string
  readonly limit: number
  /** Only who holds something there, and administrators. */
  readonly workspace?: string | undefined
}

/** Users by name after `after`. */
export async function listUsers(
  reader: Reader,
  { after, limit, workspace }: UserPage,
): Promise<readonly UserRecord[]> {
  const db = tables<IdentityTables>(reader)
  let query = db.selectFrom('app_user').selectAll().where('username', '>', after)
  if (workspace !== undefined) {
    const granted = db
      .selectFrom('access_grant')
      .select('holder_id')
      .where('holder_kind', '=', 'user')
      .where('resource_kind', '=', 'workspace')
      .where('resource_id', '=', workspace)
      .where('permission', '!=', 'DENY')
    const members = db
      .selectFrom('access_role_member')
      .innerJoin('access_role', 'access_role.id', 'access_role_member.role_id')
      .select('access_role_member.user_id')
      .where('access_role.workspace', '=', workspace)
    query = query.where((eb) =>
      eb.or([eb('role', '=', 'admin'), eb('id', 'in', granted), eb('id', 'in', members)]),
    )
  }
  const rows = await query.orderBy('username').limit(limit).execute()
  return rows.map(toUser)
}

export async function updateUser(
  tx: Tx,
  id: number,
  change: Partial<Pick<UserRow, 'password_hash' | 'role' | 'last_login_at'>>,
): Promise<void> {
  await tables<IdentityTables>(tx)
    .updateTable('app_user')
    .set(change)
    .where('id', '=', id)
    .execute()
}

/** Users with a password, by name. */
export async function passwordHashes(
  reader: Reader,
): Promise<readonly { readonly username: string; readonly passwordHash: string }[]> {
  const rows = await tables<IdentityTables>(reader)
    .selectFrom('app_user')
    .select(['username', 'password_hash'])
    .where('password_hash', 'is not', null)
    .orderBy('username')
    .execute()
  return rows.map((row) => ({ username: row.username, passwordHash: row.password_hash ?? '' }))
}

/** Puts a hash in the place of the one that was read; answers whether that was still there. */
export async function replacePasswordHash(
  tx: Tx,
  { id, passwordHash }: Pick<UserRecord, 'id' | 'passwordHash'>,
  hash: string,
): Promise<boolean> {
  const { numUpdatedRows } = await tables<IdentityTables>(tx)
    .updateTable('app_user')
    .set({ password_hash: hash })
    .where('id', '=', id)
    .where('password_hash', '=', passwordHash)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** How many administrators there are besides one user. */
export async function otherAdministrators(tx: Tx, id: number): Promise<number> {
  const row = await tables<IdentityTables>(tx)
    .selectFrom('app_user')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('role', '=', 'admin')
    .where('id', '!=', id)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** Removes a user with all that hangs on it. */
export async function deleteUser(tx: Tx, id: number): Promise<void> {
  const db = tables<IdentityTables>(tx)
  await db.deleteFrom('user_session').where('user_id', '=', id).execute()
  await db.deleteFrom('token').where('user_id', '=', id).execute()
  await db.deleteFrom('access_role_member').where('user_id', '=', id).execute()
  await db
    .deleteFrom('access_grant')
    .where('holder_kind', '=', 'user')
    .where('holder_id', '=', id)
    .execute()
  await db.deleteFrom('app_user').where('id', '=', id).execute()
}

export async function insertSession(
  tx: Tx,
  session: IdentityTables['user_session'],
): Promise<void> {
  const db = tables<IdentityTables>(tx)
  await db.deleteFrom('user_session').where('expires_at', '<=', session.created_at).execute()
  await db.insertInto('user_session').values(session).execute()
}

/** The user of a session that has not ended. */
export async function findSessionUser(
  reader: Reader,
  secretHash: string,
  now: number,
): Promise<UserRecord | undefined> {
  const row = await tables<IdentityTables>(reader)
    .selectFrom('user_session')
    .innerJoin('app_user', 'app_user.id', 'user_session.user_id')
    .selectAll('app_user')
    .where('secret_hash', '=', secretHash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row && toUser(row)
}

export async function deleteSession(tx: Tx, secretHash: string): Promise<void> {
  await tables<IdentityTables>(tx)
    .deleteFrom('user_session')
    .where('secret_hash', '=', secretHash)
    .execute()
}

export async function deleteSessionsOf(tx: Tx, userId: number): Promise<void> {
  await tables<IdentityTables>(tx)
    .deleteFrom('user_session')
    .where('user_id', '=', userId)
    .execute()
}
