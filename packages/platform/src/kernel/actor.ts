import type { Action, Role } from '@kaizen/contracts'

/** Who acts: a person or program by token, or a part of Kaizen itself. */
export interface Actor {
  /** `user:<name>`, `token:<name>`, `policy:<name>` or `system`. */
  readonly name: string
  readonly role: Role
}

/** The actor of what Kaizen does by itself. */
export const systemActor: Actor = { name: 'system', role: 'admin' }

const allowed: Readonly<Record<Role, readonly Action[]>> = {
  viewer: ['public', 'view', 'predict'],
  editor: ['public', 'view', 'predict', 'edit'],
  admin: ['public', 'view', 'predict', 'edit', 'admin'],
}

export const mayDo = (role: Role, action: Action): boolean => allowed[role].includes(action)
