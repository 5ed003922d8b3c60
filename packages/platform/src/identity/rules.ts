import type { Permission, PermissionLevel, ResourceKind, Role } from '@kaizen/contracts'
import { type ActorAccess, defaultWorkspace, type Visibility } from '../kernel/index.ts'

/** What a caller showed: a secret alone, or a name with a secret, which is what MLflow's clients send. */
export type Credentials =
  | { readonly kind: 'bearer'; readonly secret: string }
  | { readonly kind: 'basic'; readonly username: string; readonly secret: string }

/** Reads an `Authorization` header. */
export function credentialsOf(authorization: string | undefined): Credentials | undefined {
  if (authorization === undefined) return undefined
  const [scheme, value] = authorization.split(' ', 2)
  if (!value) return undefined
  switch (scheme?.toLowerCase()) {
    case 'bearer':
      return { kind: 'bearer', secret: value }
    case 'basic': {
      const text = Buffer.from(value, 'base64').toString('utf8')
      const colon = text.indexOf(':')
      if (colon < 0) return undefined
      return { kind: 'basic', username: text.slice(0, colon), secret: text.slice(colon + 1) }
    }
    default:
      return undefined
  }
}

/** The value of one cookie of a `Cookie` header. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  const pair = header
    ?.split(';')
    .map((text) => text.trim())
    .find((text) => text.startsWith(`${name}=`))
  return pair?.slice(name.length + 1)
}

const loopback = new Set(['localhost', '127.0.0.1', '::1', '[::1]'])

/** Whether a host name or address can only be reached from this machine. */
export const isLoopback = (host: string): boolean =>
  loopback.has(host.toLowerCase()) || /^127(\.\d{1,3}){3}$/.test(host)

/** Levels by what they allow; `NONE` is what nobody needs to be granted. */
export type Level = PermissionLevel | 'NONE'
const rank: Readonly<Record<Level, number>> = { NONE: 0, READ: 1, USE: 2, EDIT: 3, MANAGE: 4 }

export const allows = (held: Level, needed: PermissionLevel): boolean => rank[held] >= rank[needed]

const higher = (a: Level, b: Level): Level => (rank[a] >= rank[b] ? a : b)

export interface Grant {
  readonly kind: ResourceKind
  readonly id: string
  readonly permission: Permission
  /** The workspace of the role that gives it, to which its `*` is bound; a user's own is bound to none. */
  readonly scope?: string | undefined
}

/**
 * What a principal without a word about one resource may do with it: administrators all, tokens what their role says,
 * users what the server lets everybody do, but viewers never more than use.
 */
export function baseLevel(role: Role, isUser: boolean, defaultLevel: Level): Level {
  if (role === 'admin') return 'MANAGE'
  const most: Level = role === 'editor' ? 'MANAGE' : 'USE'
  if (!isUser) return most
  return allows(most, 'EDIT') || defaultLevel === 'NONE' || allows(most, defaultLevel)
    ? defaultLevel
    : most
}

/** The permissions of one caller: grants for a resource or for all of its kind, over a base. */
export class Access implements ActorAccess {
  readonly #base: Level
  readonly #grants: readonly Grant[]
  readonly #everywhere: boolean

  /** `everywhere`: the base counts in every workspace, as it does for administrators. */
  constructor(base: Level, grants: readonly Grant[], everywhere = false) {
    this.#base = base
    this.#grants = grants
    this.#everywhere = everywhere
  }

  /** A denial ends it, in whatever role; else the highest grant counts; without any, the base. */
  level(kind: ResourceKind, id: string, workspace: string = defaultWorkspace): Level {
    const matching = this.#of(kind, workspace).filter(
      (grant) => grant.id === id || grant.id === '*',
    )
    return fold(matching, kind === 'workspace' ? this.#baseOf(id) : this.#baseOf(workspace))
  }

  /** Which resources of a kind in a workspace the caller sees; undefined means all. */
  visible(kind: ResourceKind, workspace: string = defaultWorkspace): Visibility | undefined {
    const ofKind = this.#of(kind, workspace)
    const rest = fold(
      ofKind.filter(({ id }) => id === '*'),
      this.#baseOf(workspace),
    )
    const named = [...new Set(ofKind.map(({ id }) => id))].filter((id) => id !== '*')
    const seen = named.filter((id) => allows(this.level(kind, id, workspace), 'READ'))
    if (!allows(rest, 'READ')) return { only: seen }
    const hidden = named.filter((id) => !seen.includes(id))
    return hidden.length === 0 ? undefined : { except: hidden }
  }

  #of(kind: ResourceKind, workspace: string): readonly Grant[] {
    return this.#grants.filter(
      (grant) =>
        grant.kind === kind &&
        (grant.id !== '*' || grant.scope === undefined || grant.scope === workspace),
    )
  }

  /** What a grant on the workspace gives for all that is in it; without one, others than the default give nothing. */
  #baseOf(workspace: string): Level {
    const base = this.#everywhere || workspace === defaultWorkspace ? this.#base : 'NONE'
    const onIt = this.#of('workspace', workspace).filter(({ id }) => id === workspace || id === '*')
    return fold(onIt, base)
  }
}

function fold(grants: readonly Grant[], base: Level): Level {
  if (grants.length === 0) return base
  let level: Level = 'NONE'
  for (const { permission } of grants) {
    if (permission === 'DENY') return 'NONE'
    level = higher(level, permission)
  }
  return level
}
