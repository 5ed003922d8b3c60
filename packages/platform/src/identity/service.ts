import { timingSafeEqual } from 'node:crypto'
import { type CallerView, KaizenError } from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import {
  type Actor,
  type Clock,
  type Ids,
  localAdministrator,
  sha256,
  systemActor,
} from '../kernel/index.ts'
import type { Database } from '../storage/index.ts'
import { GrantService } from './grants.service.ts'
import { LoginLimit, RequestLimit } from './limits.ts'
import type { UserRecord } from './model.ts'
import { PasswordCheck } from './passwords.ts'
import { credentialsOf, type Level } from './rules.ts'
import { TokenService, tokenPrefix } from './tokens.service.ts'
import { UserService } from './users.service.ts'
import { Workspaces } from './workspaces.service.ts'

export interface IdentityDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  /** Without it every caller is the local administrator: only for a server that listens on loopback alone. */
  readonly required: boolean
  /** A token of the operator's own making, from the environment; it makes the others. */
  readonly bootstrapToken: string | undefined
  /** What users may do with resources that no grant speaks of; READ unless told, as with MLflow. */
  readonly defaultLevel?: Level
  /** Requests a second that each principal may make; no limit unless told. */
  readonly requestsPerSecond?: number | undefined
}

/** What a request shows of its caller. */
export interface Shown {
  readonly authorization?: string | undefined
  /** The secret of a session cookie. */
  readonly session?: string | undefined
  readonly address: string
}

/** Who calls: tokens with a role each, users with passwords, sessions of browsers. */
export class IdentityService {
  readonly grants: GrantService
  readonly users: UserService
  readonly tokens: TokenService
  readonly workspaces: Workspaces
  readonly #deps: IdentityDeps
  readonly #passwords = new PasswordCheck()
  readonly #logins = new LoginLimit()
  readonly #requests: RequestLimit | undefined

  constructor(deps: IdentityDeps) {
    this.#deps = deps
    this.grants = new GrantService({ defaultLevel: 'READ', ...deps })
    this.users = new UserService({ ...deps, grants: this.grants })
    this.tokens = new TokenService({ ...deps, users: this.users })
    this.workspaces = new Workspaces(deps)
    this.#requests = deps.requestsPerSecond ? new RequestLimit(deps.requestsPerSecond) : undefined
  }

  get required(): boolean {
    return this.#deps.required
  }

  /** @throws UNAUTHENTICATED, RATE_LIMITED */
  async authenticate(shown: Shown): Promise<Actor> {
    // A token of this server counts wherever it is shown: what it is scoped to holds on an open server too.
    if (!this.#deps.required && !showsToken(shown)) return localAdministrator
    const actor = await this.#identify(shown)
    const wait = this.#requests?.take(actor.name, performance.now()) ?? 0
    if (wait === 0) return actor
    throw new KaizenError('RATE_LIMITED', `${actor.name} asks too often`, {
      hint: 'Wait, or let the operator raise --requests-per-second.',
      details: { retryAfterSeconds: wait / 1000 },
    })
  }

  /** The user of a name and password. @throws UNAUTHENTICATED, RATE_LIMITED after many failures */
  async login(username: string, password: string, address: string): Promise<UserRecord> {
    const attempt = { username, address }
    const wait = this.#logins.waitMs(attempt, performance.now())
    if (wait > 0) {
      throw new KaizenError('RATE_LIMITED', 'too many failed logins', {
        hint: `Try again in ${Math.ceil(wait / 1000)} s.`,
        details: { retryAfterSeconds: wait / 1000 },
      })
    }
    const user = await this.users.get(username).catch(absent)
    if (user && (await this.#passwords.matches(username, password, user.passwordHash))) {
      this.#logins.succeeded(attempt)
      await this.users.rehash(user, password)
      return user
    }
    if (!user) await this.#passwords.matches(username, password, undefined)
    if (this.#logins.failed(attempt, performance.now())) await this.#recordGuessing(attempt)
    throw new KaizenError('UNAUTHENTICATED', 'the name or the password is wrong')
  }

  async actorOf(user: UserRecord): Promise<Actor> {
    const { roles, access } = await this.grants.accessOf(user)
    return { name: `user:${user.username}`, role: user.role, userId: user.id, roles, access }
  }

  async callerView(actor: Actor): Promise<CallerView> {
    const user = actor.userId === undefined ? undefined : await this.users.byId(actor.userId)
    return {
      name: actor.name,
      role: actor.role,
      roles: [...(actor.roles ?? [])],
      username: user?.username ?? null,
    }
  }

  /** The caller as a user. @throws UNSUPPORTED for tokens and for the local administrator, which are none */
  async userOf(actor: Actor): Promise<UserRecord> {
    const user = actor.userId === undefined ? undefined : await this.users.byId(actor.userId)
    if (user) return user
    throw new KaizenError('UNSUPPORTED', `${actor.name} is not a user`, {
      hint: 'Log in with the name and password of a user.',
    })
  }

  async #identify({ authorization, session, address }: Shown): Promise<Actor> {
    const credentials = credentialsOf(authorization)
    if (!credentials) {
      const user =
        authorization === undefined && session ? await this.users.ofSession(session) : undefined
      if (user) return this.actorOf(user)
      throw new KaizenError('UNAUTHENTICATED', 'this server asks who calls', {
        hint: 'Send "Authorization: Bearer TOKEN"; MLflow clients read MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, the command line KAIZEN_TOKEN.',
      })
    }
    const { secret } = credentials
    const { bootstrapToken } = this.#deps
    if (bootstrapToken !== undefined && sameText(secret, bootstrapToken))
      return { name: 'token:bootstrap', role: 'admin' }
    if (credentials.kind === 'bearer' || secret.startsWith(tokenPrefix)) {
      return this.#ofToken(secret)
    }
    return this.actorOf(await this.login(credentials.username, secret, address))
  }

  async #ofToken(secret: string): Promise<Actor> {
    const token = await this.tokens.check(secret)
    if (token.userId === null) {
      const { name, role, endpoint } = token
      return { name: `token:${name}`, role, ...(endpoint === null ? {} : { endpoint }) }
    }
    const user = await this.users.byId(token.userId)
    if (user) return this.actorOf(user)
    throw new KaizenError('UNAUTHENTICATED', 'the user of this token is gone')
  }

  /** Once for each spell of guessing: a log that every failure writes to could be flooded. */
  async #recordGuessing(attempt: {
    readonly username: string
    readonly address: string
  }): Promise<void> {
    const { database, audit } = this.#deps
    await database.write((tx) =>
      audit.append(tx, {
        actor: systemActor,
        type: 'identity.login.blocked',
        subject: `user:${attempt.username.slice(0, 128)}`,
        data: { address: attempt.address },
      }),
    )
  }
}

const showsToken = ({ authorization }: Shown): boolean =>
  authorization?.toLowerCase().startsWith(`bearer ${tokenPrefix}`) === true

function absent(failure: unknown): undefined {
  if (failure instanceof KaizenError && failure.code === 'NOT_FOUND') return undefined
  throw failure
}

function sameText(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(a)), Buffer.from(sha256(b)))
}
