import { randomBytes } from 'node:crypto'
import { KaizenError, type Page, type Role, type TokenView } from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import { type Actor, type Clock, type Ids, sha256 } from '../kernel/index.ts'
import type { Database } from '../storage/index.ts'
import type { TokenRecord, UserRecord } from './model.ts'
import * as store from './tokens.store.ts'
import type { UserService } from './users.service.ts'

export interface TokenDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  readonly users: UserService
}

export const tokenPrefix = 'kz_'
const touchEveryMs = 60_000

export interface NewToken {
  readonly name: string
  readonly role: Role
  readonly expiresAt?: number | null
  /** Whom it stands for; a service account unless told. */
  readonly user?: UserRecord | undefined
  /** The only endpoint that it may ask; any unless told. */
  readonly endpoint?: string | null
}

/** Bearer tokens: service accounts with a role of their own, and tokens that act as a user. */
export class TokenService {
  readonly #deps: TokenDeps

  constructor(deps: TokenDeps) {
    this.#deps = deps
  }

  /** The token of a secret. @throws UNAUTHENTICATED when it is unknown, revoked or expired */
  async check(secret: string): Promise<TokenRecord> {
    const { database, clock } = this.#deps
    const token = await store.findBySecretHash(database.reader, sha256(secret))
    if (!token || token.revokedAt !== null) {
      throw new KaizenError('UNAUTHENTICATED', 'the token is unknown or has been revoked')
    }
    if (token.expiresAt !== null && token.expiresAt <= clock.now()) {
      throw new KaizenError('UNAUTHENTICATED', 'the token has expired', {
        hint: 'Make another: `kaizen tokens create NAME`.',
      })
    }
    await this.#touch(token)
    return token
  }

  /** The secret is in the answer and nowhere else. @throws INVALID_REQUEST */
  async create(
    actor: Actor,
    { name, role, expiresAt = null, user, endpoint = null }: NewToken,
  ): Promise<TokenView & { readonly secret: string }> {
    const { database, audit, clock, ids } = this.#deps
    if (expiresAt !== null && expiresAt <= clock.now()) {
      throw new KaizenError('INVALID_REQUEST', 'body.expiresAt: lies in the past')
    }
    const secret = `${tokenPrefix}${randomBytes(32).toString('base64url')}`
    const token: TokenRecord = {
      id: ids.next('tok'),
      name,
      role,
      secretHash: sha256(secret),
      createdAt: clock.now(),
      lastUsedAt: null,
      revokedAt: null,
      expiresAt,
      userId: user?.id ?? null,
      endpoint,
    }
    await database.write(async (tx) => {
      await store.insertToken(tx, token)
      await audit.append(tx, {
        actor,
        type: 'identity.token.created',
        subject: `token:${token.id}`,
        data: {
          name,
          role,
          ...(expiresAt === null ? {} : { expiresAt }),
          ...(endpoint === null ? {} : { endpoint }),
        },
      })
    })
    return { ...viewOf(token, user?.username ?? null), secret }
  }

  async list(limit: number, after = ''): Promise<Page<TokenView>> {
    const tokens = await store.listTokens(this.#deps.database.reader, after, limit)
    const last = tokens.at(-1)
    const items = await Promise.all(tokens.map((token) => this.#view(token)))
    return tokens.length === limit && last ? { items, nextPageToken: last.id } : { items }
  }

  async ofUser(user: UserRecord): Promise<readonly TokenView[]> {
    const tokens = await store.tokensOfUser(this.#deps.database.reader, user.id)
    return tokens.map((token) => viewOf(token, user.username))
  }

  /** @throws NOT_FOUND, also for a token that is not `owner`'s */
  async revoke(actor: Actor, id: string, owner?: UserRecord): Promise<TokenView> {
    const { database, audit, clock } = this.#deps
    const token = await store.findToken(database.reader, id)
    if (!token || (owner && token.userId !== owner.id))
      throw new KaizenError('NOT_FOUND', `there is no token ${id}`, {
        hint: '`kaizen tokens list` shows the tokens.',
      })
    if (token.revokedAt !== null) return this.#view(token)
    const revokedAt = clock.now()
    await database.write(async (tx) => {
      await store.revokeToken(tx, id, revokedAt)
      await audit.append(tx, {
        actor,
        type: 'identity.token.revoked',
        subject: `token:${id}`,
        data: { name: token.name },
      })
    })
    return this.#view({ ...token, revokedAt })
  }

  async #view(token: TokenRecord): Promise<TokenView> {
    const user = token.userId === null ? undefined : await this.#deps.users.byId(token.userId)
    return viewOf(token, user?.username ?? null)
  }

  /** When a token was last used is kept to the minute, so that reading does not write each time. */
  async #touch(token: TokenRecord): Promise<void> {
    const now = this.#deps.clock.now()
    if (token.lastUsedAt !== null && now - token.lastUsedAt < touchEveryMs) return
    await this.#deps.database.write((tx) => store.touchToken(tx, token.id, now))
  }
}

const viewOf = (
  { secretHash: _, userId: __, ...view }: TokenRecord,
  username: string | null,
): TokenView => ({ ...view, username })
