import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type BatchFormat, batchJobsApi } from '@kaizen/contracts'
import type { FastifyReply } from 'fastify'
import { type Route, route } from '../../http/index.ts'
import type { BlobStore } from '../../storage/index.ts'
import type { BatchService } from './batch.service.ts'

/** Batch jobs on Kaizen's own API. */
export function batchRoutes(batch: BatchService, blobs: BlobStore): readonly Route[] {
  const send = async (reply: FastifyReply, id: string, which: 'output' | 'errors') => {
    const { file, format } = await batch.file(id, which)
    const content = await blobs.read(file.digest)
    reply.hijack()
    reply.raw.writeHead(200, {
      'content-type': contentTypes[format],
      'content-length': file.sizeBytes,
      // Rows hold what callers sent: they are for saving, never for a browser to run.
      'content-disposition': `attachment; filename="${which}.${format}"`,
      'x-content-type-options': 'nosniff',
    })
    await pipeline(content, reply.raw)
  }
  return [
    route(batchJobsApi.upload, async ({ query, body, reply }) => {
      const stored = await batch.upload(body as Readable | undefined, query.format)
      await reply.status(201).send(stored)
    }),
    route(batchJobsApi.create, ({ actor, body }) => batch.create(actor, body)),
    route(batchJobsApi.list, ({ query }) => batch.list(query)),
    route(batchJobsApi.get, ({ params }) => batch.get(params.id)),
    route(batchJobsApi.cancel, ({ actor, params }) => batch.cancel(actor, params.id)),
    route(batchJobsApi.output, ({ params, reply }) => send(reply, params.id, 'output')),
    route(batchJobsApi.errors, ({ params, reply }) => send(reply, params.id, 'errors')),
  ]
}

const contentTypes: Readonly<Record<BatchFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/jsonlines',
  parquet: 'application/vnd.apache.parquet',
}
