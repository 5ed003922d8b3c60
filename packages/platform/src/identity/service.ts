import { randomBytes, timingSafeEqual } from 'node:crypto'
import { KaizenError, type Page, type Role, type TokenView } from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import { type Actor, type Clock, type Ids, sha256 } from '../kernel/index.ts'
import type { Database } from '../storage/index.ts'
import type { TokenRecord } from './model.ts'
import { secretOf } from './rules.ts'
import * as store from './store.ts'

export interface IdentityDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  /** Without it every caller is the local administrator: only for a server that listens on loopback alone. */
  readonly required: boolean
  /** A token of the operator's own making, from the environment; it makes the others. */
  readonly bootstrapToken: string | undefined
}

const localAdministrator: Actor = { name: 'user:local', role: 'admin' }
const touchEveryMs = 60_000

/** Who calls: bearer tokens with a role each. */
export class IdentityService {
  readonly #deps: IdentityDeps

  constructor(deps: IdentityDeps) {
    this.#deps = deps
  }

  get required(): boolean {
    return this.#deps.required
  }

  /** @throws UNAUTHENTICATED */
  async authenticate(authorization: string | undefined): Promise<Actor> {
    if (!this.#deps.required) return localAdministrator
    const secret = secretOf(authorization)
    if (secret === undefined) {
      throw new KaizenError('UNAUTHENTICATED', 'this server asks for a token', {
        hint: 'Send "Authorization: Bearer TOKEN"; MLflow clients read MLFLOW_TRACKING_TOKEN, the command line KAIZEN_TOKEN.',
      })
    }
    const { bootstrapToken } = this.#deps
    if (bootstrapToken !== undefined && sameText(secret, bootstrapToken))
      return { name: 'token:bootstrap', role: 'admin' }
    const token = await store.findBySecretHash(this.#deps.database.reader, sha256(secret))
    if (!token || token.revokedAt !== null) {
      throw new KaizenError('UNAUTHENTICATED', 'the token is unknown or has been revoked')
    }
    await this.#touch(token)
    return { name: `token:${token.name}`, role: token.role }
  }

  /** The secret is in the answer and nowhere else. */
  async createToken(
    actor: Actor,
    name: string,
    role: Role,
  ): Promise<TokenView & { readonly secret: string }> {
    const { database, audit, clock, ids } = this.#deps
    const secret = `kz_${randomBytes(32).toString('base64url')}`
    const token: TokenRecord = {
      id: ids.next('tok'),
      name,
      role,
      secretHash: sha256(secret),
      createdAt: clock.now(),
      lastUsedAt: null,
      revokedAt: null,
    }
    await database.write(async (tx) => {
      await store.insertToken(tx, token)
      await audit.append(tx, {
        actor,
        type: 'identity.token.created',
        subject: `token:${token.id}`,
        data: { name, role },
      })
    })
    return { ...viewOf(token), secret }
  }

  async listTokens(limit: number, after = ''): Promise<Page<TokenView>> {
    const tokens = await store.listTokens(this.#deps.database.reader, after, limit)
    const last = tokens.at(-1)
    const items = tokens.map(viewOf)
    return tokens.length === limit && last ? { items, nextPageToken: last.id } : { items }
  }

  /** @throws NOT_FOUND */
  async revokeToken(actor: Actor, id: string): Promise<TokenView> {
    const { database, audit, clock } = this.#deps
    const token = await store.findToken(database.reader, id)
    if (!token)
      throw new KaizenError('NOT_FOUND', `there is no token ${id}`, {
        hint: '`kaizen tokens list` shows the tokens.',
      })
    if (token.revokedAt !== null) return viewOf(token)
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
    return viewOf({ ...token, revokedAt })
  }

  /** When a token was last used is kept to the minute, so that reading does not write each time. */
  async #touch(token: TokenRecord): Promise<void> {
    const now = this.#deps.clock.now()
    if (token.lastUsedAt !== null && now - token.lastUsedAt < touchEveryMs) return
    await this.#deps.database.write((tx) => store.touchToken(tx, token.id, now))
  }
}

const viewOf = ({ secretHash: _, ...view }: TokenRecord): TokenView => view

function sameText(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(a)), Buffer.from(sha256(b)))
}
