import type { Action, PermissionLevel, ResourceKind, Role } from '@kaizen/contracts'

/** Who acts: a person or program by token, or a part of Kaizen itself. */
export interface Actor {
  /** `user:<name>`, `token:<name>`, `policy:<name>` or `system`. */
  readonly name: string
  readonly role: Role
  /** Number of the user, where it is one. */
  readonly userId?: number
  /** Names of the roles that the user is a member of, besides the built-in one. */
  readonly roles?: readonly string[]
  /** The only endpoint that it may ask for predictions; it may do nothing else. */
  readonly endpoint?: string
  /** The workspace in which names of this call are read; the default one unless told. */
  readonly workspace?: string
  /** Permissions on single resources; where there are none, the role alone decides. */
  readonly access?: ActorAccess
}

/** What an actor may do with one resource, and which it sees. */
export interface ActorAccess {
  level(kind: ResourceKind, id: string, workspace?: string): PermissionLevel | 'NONE'
  /** Which resources of a workspace; undefined means all. */
  visible(kind: ResourceKind, workspace?: string): Visibility | undefined
}

/** A part of all resources of a kind: only these, or all but these. */
export type Visibility =
  | { readonly only: readonly string[]; readonly except?: undefined }
  | { readonly except: readonly string[]; readonly only?: undefined }

/** Everybody, on a server that asks nobody who calls. */
export const localAdministrator: Actor = { name: 'user:local', role: 'admin' }

/** Where everything is that names no other workspace; it always exists. */
export const defaultWorkspace = 'default'

export const workspaceOf = (actor: Actor): string => actor.workspace ?? defaultWorkspace

/** The actor of what Kaizen does by itself. */
export const systemActor: Actor = { name: 'system', role: 'admin' }

const allowed: Readonly<Record<Role, readonly Action[]>> = {
  viewer: ['public', 'view', 'predict'],
  editor: ['public', 'view', 'predict', 'edit'],
  admin: ['public', 'view', 'predict', 'edit', 'admin'],
}

export const mayDo = (role: Role, action: Action): boolean => allowed[role].includes(action)
