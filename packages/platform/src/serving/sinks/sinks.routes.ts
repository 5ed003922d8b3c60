import { sinksApi } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { SinkService } from './sinks.service.ts'

/** Sinks on Kaizen's own API. */
export const sinkRoutes = (sinks: SinkService): readonly Route[] => [
  route(sinksApi.list, ({ query }) => sinks.list(query)),
  route(sinksApi.create, ({ actor, body }) => sinks.create(actor, body)),
  route(sinksApi.get, ({ params }) => sinks.get(params.name)),
  route(sinksApi.pause, ({ actor, params }) => sinks.pause(actor, params.name)),
  route(sinksApi.resume, ({ actor, params }) => sinks.resume(actor, params.name)),
  route(sinksApi.remove, async ({ actor, params }) => {
    await sinks.remove(actor, params.name)
    return {}
  }),
]
