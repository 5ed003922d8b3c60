import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import { empty } from '../shared.ts'
import { integer, listOf, message, requiredInteger, requiredText } from './fields.ts'
import { mlflowArtifactsPrefix } from './operation.ts'

const anyPath = message({ '*': requiredText })
const headers = z.record(z.string(), z.string())

/** Uploads in parts and downloads past the server, where content is kept in an object store. */
export const mlflowTransfersApi = {
  create: endpoint({
    method: 'POST',
    path: `${mlflowArtifactsPrefix}/mpu/create/*`,
    summary: 'Begin an upload in parts',
    action: 'edit',
    params: anyPath,
    body: message({ path: requiredText, num_parts: integer }),
    response: z.object({
      upload_id: z.string(),
      credentials: z.array(z.object({ url: z.string(), part_number: z.number().int(), headers })),
    }),
  }),
  complete: endpoint({
    method: 'POST',
    path: `${mlflowArtifactsPrefix}/mpu/complete/*`,
    summary: 'Join the parts of an upload',
    action: 'edit',
    params: anyPath,
    body: message({
      path: requiredText,
      upload_id: requiredText,
      parts: listOf(message({ part_number: requiredInteger, etag: requiredText })),
    }),
    response: empty,
  }),
  abort: endpoint({
    method: 'POST',
    path: `${mlflowArtifactsPrefix}/mpu/abort/*`,
    summary: 'Give an upload in parts up',
    action: 'edit',
    params: anyPath,
    body: message({ path: requiredText, upload_id: requiredText }),
    response: empty,
  }),
  presigned: endpoint({
    method: 'GET',
    path: `${mlflowArtifactsPrefix}/presigned/*`,
    summary: 'A signed address of an artifact',
    action: 'view',
    params: anyPath,
    response: z.object({ url: z.string(), headers, file_size: z.number().int() }),
  }),
} as const
