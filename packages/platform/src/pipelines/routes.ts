import { pipeline } from 'node:stream/promises'
import { KaizenError, pipelinesApi } from '@kaizen/contracts'
import type { FastifyReply } from 'fastify'
import { type Route, route } from '../http/index.ts'
import type { BlobStore } from '../storage/index.ts'
import { type ArtifactRef, isFileKind } from './model.ts'
import { extensions } from './run-journal.ts'
import type { PipelineService } from './service.ts'

/** Pipelines and runs over HTTP. */
export function pipelineRoutes(service: PipelineService, blobs: BlobStore): readonly Route[] {
  return [
    route(pipelinesApi.list, ({ query }) => service.list(query.limit, query.pageToken)),
    route(pipelinesApi.get, ({ params }) => service.declaration(params.name)),
    route(pipelinesApi.run, ({ params, body, actor }) =>
      service.start(actor, params.name, { ...body, trigger: actor.name }),
    ),
    route(pipelinesApi.runs, ({ query: { pageToken, ...filter } }) =>
      service.runs({ ...filter, before: pageToken }),
    ),
    route(pipelinesApi.runDetail, ({ params }) => service.get(params.id)),
    route(pipelinesApi.cancel, ({ params, actor }) => service.cancel(actor, params.id)),
    route(pipelinesApi.logs, ({ params, query }) => service.logs(params.id, query)),
    route(pipelinesApi.artifact, async ({ params, reply }) => {
      const { id, node, output } = params
      const artifact = await service.artifact(id, node, output)
      await sendArtifact(reply, blobs, artifact, output)
    }),
  ]
}

const contentTypes = {
  table: 'application/vnd.apache.parquet',
  model: 'application/octet-stream',
  file: 'application/octet-stream',
} as const

async function sendArtifact(
  reply: FastifyReply,
  blobs: BlobStore,
  artifact: ArtifactRef,
  name: string,
): Promise<void> {
  const { kind, digest } = artifact
  if (!isFileKind(kind)) {
    await reply.type('application/json').send(JSON.stringify(artifact.value ?? null))
    return
  }
  const found = await blobs.stat(digest ?? '')
  if (!found)
    throw new KaizenError('NOT_FOUND', `the content of the output "${name}" is no longer stored`)
  const content = await blobs.read(found.digest)
  reply.hijack()
  reply.raw.writeHead(200, {
    'content-type': contentTypes[kind],
    'content-length': found.sizeBytes,
    // Whatever a step wrote is for saving, never for a browser to run.
    'content-disposition': `attachment; filename="${name}${extensions[kind]}"`,
    'x-content-type-options': 'nosniff',
  })
  await pipeline(content, reply.raw)
}
