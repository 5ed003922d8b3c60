import type { Readable } from 'node:stream'
import { modelsApi as api, KaizenError } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import { workspaceOf } from '../kernel/index.ts'
import type { BlobStore, Database } from '../storage/index.ts'
import { toModelView, toVersionView } from './rules.ts'
import type { RegistryService } from './service.ts'
import type { InspectModel } from './sources.ts'

/** The largest ONNX file that may be uploaded; the format itself ends there. */
const largestModelBytes = 2 ** 31

export interface ModelRouteDeps {
  readonly registry: RegistryService
  readonly database: Database
  readonly blobs: BlobStore
  readonly inspectModel: InspectModel
}

/** Registered models in Kaizen's own API. */
export function modelRoutes(deps: ModelRouteDeps): readonly Route[] {
  const { registry, database, blobs } = deps
  return [
    route(api.list, async ({ query, actor }) => {
      const workspace = workspaceOf(actor)
      const visible = actor.access?.visible('registered_model', workspace)
      const { items, ...rest } = await registry.models(query, visible, workspace)
      return { items: items.map(toModelView), ...rest }
    }),
    route(api.get, async ({ params }) =>
      toModelView(await registry.model(database.reader, params.name)),
    ),
    route(api.versions, async ({ params, query }) => {
      const { items, ...rest } = await registry.versions(params.name, query)
      return { items: items.map(toVersionView), ...rest }
    }),
    route(api.version, async ({ params: { name, version } }) =>
      toVersionView(
        version.startsWith('@')
          ? await registry.versionByAlias(database.reader, name, version.slice(1))
          : await registry.version(database.reader, name, Number(version)),
      ),
    ),
    uploadRoute(deps),
    route(api.setAlias, async ({ params, body, actor }) => {
      const { name, alias } = params
      await database.write((tx) => registry.setAlias(tx, actor, name, alias, body.version))
      return toVersionView(await registry.version(database.reader, name, body.version))
    }),
    route(api.download, async ({ params, reply }) => {
      const found = await registry.version(database.reader, params.name, params.version)
      if (found.modelDigest === null || found.modelSizeBytes === null) {
        throw new KaizenError(
          'NOT_FOUND',
          `version ${found.version} of "${found.name}" holds no ONNX file`,
          { hint: `Its files are at ${found.source}.` },
        )
      }
      reply.headers({
        'content-type': 'application/octet-stream',
        'content-length': String(found.modelSizeBytes),
        'content-disposition': 'attachment; filename="model.onnx"',
        etag: `"${found.modelDigest}"`,
      })
      await reply.send(await blobs.read(found.modelDigest))
    }),
  ]
}

const uploadRoute = ({ registry, database, blobs, inspectModel }: ModelRouteDeps): Route =>
  route(api.upload, async ({ params, query, body, actor, reply }) => {
    const content = (body as Readable | undefined) ?? new Uint8Array()
    const blob = await blobs.put(content, { maxBytes: largestModelBytes })
    if (blob.sizeBytes === 0) {
      throw new KaizenError('INVALID_MODEL', 'the body is empty', {
        hint: 'Send the ONNX file as the body.',
      })
    }
    const signature = await inspectModel(await blobs.localPath(blob.digest))
    const version = await database.write(async (tx) => {
      const created = await registry.createVersion(tx, actor, {
        name: params.name,
        source: `kaizen:upload/${blob.digest}`,
        model: { ...blob, signature },
        description: query.description,
      })
      if (query.alias === undefined) return created
      await registry.setAlias(tx, actor, params.name, query.alias, created.version)
      return toVersionView(await registry.version(tx, params.name, created.version))
    })
    await reply.status(201).send(version)
  })
