import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { TokenRecord } from './model.ts'
import type { IdentityTables } from './tables.ts'

const toToken = (row: IdentityTables['token']): TokenRecord => ({
  id: row.id,
  name: row.name,
  role: row.role,
  secretHash: row.secret_hash,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
  revokedAt: row.revoked_at,
  expiresAt: row.expires_at,
  userId: row.user_id,
  endpoint: row.endpoint,
})

export async function insertToken(tx: Tx, token: TokenRecord): Promise<void> {
  await tables<IdentityTables>(tx)
    .insertInto('token')
    .values({
      id: token.id,
      name: token.name,
      role: token.role,
      secret_hash: token.secretHash,
      created_at: token.createdAt,
      last_used_at: token.lastUsedAt,
      revoked_at: token.revokedAt,
      expires_at: token.expiresAt,
      user_id: token.userId,
      endpoint: token.endpoint,
    })
    .execute()
}

export async function findBySecretHash(
  reader: Reader,
  secretHash: string,
): Promise<TokenRecord | undefined> {
  const row = await tables<IdentityTables>(reader)
    .selectFrom('token')
    .selectAll()
    .where('secret_hash', '=', secretHash)
    .executeTakeFirst()
  return row && toToken(row)
}

export async function findToken(reader: Reader, id: string): Promise<TokenRecord | undefined> {
  const row = await tables<IdentityTables>(reader)
    .selectFrom('token')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toToken(row)
}

/** Tokens after `after` by id, which is the order of their making. */
export async function listTokens(
  reader: Reader,
  after: string,
  limit: number,
): Promise<readonly TokenRecord[]> {
  const rows = await tables<IdentityTables>(reader)
    .selectFrom('token')
    .selectAll()
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(toToken)
}

export async function revokeToken(tx: Tx, id: string, at: number): Promise<void> {
  await tables<IdentityTables>(tx)
    .updateTable('token')
    .set({ revoked_at: at })
    .where('id', '=', id)
    .execute()
}

export async function touchToken(tx: Tx, id: string, at: number): Promise<void> {
  await tables<IdentityTables>(tx)
    .updateTable('token')
    .set({ last_used_at: at })
    .where('id', '=', id)
    .execute()
}

/** Tokens that act as a user, newest last. */
export async function tokensOfUser(
  reader: Reader,
  userId: number,
): Promise<readonly TokenRecord[]> {
  const rows = await tables<IdentityTables>(reader)
    .selectFrom('token')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('id')
    .execute()
  return rows.map(toToken)
}
