import { edgeApi, predictionLogApi, replaysApi, servingApi, similarApi } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import { createRouted } from './endpoints/create-routed.ts'
import { ensembleRoutes } from './ensembles/ensembles.routes.ts'
import { experimentRoutes } from './experiments/experiments.routes.ts'
import { rolloutRoutes } from './rollouts/rollouts.routes.ts'
import type { ServingService } from './service.ts'

/** Endpoints, their routes, log and feedback on Kaizen's own API. */
export function servingRoutes(serving: ServingService): readonly Route[] {
  return [
    ...ensembleRoutes(serving.ensembles),
    ...experimentRoutes(serving),
    ...rolloutRoutes(serving.rollouts),
    route(replaysApi.run, ({ params, body }) => serving.replay(params.name, body)),
    route(similarApi.find, ({ params, body }) => serving.reader.similar(params.name, body)),
    route(servingApi.list, ({ query }) => serving.list(query)),
    route(servingApi.create, ({ actor, body: { route: first, ...declaration } }) =>
      first
        ? createRouted(serving, actor, { ...declaration, route: first })
        : serving.create(actor, declaration),
    ),
    route(servingApi.get, ({ params }) => serving.view(params.name)),
    route(servingApi.remove, async ({ actor, params }) => {
      await serving.remove(actor, params.name)
      return {}
    }),
    route(servingApi.setRoute, ({ actor, params, body: { reason, ...wanted } }) =>
      serving.setRoute(actor, params.name, wanted, reason),
    ),
    route(servingApi.setSettings, ({ actor, params, body }) =>
      serving.configure(actor, params.name, body),
    ),
    route(servingApi.predictions, ({ params, query }) =>
      serving.reader.records(params.name, query),
    ),
    route(servingApi.traffic, ({ params, query: { buckets, ...span } }) =>
      serving.reader.traffic(params.name, span, buckets),
    ),
    route(servingApi.feedback, ({ actor, params, body }) =>
      serving.feedback(actor, params.name, body.items),
    ),
    route(predictionLogApi.get, async ({ params }) =>
      serving.logs.view(await serving.live(params.name)),
    ),
    route(predictionLogApi.compact, async ({ params }) =>
      serving.logs.compact(await serving.live(params.name)),
    ),
    route(edgeApi.upload, ({ actor, params, body }) =>
      serving.recordEdge(actor, params.name, body),
    ),
  ]
}
