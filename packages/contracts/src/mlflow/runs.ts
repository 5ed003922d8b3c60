import { z } from 'zod'
import { empty } from '../shared.ts'
import {
  integer,
  keyValues,
  listOf,
  message,
  requiredDouble,
  requiredInteger,
  requiredText,
  text,
  textList,
  textOrEmpty,
  wireKeyValue,
  wireNumber,
} from './fields.ts'
import { get, send } from './operation.ts'

export const mlflowMetric = z.object({
  key: z.string(),
  value: wireNumber,
  timestamp: z.number().int(),
  step: z.number().int(),
  dataset_name: z.string().optional(),
  dataset_digest: z.string().optional(),
  model_id: z.string().optional(),
  run_id: z.string().optional(),
})
export type MlflowMetric = z.output<typeof mlflowMetric>

export const mlflowRunInfo = z.object({
  run_id: z.string(),
  run_uuid: z.string(),
  run_name: z.string(),
  experiment_id: z.string(),
  user_id: z.string(),
  status: z.string(),
  start_time: z.number().int(),
  end_time: z.number().int().optional(),
  artifact_uri: z.string(),
  lifecycle_stage: z.string(),
})
export type MlflowRunInfo = z.output<typeof mlflowRunInfo>

export const mlflowRun = z.object({
  info: mlflowRunInfo,
  data: z.object({
    metrics: z.array(mlflowMetric).optional(),
    params: z.array(wireKeyValue).optional(),
    tags: z.array(wireKeyValue).optional(),
  }),
  inputs: z.object({
    dataset_inputs: z
      .array(
        z.object({
          tags: z.array(wireKeyValue).optional(),
          dataset: z.object({
            name: z.string(),
            digest: z.string(),
            source_type: z.string(),
            source: z.string(),
            schema: z.string().optional(),
            profile: z.string().optional(),
          }),
        }),
      )
      .optional(),
    model_inputs: z.array(z.object({ model_id: z.string() })).optional(),
  }),
  outputs: z
    .object({
      model_outputs: z.array(z.object({ model_id: z.string(), step: z.number().int() })).optional(),
    })
    .optional(),
})
export type MlflowRun = z.output<typeof mlflowRun>

/** `run_uuid` is the older name of `run_id`; clients send either or both. */
const runId = { run_id: text, run_uuid: text }
const oneRun = z.object({ run: mlflowRun })

export const mlflowMetricFields = {
  key: requiredText,
  value: requiredDouble,
  timestamp: requiredInteger,
  step: integer,
  model_id: text,
  dataset_name: text,
  dataset_digest: text,
}

export const mlflowRunsApi = {
  create: send(
    'POST',
    'runs/create',
    'Start a run',
    { experiment_id: text, user_id: text, run_name: text, start_time: integer, tags: keyValues },
    oneRun,
  ),
  get: get('runs/get', 'Get a run', runId, oneRun),
  update: send(
    'POST',
    'runs/update',
    'Update a run',
    { ...runId, status: text, end_time: integer, run_name: text },
    z.object({ run_info: mlflowRunInfo }),
  ),
  delete: send('POST', 'runs/delete', 'Delete a run', { run_id: requiredText }, empty),
  restore: send('POST', 'runs/restore', 'Restore a run', { run_id: requiredText }, empty),
  search: send(
    'POST',
    'runs/search',
    'Search runs',
    {
      experiment_ids: textList,
      filter: text,
      run_view_type: text,
      max_results: integer,
      order_by: textList,
      page_token: text,
    },
    z.object({ runs: z.array(mlflowRun).optional(), next_page_token: z.string().optional() }),
    'view',
  ),
  logMetric: send(
    'POST',
    'runs/log-metric',
    'Log a metric',
    { ...runId, ...mlflowMetricFields },
    empty,
  ),
  logParam: send(
    'POST',
    'runs/log-parameter',
    'Log a parameter',
    { ...runId, key: requiredText, value: textOrEmpty },
    empty,
  ),
  setTag: send(
    'POST',
    'runs/set-tag',
    'Set a tag of a run',
    { ...runId, key: requiredText, value: textOrEmpty },
    empty,
  ),
  deleteTag: send(
    'POST',
    'runs/delete-tag',
    'Delete a tag of a run',
    { run_id: requiredText, key: requiredText },
    empty,
  ),
  logBatch: send(
    'POST',
    'runs/log-batch',
    'Log metrics, parameters and tags',
    {
      run_id: requiredText,
      metrics: listOf(message(mlflowMetricFields)),
      params: keyValues,
      tags: keyValues,
    },
    empty,
  ),
  /** The older way of noting a model: its description is added to a tag of the run. */
  logModel: send(
    'POST',
    'runs/log-model',
    'Note a model of a run',
    { run_id: requiredText, model_json: requiredText },
    empty,
  ),
  logInputs: send(
    'POST',
    'runs/log-inputs',
    'Log data sets and models that a run read',
    {
      run_id: requiredText,
      datasets: listOf(
        message({
          tags: keyValues,
          dataset: message({
            name: requiredText,
            digest: requiredText,
            source_type: requiredText,
            source: requiredText,
            schema: text,
            profile: text,
          }),
        }),
      ),
      models: listOf(message({ model_id: requiredText })),
    },
    empty,
  ),
  logOutputs: send(
    'POST',
    'runs/outputs',
    'Log models that a run wrote',
    {
      run_id: requiredText,
      models: listOf(message({ model_id: requiredText, step: integer })),
    },
    empty,
  ),
  history: get(
    'metrics/get-history',
    'Get the points of a metric',
    { ...runId, metric_key: requiredText, max_results: integer, page_token: text },
    z.object({
      metrics: z.array(mlflowMetric).optional(),
      next_page_token: z.string().optional(),
    }),
  ),
  historyBulk: get(
    'metrics/get-history-bulk',
    'Get the points of a metric of several runs',
    { run_id: textList, metric_key: requiredText, max_results: integer },
    z.object({ metrics: z.array(mlflowMetric) }),
  ),
  historySampled: get(
    'metrics/get-history-bulk-interval',
    'Get a sample of the points of a metric of several runs',
    {
      run_ids: textList,
      metric_key: requiredText,
      start_step: integer,
      end_step: integer,
      max_results: integer,
    },
    z.object({ metrics: z.array(mlflowMetric).optional() }),
  ),
  artifacts: get(
    'artifacts/list',
    'List artifacts of a run',
    { ...runId, path: text, page_token: text },
    z.object({
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
  ),
} as const
