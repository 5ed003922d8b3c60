import { randomBytes } from 'node:crypto'
import { KaizenError, type Page, type Role, type UserView } from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import { type Actor, type Clock, sha256 } from '../kernel/index.ts'
import type { Database, Tx } from '../storage/index.ts'
import type { GrantService } from './grants.service.ts'
import type { UserRecord } from './model.ts'
import { hashPassword } from './passwords.ts'
import * as store from './users.store.ts'
import { isWerkzeugHash } from './werkzeug-password.ts'

export interface UserDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly grants: GrantService
}

/** How long a browser stays logged in. */
export const sessionMs = 12 * 3_600_000

/** What an OpenID provider says about who logs in. */
export interface ExternalUser {
  /** Issuer and subject. */
  readonly externalId: string
  readonly username: string
  readonly role: Role
}

/** Users: people with a name, a role, and a password or a login elsewhere. */
export class UserService {
  readonly #deps: UserDeps

  constructor(deps: UserDeps) {
    this.#deps = deps
  }

  /** @throws NOT_FOUND */
  async get(username: string): Promise<UserRecord> {
    const found = await store.findUser(this.#deps.database.reader, username)
    if (found) return found
    throw new KaizenError('NOT_FOUND', `there is no user ${username.slice(0, 200)}`, {
      hint: '`kaizen users list` shows the users.',
    })
  }

  async byId(id: number): Promise<UserRecord | undefined> {
    return store.findUserById(this.#deps.database.reader, id)
  }

  async list(limit: number, after = '', workspace?: string): Promise<Page<UserRecord>> {
    const items = await store.listUsers(this.#deps.database.reader, { after, limit, workspace })
    const last = items.at(-1)
    return items.length === limit && last ? { items, nextPageToken: last.username } : { items }
  }

  async views(users: readonly UserRecord[]): Promise<readonly UserView[]> {
    const memberOf = await this.#deps.grants.rolesOf(users.map(({ id }) => id))
    const rolesOf = Map.groupBy(memberOf, ({ userId }) => userId)
    return users.map((user) => ({
      username: user.username,
      role: user.role,
      roles: (rolesOf.get(user.id) ?? []).map(({ roleName }) => roleName),
      hasPassword: user.passwordHash !== null,
      singleSignOn: user.externalId !== null,
      createdAt: user.createdAt,
      lastLoginAt: user.lastLoginAt,
    }))
  }

  /** @throws ALREADY_EXISTS */
  async create(
    actor: Actor,
    user: { readonly username: string; readonly password: string; readonly role: Role },
  ): Promise<UserRecord> {
    const passwordHash = await hashPassword(user.password)
    return this.#deps.database.write((tx) =>
      this.#insert(tx, actor, { ...user, passwordHash, externalId: null }),
    )
  }

  /**
   * A user of an MLflow server, with the hash of the password where there is one that can be checked. Who is there
   * already stays as it is.
   */
  async takeOver(
    actor: Actor,
    user: {
      readonly username: string
      readonly role: Role
      readonly passwordHash?: string | undefined
    },
  ): Promise<{ readonly created: boolean; readonly user: UserRecord }> {
    const { passwordHash = null } = user
    if (passwordHash !== null && !isWerkzeugHash(passwordHash)) {
      throw new KaizenError(
        'INVALID_REQUEST',
        'body.passwordHash: not a hash that can be checked',
        {
          hint: 'scrypt and pbkdf2 as werkzeug writes them are taken. Leave it out: the user logs in once `kaizen users password` has set one.',
        },
      )
    }
    return this.#deps.database.write(async (tx) => {
      const known = await store.findUser(tx, user.username)
      if (known) return { created: false, user: known }
      const made = await this.#insert(tx, actor, { ...user, passwordHash, externalId: null })
      return { created: true, user: made }
    })
  }

  /** Hashes that MLflow made and can check again; what Kaizen has hashed is told to nobody. */
  async takenPasswordHashes(
    actor: Actor,
  ): Promise<readonly { readonly username: string; readonly passwordHash: string }[]> {
    const { database, audit } = this.#deps
    return database.write(async (tx) => {
      const hashes = await store.passwordHashes(tx)
      const taken = hashes.filter(({ passwordHash }) => isWerkzeugHash(passwordHash))
      const usernames = taken.map(({ username }) => username)
      const event = { type: 'identity.passwords.read', subject: 'users', data: { usernames } }
      await audit.append(tx, { actor, ...event })
      return taken
    })
  }

  /** Once a password is known to be right its hash becomes one of Kaizen's own. */
  async rehash(user: UserRecord, password: string): Promise<void> {
    if (user.passwordHash === null || !isWerkzeugHash(user.passwordHash)) return
    const hash = await hashPassword(password)
    const actor: Actor = { name: `user:${user.username}`, role: user.role }
    await this.#deps.database.write(async (tx) => {
      if (await store.replacePasswordHash(tx, user, hash))
        await this.#record(tx, actor, 'user.password.rehashed', user.username, {})
    })
  }

  async setPassword(actor: Actor, user: UserRecord, password: string): Promise<void> {
    const passwordHash = await hashPassword(password)
    await this.#deps.database.write(async (tx) => {
      await store.updateUser(tx, user.id, { password_hash: passwordHash })
      await store.deleteSessionsOf(tx, user.id)
      await this.#record(tx, actor, 'user.password.changed', user.username, {})
    })
  }

  /** @throws CONFLICT for the last administrator */
  async setRole(actor: Actor, user: UserRecord, role: Role): Promise<void> {
    await this.#deps.database.write(async (tx) => {
      if (user.role === 'admin' && role !== 'admin') await this.#keepOneAdministrator(tx, user)
      await store.updateUser(tx, user.id, { role })
      await this.#record(tx, actor, 'user.role.changed', user.username, {
        before: user.role,
        after: role,
      })
    })
  }

  /** @throws CONFLICT for the last administrator, and for the caller's own account */
  async delete(actor: Actor, user: UserRecord): Promise<void> {
    if (actor.userId === user.id) {
      throw new KaizenError('CONFLICT', 'nobody deletes their own account', {
        hint: 'Ask another administrator.',
      })
    }
    await this.#deps.database.write(async (tx) => {
      if (user.role === 'admin') await this.#keepOneAdministrator(tx, user)
      await store.deleteUser(tx, user.id)
      await this.#record(tx, actor, 'user.deleted', user.username, { role: user.role })
    })
  }

  /**
   * The user whom a provider vouches for, made at the first login. The provider's word on the role holds at every
   * login. @throws FORBIDDEN when another user has the name
   */
  async ofProvider(external: ExternalUser): Promise<UserRecord> {
    const { externalId, username, role } = external
    return this.#deps.database.write(async (tx) => {
      const known = await store.findUserByExternalId(tx, externalId)
      const actor: Actor = { name: `user:${known?.username ?? username}`, role }
      if (!known) {
        if (await store.findUser(tx, username)) {
          throw new KaizenError(
            'FORBIDDEN',
            `a user ${username} exists already, and is not the one of this provider`,
            { hint: 'An administrator has to delete that user first.' },
          )
        }
        return this.#insert(tx, actor, { username, role, passwordHash: null, externalId })
      }
      if (known.role === role) return known
      await store.updateUser(tx, known.id, { role })
      await this.#record(tx, actor, 'user.role.changed', known.username, {
        before: known.role,
        after: role,
      })
      return { ...known, role }
    })
  }

  /** Begins a session; answers the secret for its cookie. */
  async openSession(user: UserRecord, how: 'password' | 'single-sign-on'): Promise<string> {
    const secret = randomBytes(32).toString('base64url')
    const now = this.#deps.clock.now()
    const actor: Actor = { name: `user:${user.username}`, role: user.role }
    await this.#deps.database.write(async (tx) => {
      await store.insertSession(tx, {
        secret_hash: sha256(secret),
        user_id: user.id,
        created_at: now,
        expires_at: now + sessionMs,
      })
      await store.updateUser(tx, user.id, { last_login_at: now })
      await this.#record(tx, actor, 'session.opened', user.username, { how })
    })
    return secret
  }

  ofSession(secret: string): Promise<UserRecord | undefined> {
    const { database, clock } = this.#deps
    return store.findSessionUser(database.reader, sha256(secret), clock.now())
  }

  async closeSession(secret: string): Promise<void> {
    const user = await this.ofSession(secret)
    if (!user) return
    const actor: Actor = { name: `user:${user.username}`, role: user.role }
    await this.#deps.database.write(async (tx) => {
      await store.deleteSession(tx, sha256(secret))
      await this.#record(tx, actor, 'session.closed', user.username, {})
    })
  }

  async #insert(
    tx: Tx,
    actor: Actor,
    user: Pick<UserRecord, 'username' | 'role' | 'passwordHash' | 'externalId'>,
  ): Promise<UserRecord> {
    const { username, role, passwordHash, externalId } = user
    const created = await store.insertUser(tx, {
      username,
      role,
      passwordHash,
      externalId,
      createdAt: this.#deps.clock.now(),
      lastLoginAt: null,
    })
    if (!created) throw new KaizenError('ALREADY_EXISTS', `there is a user ${username} already`)
    await this.#record(tx, actor, 'user.created', username, {
      role,
      singleSignOn: externalId !== null,
    })
    return created
  }

  /** The operator's first token can always make another, but a team should not need it. */
  async #keepOneAdministrator(tx: Tx, user: UserRecord): Promise<void> {
    if ((await store.otherAdministrators(tx, user.id)) > 0) return
    throw new KaizenError('CONFLICT', `${user.username} is the last administrator`, {
      hint: 'Make another user an administrator first.',
    })
  }

  #record(
    tx: Tx,
    actor: Actor,
    what: string,
    username: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<unknown> {
    return this.#deps.audit.append(tx, {
      actor,
      type: `identity.${what}`,
      subject: `user:${username}`,
      data,
    })
  }
}
