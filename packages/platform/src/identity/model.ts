import type { Permission, ResourceKind, Role } from '@kaizen/contracts'

export type {
  GrantView,
  Permission,
  ResourceKind,
  Role,
  RoleView,
  TokenView,
  UserView,
} from '@kaizen/contracts'

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
  readonly expiresAt: number | null
  /** The user whom it stands for; null for a service account. */
  readonly userId: number | null
  /** The only endpoint that it may ask; null for a token that is not scoped. */
  readonly endpoint: string | null
}

export interface UserRecord {
  readonly id: number
  readonly username: string
  /** Argon2id in its own text form; null where only single sign-on lets the user in. */
  readonly passwordHash: string | null
  readonly role: Role
  /** Issuer and subject of the OpenID provider. */
  readonly externalId: string | null
  readonly createdAt: number
  readonly lastLoginAt: number | null
}

/** Who holds a permission: a user, or a named role for all its members. */
export interface Holder {
  readonly kind: 'user' | 'role'
  readonly id: number
}

export interface GrantRecord {
  readonly id: number
  readonly holder: Holder
  readonly resourceKind: ResourceKind
  /** `*` for all of the kind. */
  readonly resourceId: string
  readonly permission: Permission
}

export interface AccessRole {
  readonly id: number
  readonly name: string
  readonly description: string
  readonly workspace: string
}

/** A space of names of its own for experiments, models and what belongs to them. */
export interface Workspace {
  readonly name: string
  readonly description: string
  /** Where its new experiments keep their artifacts; null for the server's own store. */
  readonly artifactRoot: string | null
}
