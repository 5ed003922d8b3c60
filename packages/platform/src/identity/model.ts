import type { Role } from '@kaizen/contracts'

export type { Role, TokenView } from '@kaizen/contracts'

/** A bearer token as stored: the secret itself is known to its holder only. */
export interface TokenRecord {
  readonly id: string
  readonly name: string
  readonly role: Role
  /** SHA-256 of the secret; the secret has 256 random bits, so a slow hash would add nothing. */
  readonly secretHash: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
  readonly revokedAt: number | null
}
