import { rolloutsApi } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { RolloutService } from './rollouts.service.ts'

/** Rollouts on Kaizen's own API. */
export function rolloutRoutes(rollouts: RolloutService): readonly Route[] {
  return [
    route(rolloutsApi.start, ({ actor, params, body }) => rollouts.start(actor, params.name, body)),
    route(rolloutsApi.list, ({ params, query }) => rollouts.list(params.name, query)),
    route(rolloutsApi.get, ({ params }) => rollouts.get(params.name, params.number)),
    route(rolloutsApi.act, ({ actor, params, body }) => rollouts.act(actor, params, body)),
  ]
}
