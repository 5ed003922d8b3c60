import {
  type AccessRule,
  accessRuleOf,
  KaizenError,
  type PermissionLevel,
  type Reference,
  type ReferenceKind,
  type ResourceKind,
} from '@kaizen/contracts'
import { type Authorize, type Route, requireRole } from '../http/index.ts'
import { type Actor, type ActorAccess, defaultWorkspace, workspaceOf } from '../kernel/index.ts'
import { allows } from './rules.ts'

/** What permissions on single things are about. */
const heldKinds = ['experiment', 'registered_model'] as const

/** An experiment or a registered model. */
export interface Resource {
  readonly kind: ResourceKind
  readonly id: string
  readonly workspace: string
}

/**
 * Finds what a name in a request belongs to: `absent` when there is no such thing, which is for the route to say;
 * `unknown` when it cannot be told whose it is, which only who sees everything may touch.
 */
export type FindResources = (
  kind: ReferenceKind,
  value: string,
  /** In which names are read. */
  workspace: string,
) => Promise<readonly Resource[] | 'absent' | 'unknown'>

type Parts = Readonly<Record<Reference['place'], unknown>>
type Fields = Record<string, unknown> | undefined

/** Decides on each call of a user by what it names; tokens, which hold no single permissions, by their role. */
export function createAuthorizer(find: FindResources): Authorize {
  const rules = new WeakMap<Route['endpoint'], AccessRule>()
  return async (call, endpoint) => {
    const { actor } = call
    const { access } = actor
    if (!access) return requireRole(actor, endpoint)
    const rule = rules.get(endpoint) ?? accessRuleOf(endpoint)
    rules.set(endpoint, rule)
    const workspace = workspaceOf(actor)
    if (workspace !== defaultWorkspace && endpoint.action !== 'admin') {
      const isNew = rule.kind !== 'resources' || rule.alsoRole === true
      const needed = endpoint.action === 'edit' && isNew ? 'USE' : 'READ'
      requireLevel(actor, access, { kind: 'workspace', id: workspace, workspace }, needed)
    }
    if (rule.kind !== 'resources') {
      requireRole(actor, endpoint)
      if (rule.kind === 'everything') requireSight(actor, access)
      return
    }
    const { params, query, body, request } = call
    const parts = { params, query, body, headers: request.headers }
    const decision = { actor, access, parts, find }
    if (rule.alsoRole) requireRole(actor, endpoint)
    let named = false
    for (const reference of rule.references) {
      named = (await checkReference(decision, reference, endpoint)) || named
    }
    if (!named && !rule.alsoRole) await checkUnnamed(decision, rule.references, endpoint)
  }
}

interface Decision {
  readonly actor: Actor
  readonly access: ActorAccess
  readonly parts: Parts
  readonly find: FindResources
}

/** Answers whether the request names anything in this field. */
async function checkReference(
  decision: Decision,
  reference: Reference,
  endpoint: Route['endpoint'],
): Promise<boolean> {
  const fields = decision.parts[reference.place] as Fields
  const given = valuesWithin(fields?.[reference.field], reference.within)
  const texts = (Array.isArray(given) ? given : [given]).filter(
    (value): value is string => typeof value === 'string' && value !== '',
  )
  const values = [...new Set(texts)]
  if (values.length === 0) return false
  const readable =
    Array.isArray(given) &&
    reference.within === undefined &&
    reference.level === 'READ' &&
    endpoint.action === 'view'
  const kept: string[] = []
  let refusal: KaizenError | undefined
  for (const value of values) {
    try {
      await checkValue(decision, { ...reference, value }, endpoint)
      kept.push(value)
    } catch (failure) {
      if (!readable || !(failure instanceof KaizenError) || failure.code !== 'FORBIDDEN') {
        throw failure
      }
      refusal ??= failure
    }
  }
  // A search over many shows of them what the caller may see, and is refused when that is nothing.
  if (kept.length === 0 && refusal) throw refusal
  if (kept.length < values.length && fields) {
    fields[reference.field] = texts.filter((value) => kept.includes(value))
  }
  return true
}

/** The values at the end of a way into a field; `*` is each of a list or an object. */
export function valuesWithin(value: unknown, way: readonly string[] | undefined): unknown {
  const [next, ...rest] = way ?? []
  if (next === undefined) return value
  if (next === '*') {
    const items = typeof value === 'object' && value !== null ? Object.values(value) : []
    return items.flatMap((item) => valuesWithin(item, rest))
  }
  return valuesWithin((value as Fields | null)?.[next], rest)
}

async function checkValue(
  { actor, access, find }: Decision,
  reference: Reference & { readonly value: string },
  endpoint: Route['endpoint'],
): Promise<void> {
  const resources = await find(reference.kind, reference.value, workspaceOf(actor))
  if (resources === 'absent') return requireRole(actor, endpoint)
  if (resources === 'unknown') {
    requireRole(actor, endpoint)
    return requireSight(actor, access)
  }
  for (const resource of resources) requireLevel(actor, access, resource, reference.level)
}

/** A call that leaves out what it is about: a run goes to the experiment "0", a search over everything needs its sight. */
async function checkUnnamed(
  decision: Decision,
  references: readonly Reference[],
  endpoint: Route['endpoint'],
): Promise<void> {
  const { actor, access } = decision
  requireRole(actor, endpoint)
  const byDefault = references.find(({ field }) => field === 'experiment_id')
  if (byDefault) {
    return requireLevel(
      actor,
      access,
      { kind: 'experiment', id: '0', workspace: defaultWorkspace },
      byDefault.level,
    )
  }
  requireSight(actor, access)
}

function requireLevel(
  actor: Actor,
  access: ActorAccess,
  resource: Resource,
  level: PermissionLevel,
): void {
  const held = access.level(resource.kind, resource.id, resource.workspace)
  if (allows(held, level)) return
  const what = `${resource.kind.replace('_', ' ')} "${resource.id.slice(0, 250)}"`
  throw new KaizenError(
    'FORBIDDEN',
    `${actor.name} needs the permission ${level} on ${what}, and has ${held === 'NONE' ? 'none' : held}`,
    { hint: 'Ask an administrator or whoever manages it.' },
  )
}

function requireSight(actor: Actor, access: ActorAccess): void {
  const workspace = workspaceOf(actor)
  if (heldKinds.every((kind) => access.visible(kind, workspace) === undefined)) return
  throw new KaizenError(
    'FORBIDDEN',
    `${actor.name} does not see all experiments and models, and this answer speaks of any of them`,
    { hint: 'Name the experiment or model, or ask an administrator.' },
  )
}
