import { streamsApi, topicsApi } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { StreamService } from './streams.service.ts'

/** Streams, and the topics of this server, on Kaizen's own API. */
export const streamRoutes = (streams: StreamService): readonly Route[] => [
  route(streamsApi.list, ({ query }) => streams.list(query)),
  route(streamsApi.create, ({ actor, body }) => streams.create(actor, body)),
  route(streamsApi.get, ({ params }) => streams.get(params.name)),
  route(streamsApi.pause, ({ actor, params }) => streams.pause(actor, params.name)),
  route(streamsApi.resume, ({ actor, params }) => streams.resume(actor, params.name)),
  route(streamsApi.remove, async ({ actor, params }) => {
    await streams.remove(actor, params.name)
    return {}
  }),
  route(streamsApi.setAside, ({ params, query }) => streams.setAside(params.name, query)),
  route(topicsApi.append, ({ params, body }) => streams.append(params.topic, body.records)),
  route(topicsApi.records, ({ params, query }) => streams.records(params.topic, query)),
]
