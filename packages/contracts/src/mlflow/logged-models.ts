import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import { empty } from '../shared.ts'
import {
  flag,
  integer,
  keyValues,
  listOf,
  message,
  requiredText,
  text,
  textList,
  wireKeyValue,
} from './fields.ts'
import { mlflowPrefix, send, sendTo } from './operation.ts'
import { mlflowMetric } from './runs.ts'

export const mlflowLoggedModel = z.object({
  info: z.object({
    model_id: z.string(),
    experiment_id: z.string(),
    name: z.string(),
    creation_timestamp_ms: z.number().int(),
    last_updated_timestamp_ms: z.number().int(),
    artifact_uri: z.string(),
    status: z.string(),
    model_type: z.string().optional(),
    source_run_id: z.string().optional(),
    status_message: z.string().optional(),
    tags: z.array(wireKeyValue).optional(),
  }),
  data: z.object({
    params: z.array(wireKeyValue).optional(),
    metrics: z.array(mlflowMetric).optional(),
  }),
})
export type MlflowLoggedModel = z.output<typeof mlflowLoggedModel>

const one = z.object({ model: mlflowLoggedModel })
const modelId = { model_id: requiredText }

export const mlflowLoggedModelsApi = {
  create: send(
    'POST',
    'logged-models',
    'Create a logged model',
    {
      experiment_id: requiredText,
      name: text,
      model_type: text,
      source_run_id: text,
      params: keyValues,
      tags: keyValues,
    },
    one,
  ),
  get: endpoint({
    method: 'GET',
    path: `${mlflowPrefix}/logged-models/:model_id`,
    summary: 'Get a logged model',
    action: 'view',
    params: message(modelId),
    response: one,
  }),
  finalize: sendTo(
    'PATCH',
    'logged-models/:model_id',
    'Set the status of a logged model',
    modelId,
    { status: requiredText },
    one,
  ),
  delete: sendTo('DELETE', 'logged-models/:model_id', 'Delete a logged model', modelId, {}, empty),
  search: send(
    'POST',
    'logged-models/search',
    'Search logged models',
    {
      experiment_ids: textList,
      filter: text,
      datasets: listOf(message({ dataset_name: requiredText, dataset_digest: text })),
      max_results: integer,
      order_by: listOf(
        message({
          field_name: requiredText,
          ascending: flag,
          dataset_name: text,
          dataset_digest: text,
        }),
      ),
      page_token: text,
    },
    z.object({
      models: z.array(mlflowLoggedModel).optional(),
      next_page_token: z.string().optional(),
    }),
    'view',
  ),
  setTags: sendTo(
    'PATCH',
    'logged-models/:model_id/tags',
    'Set tags of a logged model',
    modelId,
    { tags: keyValues },
    empty,
  ),
  deleteTag: sendTo(
    'DELETE',
    'logged-models/:model_id/tags/:tag_key',
    'Delete a tag of a logged model',
    { ...modelId, tag_key: requiredText },
    {},
    empty,
  ),
  addParams: sendTo(
    'POST',
    'logged-models/:model_id/params',
    'Add parameters to a logged model',
    modelId,
    { params: keyValues },
    empty,
  ),
  artifacts: endpoint({
    method: 'GET',
    path: `${mlflowPrefix}/logged-models/:model_id/artifacts/directories`,
    summary: 'List artifacts of a logged model',
    action: 'view',
    params: message(modelId),
    query: message({ artifact_directory_path: text, page_token: text }),
    response: z.object({
      root_uri: z.string(),
      files: z
        .array(
          z.object({
            path: z.string(),
            is_dir: z.boolean(),
            file_size: z.number().int().optional(),
          }),
        )
        .optional(),
      next_page_token: z.string().optional(),
    }),
  }),
  download: endpoint({
    method: 'GET',
    path: `${mlflowPrefix}/logged-models/:model_id/artifacts/files`,
    summary: 'Download an artifact of a logged model',
    action: 'view',
    params: message(modelId),
    query: message({ artifact_file_path: requiredText }),
    transport: 'stream',
    response: z.unknown(),
  }),
} as const
