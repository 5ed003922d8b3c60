import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { pipelineDeclaration, portKinds } from './manifest.ts'
import {
  digest,
  idParams,
  json,
  jsonObject,
  objectName,
  page,
  pageQuery,
  timestampMs,
} from './shared.ts'

export const runStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const
export const stepStates = [
  'waiting',
  'queued',
  'running',
  'retrying',
  'cached',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
] as const

/** An output of a step: content by digest, with what is needed to show it. */
export const artifactRef = z.object({
  kind: z.enum(portKinds),
  digest: digest.nullable(),
  sizeBytes: z.number().int().nullable(),
  /** Value of `value` and `metric` outputs. */
  value: json.optional(),
})
export type ArtifactRef = z.output<typeof artifactRef>

/** Everything that determined an output. */
export const lineage = z.object({
  codeDigest: digest,
  datasets: z.array(
    z.object({
      dataset: z.string(),
      version: z.number().int(),
      digest,
      from: timestampMs.nullable(),
      to: timestampMs.nullable(),
    }),
  ),
  inputs: jsonObject,
  params: jsonObject,
  seed: z.number().int(),
  environment: jsonObject,
})
export type Lineage = z.output<typeof lineage>

export const stepRun = z.object({
  node: z.string(),
  step: z.string(),
  state: z.enum(stepStates),
  attempt: z.number().int(),
  startedAt: timestampMs.nullable(),
  endedAt: timestampMs.nullable(),
  durationMs: z.number().nullable(),
  /** Why the cache hit or missed, in words: `hit: same code, inputs and parameters as run …` or `miss: input "rows" changed`. */
  cacheReason: z.string().nullable(),
  cacheKey: digest.nullable(),
  outputs: z.record(z.string(), artifactRef),
  lineage: lineage.nullable(),
  error: z
    .object({ code: z.string(), message: z.string(), hint: z.string().optional() })
    .nullable(),
  dependsOn: z.array(z.string()),
})
export type StepRun = z.output<typeof stepRun>

export const pipelineRun = z.object({
  id: z.string(),
  pipeline: objectName,
  project: z.string().nullable(),
  state: z.enum(runStates),
  params: jsonObject,
  /** Who or what started it, for example `policy:bike-loop` or `user:anonymous`. */
  trigger: z.string(),
  /** The tracking run that its parameters and metrics are logged to. */
  trackingRunId: z.string().nullable(),
  createdAt: timestampMs,
  startedAt: timestampMs.nullable(),
  endedAt: timestampMs.nullable(),
  steps: z.object({
    total: z.number().int(),
    done: z.number().int(),
    cached: z.number().int(),
    failed: z.number().int(),
  }),
  error: z
    .object({ code: z.string(), message: z.string(), hint: z.string().optional() })
    .nullable(),
})
export type PipelineRun = z.output<typeof pipelineRun>
export const pipelineRunDetail = pipelineRun.extend({
  stepRuns: z.array(stepRun),
  outputs: z.record(z.string(), artifactRef),
})
export type PipelineRunDetail = z.output<typeof pipelineRunDetail>

export const logLine = z.object({
  n: z.number().int(),
  at: timestampMs,
  node: z.string(),
  stream: z.enum(['stdout', 'stderr', 'system']),
  text: z.string(),
})
export type LogLine = z.output<typeof logLine>

export const pipelinesApi = {
  list: endpoint({
    method: 'GET',
    path: '/api/v1/pipelines',
    summary: 'List pipelines',
    action: 'view',
    query: pageQuery,
    response: page(
      z.object({
        name: objectName,
        project: z.string().nullable(),
        description: z.string(),
        steps: z.number().int(),
        lastRun: pipelineRun.nullable(),
      }),
    ),
  }),
  get: endpoint({
    method: 'GET',
    path: '/api/v1/pipelines/:name',
    summary: 'Get a pipeline',
    action: 'view',
    params: z.strictObject({ name: objectName }),
    response: pipelineDeclaration.extend({ project: z.string().nullable() }),
  }),
  run: endpoint({
    method: 'POST',
    path: '/api/v1/pipelines/:name/runs',
    summary: 'Start a run',
    action: 'edit',
    params: z.strictObject({ name: objectName }),
    body: z.strictObject({
      params: z.record(z.string(), json).default({}),
      cache: z.boolean().default(true),
      seed: z
        .number()
        .int()
        .min(0)
        .max(2 ** 31 - 1)
        .default(0),
    }),
    response: pipelineRun,
    status: 201,
  }),
  runs: endpoint({
    method: 'GET',
    path: '/api/v1/pipeline-runs',
    summary: 'List runs, newest first',
    action: 'view',
    query: pageQuery.extend({
      pipeline: objectName.optional(),
      state: z.enum(runStates).optional(),
    }),
    response: page(pipelineRun),
  }),
  runDetail: endpoint({
    method: 'GET',
    path: '/api/v1/pipeline-runs/:id',
    summary: 'Get a run with its steps',
    action: 'view',
    params: idParams,
    response: pipelineRunDetail,
  }),
  cancel: endpoint({
    method: 'POST',
    path: '/api/v1/pipeline-runs/:id/cancel',
    summary: 'Cancel a run',
    action: 'edit',
    params: idParams,
    response: pipelineRun,
  }),
  logs: endpoint({
    method: 'GET',
    path: '/api/v1/pipeline-runs/:id/logs',
    summary: 'Log lines after a position',
    action: 'view',
    params: idParams,
    query: z.strictObject({
      node: z.string().optional(),
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(10_000).default(1000),
    }),
    response: z.object({ lines: z.array(logLine), next: z.number().int(), complete: z.boolean() }),
  }),
  artifact: endpoint({
    method: 'GET',
    path: '/api/v1/pipeline-runs/:id/artifacts/:node/:output',
    summary: 'Download an output',
    action: 'view',
    params: z.strictObject({ id: z.string(), node: z.string(), output: z.string() }),
    transport: 'stream',
    response: z.unknown(),
  }),
} as const
