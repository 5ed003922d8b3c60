import type { EndpointDeclaration } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import { type Actor, type Clock, canonicalJson } from '../../kernel/index.ts'
import type { Tx } from '../../storage/index.ts'
import type { EndpointRecord } from '../model.ts'
import { defaultRouter } from '../routing/compile.ts'
import * as store from './endpoints.store.ts'

/** Creates an endpoint, or changes it, as it is declared; nothing happens where it is so already. */
export async function declareEndpoint(
  tx: Tx,
  {
    audit,
    clock,
    actor,
  }: { readonly audit: AuditLog; readonly clock: Clock; readonly actor: Actor },
  declaration: EndpointDeclaration & { readonly project: string | null },
): Promise<void> {
  const { name, description, model, target, project } = declaration
  const before = await store.findEndpoint(tx, name)
  const now = clock.now()
  const settings = declaration.settings ?? before?.settings ?? {}
  const routerDue = dueRouter(declaration.router, before, await store.latestRoute(tx, name))
  const content = { name, project, description, model, target, settings, routerDue }
  const fields = Object.keys(content) as (keyof typeof content)[]
  const isSame = (field: (typeof fields)[number]): boolean =>
    canonicalJson(before?.[field] ?? null) === canonicalJson(content[field] ?? null)
  if (before && fields.every(isSame)) return
  if (before) {
    await store.updateEndpoint(tx, { ...before, ...content, updatedAt: now })
  } else {
    const revision = (await store.latestRoute(tx, name))?.revision ?? 0
    await store.insertEndpoint(tx, { ...content, revision, createdAt: now, updatedAt: now })
  }
  await audit.append(tx, {
    actor,
    type: before ? 'serving.endpoint.updated' : 'serving.endpoint.created',
    subject: `endpoint:${name}`,
    data: content,
  })
}

/** The router that has to be taken up: the declared one, unless the route in force has it. */
function dueRouter(
  declared: EndpointDeclaration['router'],
  before: EndpointRecord | undefined,
  route: store.StoredRoute | undefined,
): EndpointRecord['routerDue'] {
  if (!declared) return before?.routerDue ?? null
  const inForce = route ? (route.router ?? defaultRouter) : undefined
  return inForce && canonicalJson(inForce) === canonicalJson(declared) ? null : declared
}
