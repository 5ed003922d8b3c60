import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import { empty } from '../shared.ts'
import { message, requiredText, text } from './fields.ts'
import { mlflowArtifactsPrefix } from './operation.ts'

const file = z.object({
  path: z.string(),
  is_dir: z.boolean(),
  file_size: z.number().int().optional(),
})
export type MlflowFile = z.output<typeof file>

const anyPath = message({ '*': requiredText })

/** The artifact proxy: files by path, streamed. */
export const mlflowArtifactsApi = {
  list: endpoint({
    method: 'GET',
    path: `${mlflowArtifactsPrefix}/artifacts`,
    summary: 'List artifacts of a folder',
    action: 'view',
    query: message({ path: text }),
    response: z.object({ files: z.array(file).optional() }),
  }),
  download: endpoint({
    method: 'GET',
    path: `${mlflowArtifactsPrefix}/artifacts/*`,
    summary: 'Download an artifact',
    action: 'view',
    params: anyPath,
    transport: 'stream',
    response: z.unknown(),
  }),
  upload: endpoint({
    method: 'PUT',
    path: `${mlflowArtifactsPrefix}/artifacts/*`,
    summary: 'Upload an artifact',
    action: 'edit',
    params: anyPath,
    transport: 'stream',
    response: empty,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: `${mlflowArtifactsPrefix}/artifacts/*`,
    summary: 'Delete an artifact or a folder',
    action: 'edit',
    params: anyPath,
    response: empty,
  }),
  ofRun: endpoint({
    method: 'GET',
    path: '/get-artifact',
    summary: 'Download an artifact of a run',
    action: 'view',
    query: message({ run_id: text, run_uuid: text, path: requiredText }),
    transport: 'stream',
    response: z.unknown(),
  }),
} as const
