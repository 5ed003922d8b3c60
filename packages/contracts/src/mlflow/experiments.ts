import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import { empty } from '../shared.ts'
import {
  integer,
  keyValues,
  message,
  requiredInteger,
  requiredText,
  text,
  textList,
  textOrEmpty,
  wireKeyValue,
} from './fields.ts'
import { get, send } from './operation.ts'

export const mlflowExperiment = z.object({
  experiment_id: z.string(),
  name: z.string(),
  artifact_location: z.string(),
  lifecycle_stage: z.enum(['active', 'deleted']),
  last_update_time: z.number().int(),
  creation_time: z.number().int(),
  workspace: z.string(),
  tags: z.array(wireKeyValue).optional(),
})
export type MlflowExperiment = z.output<typeof mlflowExperiment>

const one = z.object({ experiment: mlflowExperiment })
const page = z.object({
  experiments: z.array(mlflowExperiment).optional(),
  next_page_token: z.string().optional(),
})
const searchFields = {
  max_results: requiredInteger,
  page_token: text,
  filter: text,
  order_by: textList,
  view_type: text,
}

const datasetSummaries = z.object({
  dataset_summaries: z
    .array(
      z.object({
        experiment_id: z.string(),
        name: z.string(),
        digest: z.string(),
        context: z.string().optional(),
      }),
    )
    .optional(),
})

export const mlflowExperimentsApi = {
  create: send(
    'POST',
    'experiments/create',
    'Create an experiment',
    { name: requiredText, artifact_location: text, tags: keyValues },
    z.object({ experiment_id: z.string() }),
  ),
  get: get('experiments/get', 'Get an experiment', { experiment_id: requiredText }, one),
  getByName: get(
    'experiments/get-by-name',
    'Get an experiment by name',
    { experiment_name: requiredText },
    one,
  ),
  search: send('POST', 'experiments/search', 'Search experiments', searchFields, page, 'view'),
  searchByQuery: get('experiments/search', 'Search experiments', searchFields, page),
  /** What clients from before `search` call. */
  list: get(
    'experiments/list',
    'List experiments',
    { view_type: text, max_results: integer, page_token: text },
    page,
  ),
  delete: send(
    'POST',
    'experiments/delete',
    'Delete an experiment',
    { experiment_id: requiredText },
    empty,
  ),
  restore: send(
    'POST',
    'experiments/restore',
    'Restore an experiment',
    { experiment_id: requiredText },
    empty,
  ),
  update: send(
    'POST',
    'experiments/update',
    'Rename an experiment',
    { experiment_id: requiredText, new_name: requiredText },
    empty,
  ),
  setTag: send(
    'POST',
    'experiments/set-experiment-tag',
    'Set a tag of an experiment',
    { experiment_id: requiredText, key: requiredText, value: textOrEmpty },
    empty,
  ),
  deleteTag: send(
    'POST',
    'experiments/delete-experiment-tag',
    'Delete a tag of an experiment',
    { experiment_id: requiredText, key: requiredText },
    empty,
  ),
  searchDatasets: send(
    'POST',
    'experiments/search-datasets',
    'List data sets that runs of experiments read',
    { experiment_ids: textList },
    datasetSummaries,
    'view',
  ),
  /** The same at the path that the protocol's definition really gives, where a slash is missing. */
  searchDatasetsAsDefined: endpoint({
    method: 'POST',
    path: '/api/2.0mlflow/experiments/search-datasets',
    summary: 'List data sets that runs of experiments read',
    action: 'view',
    body: message({ experiment_ids: textList }),
    response: datasetSummaries,
  }),
} as const
