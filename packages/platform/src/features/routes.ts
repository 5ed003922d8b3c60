import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { featuresApi, KaizenError, onDemandApi } from '@kaizen/contracts'
import { receiveFile } from '../data/index.ts'
import { type Route, route } from '../http/index.ts'
import type { FeatureService } from './service.ts'

export interface FeatureRouteOptions {
  /** Where uploads wait; a folder that the lake may read. */
  readonly uploadFolder: string
  readonly maxUploadBytes: number
}

export function featureRoutes(
  features: FeatureService,
  options: FeatureRouteOptions,
): readonly Route[] {
  return [...definitionRoutes(features), ...rowRoutes(features, options)]
}

function definitionRoutes(features: FeatureService): readonly Route[] {
  const { definitions } = features
  return [
    route(featuresApi.entities, ({ query }) =>
      definitions.list('entity', query.limit, query.pageToken),
    ),
    route(featuresApi.putEntity, ({ body, actor }) => features.defineEntity(actor, body)),
    route(featuresApi.entity, ({ params }) => definitions.get('entity', params.name)),
    route(featuresApi.removeEntity, async ({ params, actor }) => {
      await features.remove(actor, 'entity', params.name)
      return {}
    }),
    route(featuresApi.views, ({ query }) => definitions.views(query.limit, query.pageToken)),
    route(featuresApi.putView, ({ body, actor }) => features.defineView(actor, body)),
    route(featuresApi.view, ({ params, query }) => definitions.view(params.name, query.version)),
    route(featuresApi.viewVersions, ({ params, query }) =>
      definitions.versions(params.name, query.limit, versionBefore(query.pageToken)),
    ),
    route(featuresApi.removeView, async ({ params, actor }) => {
      await features.remove(actor, 'view', params.name)
      return {}
    }),
    route(onDemandApi.views, ({ query }) =>
      definitions.onDemandViews(query.limit, query.pageToken),
    ),
    route(onDemandApi.view, ({ params, query }) =>
      definitions.onDemandView(params.name, query.version),
    ),
    route(onDemandApi.removeView, async ({ params, actor }) => {
      await features.remove(actor, 'on-demand', params.name)
      return {}
    }),
    route(featuresApi.services, ({ query }) =>
      definitions.list('service', query.limit, query.pageToken),
    ),
    route(featuresApi.putService, ({ body, actor }) => features.defineService(actor, body)),
    route(featuresApi.service, ({ params }) => definitions.get('service', params.name)),
    route(featuresApi.removeService, async ({ params, actor }) => {
      await features.remove(actor, 'service', params.name)
      return {}
    }),
  ]
}

function rowRoutes(features: FeatureService, options: FeatureRouteOptions): readonly Route[] {
  const { materializer, joins } = features
  return [
    route(featuresApi.materialize, ({ params, body, actor }) =>
      materializer.request(actor, params.name, body),
    ),
    route(featuresApi.materializations, ({ params, query }) =>
      materializer.list(params.name, query.limit, query.pageToken),
    ),
    route(featuresApi.materialization, ({ params }) => materializer.get(params.id)),
    route(featuresApi.consistency, ({ params, query }) =>
      features.consistency.check(params.name, query.sample),
    ),
    route(featuresApi.push, ({ params, body, actor }) => features.push(actor, params.name, body)),
    route(featuresApi.join, ({ body, actor }) => joins.join(actor, body)),
    route(featuresApi.joinUpload, async ({ query, actor, request, reply }) => {
      const { format } = query
      const path = join(options.uploadFolder, `${randomUUID()}.${format}`)
      try {
        await receiveFile(request.body as Readable | undefined, path, options.maxUploadBytes)
        await reply.status(201).send(await joins.join(actor, { ...query, rows: { path, format } }))
      } finally {
        await rm(path, { force: true })
      }
    }),
  ]
}

function versionBefore(token: string | undefined): number {
  const version = token === undefined ? Number.MAX_SAFE_INTEGER : Number(token)
  if (Number.isSafeInteger(version) && version > 0) return version
  throw new KaizenError('INVALID_REQUEST', 'query.pageToken: not a token of this list')
}
