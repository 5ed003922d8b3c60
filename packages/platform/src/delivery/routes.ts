import type { Readable } from 'node:stream'
import { projectApi } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import type { DeliveryService } from './service.ts'

export const deliveryRoutes = (
  delivery: DeliveryService,
  limits: { readonly maxFileBytes: number },
): readonly Route[] => [
  route(projectApi.list, ({ query }) => delivery.list(query.limit, query.pageToken)),
  route(projectApi.get, ({ params }) => delivery.get(params.name)),
  route(projectApi.putFile, async ({ params, body, reply }) => {
    const content = (body as Readable | undefined) ?? new Uint8Array()
    await reply.send(await delivery.putFile(params.id, content, limits.maxFileBytes))
  }),
  route(projectApi.plan, ({ body }) => delivery.plan(body)),
  route(projectApi.apply, ({ body, actor }) => delivery.apply(actor, body.manifest, body.reason)),
]
