import { KaizenError } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock } from '../../kernel/index.ts'
import type { Database } from '../../storage/index.ts'
import * as store from './endpoints.store.ts'

interface RouteDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
}

/** Stores a route as the newest of its endpoint; answers its revision. @throws NOT_FOUND */
export function storeRoute(
  { database, audit, clock }: RouteDeps,
  { actor, name }: { readonly actor: Actor; readonly name: string },
  change: Pick<store.StoredRoute, 'arms' | 'router' | 'reason'>,
): Promise<number> {
  return database.write(async (tx) => {
    const record = await store.findEndpoint(tx, name)
    if (!record) throw new KaizenError('NOT_FOUND', `the endpoint "${name}" was deleted`)
    const before = await store.latestRoute(tx, name)
    const revision = (before?.revision ?? 0) + 1
    const now = clock.now()
    const route = { endpoint: name, revision, ...change, actor: actor.name, setAt: now }
    await store.insertRoute(tx, route)
    // A router that is set by hand goes before one that a project declared earlier.
    const routerDue = change.router ? null : record.routerDue
    await store.updateEndpoint(tx, { ...record, routerDue, revision, updatedAt: now })
    await audit.append(tx, {
      actor,
      type: 'serving.route.set',
      subject: `endpoint:${name}`,
      data: {
        revision,
        reason: change.reason,
        before: before?.arms ?? [],
        after: change.arms,
        ...(change.router ? { router: change.router } : {}),
      },
    })
    return revision
  })
}
