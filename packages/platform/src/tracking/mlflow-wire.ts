import type {
  MlflowExperiment,
  MlflowFile,
  MlflowLoggedModel,
  MlflowMetric,
  MlflowRun,
  MlflowRunInfo,
} from '@kaizen/contracts'
import { joinPath } from './artifacts/artifact-path.ts'
import type {
  ArtifactEntry,
  AttributedMetric,
  Experiment,
  LoggedModel,
  MetricPoint,
  Run,
  RunDetail,
} from './model.ts'

/** `{ name: list }`, or nothing for an empty list: the protocol leaves out what is empty. */
export const unlessEmpty = <K extends string, T>(
  name: K,
  list: readonly T[],
): { readonly [P in K]?: readonly T[] } =>
  (list.length === 0 ? {} : { [name]: list }) as { readonly [P in K]?: readonly T[] }

type Loose<T> = T extends readonly (infer U)[]
  ? readonly Loose<U>[]
  : T extends object
    ? { readonly [K in keyof T]: Loose<T[K]> }
    : T

export const toWireExperiment = (experiment: Experiment): Loose<MlflowExperiment> => ({
  experiment_id: experiment.experimentId,
  name: experiment.name,
  artifact_location: experiment.artifactLocation,
  lifecycle_stage: experiment.lifecycle,
  last_update_time: experiment.updatedAt,
  creation_time: experiment.createdAt,
  workspace: experiment.workspace,
  ...unlessEmpty(
    'tags',
    Object.entries(experiment.tags).map(([key, value]) => ({ key, value })),
  ),
})

const wireValue = (value: number): number | 'NaN' => (Number.isNaN(value) ? 'NaN' : value)

export const toWireMetric = (point: MetricPoint): MlflowMetric => ({
  key: point.key,
  value: wireValue(point.value),
  timestamp: point.timestamp,
  step: point.step,
})

const toWireModelMetric = (point: AttributedMetric & { readonly runId: string }): MlflowMetric => ({
  ...toWireMetric(point),
  ...(point.modelId ? { model_id: point.modelId } : {}),
  ...(point.datasetName ? { dataset_name: point.datasetName } : {}),
  ...(point.datasetDigest ? { dataset_digest: point.datasetDigest } : {}),
  run_id: point.runId,
})

export const toWireRunInfo = (run: Run): MlflowRunInfo => ({
  run_id: run.runId,
  run_uuid: run.runId,
  run_name: run.name,
  experiment_id: run.experimentId,
  user_id: run.userId,
  status: run.status,
  start_time: run.startTime,
  ...(run.endTime === null ? {} : { end_time: run.endTime }),
  artifact_uri: run.artifactUri,
  lifecycle_stage: run.lifecycle,
})

export const toWireRun = (detail: RunDetail): Loose<MlflowRun> => ({
  info: toWireRunInfo(detail.run),
  data: {
    ...unlessEmpty('metrics', detail.metrics.map(toWireMetric)),
    ...unlessEmpty('params', detail.params),
    ...unlessEmpty('tags', detail.tags),
  },
  inputs: {
    ...unlessEmpty(
      'dataset_inputs',
      detail.datasetInputs.map((input) => ({
        ...unlessEmpty('tags', input.tags),
        dataset: {
          name: input.name,
          digest: input.digest,
          source_type: input.sourceType,
          source: input.source,
          ...(input.schema === null ? {} : { schema: input.schema }),
          ...(input.profile === null ? {} : { profile: input.profile }),
        },
      })),
    ),
    ...unlessEmpty(
      'model_inputs',
      detail.modelInputs.map(({ modelId }) => ({ model_id: modelId })),
    ),
  },
  outputs: unlessEmpty(
    'model_outputs',
    detail.modelOutputs.map(({ modelId, step }) => ({ model_id: modelId, step })),
  ),
})

export const toWireLoggedModel = (model: LoggedModel): Loose<MlflowLoggedModel> => ({
  info: {
    model_id: model.modelId,
    experiment_id: model.experimentId,
    name: model.name,
    creation_timestamp_ms: model.createdAt,
    last_updated_timestamp_ms: model.updatedAt,
    artifact_uri: model.artifactUri,
    status: model.status,
    // The protocol keeps these where they are empty.
    model_type: model.modelType,
    source_run_id: model.sourceRunId,
    ...(model.statusMessage ? { status_message: model.statusMessage } : {}),
    ...unlessEmpty('tags', model.tags),
  },
  data: {
    ...unlessEmpty('params', model.params),
    ...unlessEmpty('metrics', model.metrics.map(toWireModelMetric)),
  },
})

/** Files with paths that begin with `folder`. */
export const toWireFiles = (
  entries: readonly ArtifactEntry[],
  folder: string,
): readonly MlflowFile[] =>
  entries.map((entry) => ({
    path: joinPath(folder, entry.name),
    is_dir: entry.isFolder,
    ...(entry.sizeBytes === null ? {} : { file_size: entry.sizeBytes }),
  }))
