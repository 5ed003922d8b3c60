import { experimentsApi } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { ServingService } from '../service.ts'

/** Comparisons of arms, bandits and policies never run. */
export function experimentRoutes({ experiments }: ServingService): readonly Route[] {
  return [
    route(experimentsApi.comparison, ({ params, query }) =>
      experiments.compare(params.name, query),
    ),
    route(experimentsApi.bandit, ({ params }) => experiments.bandit(params.name)),
    route(experimentsApi.offPolicy, ({ params, body }) => experiments.offPolicy(params.name, body)),
  ]
}
