import { type EndpointView, KaizenError, type Route } from '@kaizen/contracts'
import { type Actor, systemActor } from '../../kernel/index.ts'
import type { Database } from '../../storage/index.ts'
import type { EndpointRecord } from '../model.ts'
import { pinnedUri } from '../model-identities.ts'
import { openRollouts } from '../rollouts/rollouts.store.ts'
import { checkRouter } from '../routing/compile.ts'
import * as store from './endpoints.store.ts'

export type RouteSetter = (
  actor: Actor,
  name: string,
  route: Route,
  reason: string,
) => Promise<EndpointView>

export interface DeclaredRoutersDeps {
  readonly database: Database
  readonly setRoute: RouteSetter
  /** Told of failures that no caller sees. */
  readonly onFault: (failure: unknown, what: string) => void
}

/**
 * Puts routers that projects declare before the arms of their endpoints, as soon as the route has the arms that they
 * name and no rollout is under way. The arms stay what they are, to the version.
 */
export class DeclaredRouters {
  readonly #deps: DeclaredRoutersDeps

  constructor(deps: DeclaredRoutersDeps) {
    this.#deps = deps
  }

  async take(records: readonly EndpointRecord[]): Promise<void> {
    const due = records.filter(({ routerDue }) => routerDue !== null)
    if (due.length === 0) return
    const { reader } = this.#deps.database
    const busy = new Set((await openRollouts(reader)).map(({ endpoint }) => endpoint))
    for (const record of due) {
      if (!busy.has(record.name)) await this.#take(record)
    }
  }

  async #take({ name, project, routerDue: router }: EndpointRecord): Promise<void> {
    const route = await store.latestRoute(this.#deps.database.reader, name)
    if (!route || !router || !fits(router, route.arms)) return
    const arms = route.arms.map((arm) => ({
      name: arm.name,
      mode: arm.mode,
      weight: arm.weight,
      model: pinnedUri(arm),
    }))
    const reason = `the router that the project "${project ?? ''}" declares`
    await this.#deps
      .setRoute(systemActor, name, { arms, router }, reason)
      .catch((failure) =>
        this.#deps.onFault(failure, `taking up the router of the endpoint ${name}`),
      )
  }
}

function fits(
  router: NonNullable<Route['router']>,
  arms: readonly Route['arms'][number][],
): boolean {
  try {
    checkRouter(router, arms)
    return true
  } catch (failure) {
    if (failure instanceof KaizenError) return false
    throw failure
  }
}
