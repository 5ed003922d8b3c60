import { KaizenError, type Permission, permissions, type ResourceKind } from '@kaizen/contracts'
import { type Actor, workspaceOf } from '../kernel/index.ts'
import { allows } from './rules.ts'

/** A permission as clients spell it; older ones say `NO_PERMISSIONS` for a denial. @throws INVALID_REQUEST */
export function parsePermission(text: string): Permission {
  const name = text === 'NO_PERMISSIONS' ? 'DENY' : text
  const known = permissions.find((permission) => permission === name)
  if (known) return known
  throw new KaizenError(
    'INVALID_REQUEST',
    `Invalid permission '${text.slice(0, 100)}'. Valid permissions are: ${permissions.join(', ')}, NO_PERMISSIONS`,
  )
}

export const permissionName = (permission: Permission): string =>
  permission === 'DENY' ? 'NO_PERMISSIONS' : permission

/** What a resource type and pattern mean here. A prompt is a registered model. @throws INVALID_REQUEST */
export function parseResource(type: string, id: string): { kind: ResourceKind; id: string } {
  if (type === 'experiment' || type === 'registered_model' || type === 'workspace') {
    return { kind: type, id }
  }
  if (type === 'prompt' && id !== '*') return { kind: 'registered_model', id }
  throw new KaizenError(
    'INVALID_REQUEST',
    type === 'prompt'
      ? "Prompts are kept as registered models: grant on one by its name, or on all with resource type 'registered_model'."
      : `Invalid resource type '${type.slice(0, 100)}'. Permissions are held on: experiment, registered_model, prompt, workspace`,
  )
}

export function requireAdmin(actor: Actor): void {
  if (actor.role === 'admin') return
  throw new KaizenError('FORBIDDEN', `${actor.name} is no administrator`)
}

export function requireSelfOrAdmin(
  actor: Actor,
  caller: { readonly username: string | null },
  username: string,
): void {
  if (caller.username !== username) requireAdmin(actor)
}

/** @throws FORBIDDEN unless the caller manages the resource or everything */
export function requireManage(
  actor: Actor,
  resource: { readonly kind: ResourceKind; readonly id: string },
): void {
  const level = actor.access?.level(resource.kind, resource.id, workspaceOf(actor))
  if (level !== undefined && allows(level, 'MANAGE')) return
  requireAdmin(actor)
}
