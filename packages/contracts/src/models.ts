import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { gateRule } from './manifest.ts'
import { performanceMetrics } from './monitor-declaration.ts'
import { digest, displayName, jsonObject, page, pageQuery, timestampMs } from './shared.ts'

/** One named input or output of a model, as a tensor: datatype of the Open Inference Protocol, -1 for a free dimension. */
export const tensorSpec = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.number().int()),
})
export type TensorSpec = z.output<typeof tensorSpec>
export const modelSignature = z.object({
  inputs: z.array(tensorSpec),
  outputs: z.array(tensorSpec),
})
export type ModelSignature = z.output<typeof modelSignature>

export const modelVersionView = z.object({
  name: displayName,
  version: z.number().int(),
  status: z.enum(['PENDING_REGISTRATION', 'READY', 'FAILED_REGISTRATION']),
  description: z.string(),
  source: z.string(),
  runId: z.string().nullable(),
  aliases: z.array(z.string()),
  tags: z.record(z.string(), z.string()),
  /** Digest and size of the ONNX file, where the version holds one. */
  modelDigest: digest.nullable(),
  modelSizeBytes: z.number().int().nullable(),
  signature: modelSignature.nullable(),
  /** What it was made from and by: datasets with windows, pipeline run, code digest, parameters, seed. */
  lineage: jsonObject,
  createdAt: timestampMs,
  createdBy: z.string(),
})
export type ModelVersionView = z.output<typeof modelVersionView>
export const modelView = z.object({
  name: displayName,
  description: z.string(),
  latestVersion: z.number().int().nullable(),
  aliases: z.array(z.object({ alias: z.string(), version: z.number().int() })),
  createdAt: timestampMs,
  updatedAt: timestampMs,
})
export type ModelView = z.output<typeof modelView>

/** One condition of a gate with the numbers that decided it. */
export const gateCheck = z.object({
  name: z.string(),
  passed: z.boolean(),
  /** In words, with numbers and bounds. */
  reason: z.string(),
  candidate: z.number().nullable(),
  champion: z.number().nullable(),
  bound: z.number().nullable(),
})
export type GateCheck = z.output<typeof gateCheck>
/** A gate's decision; it holds every number that made it. */
export const gateDecision = z.object({
  passed: z.boolean(),
  summary: z.string(),
  metric: z.enum(performanceMetrics),
  rule: gateRule,
  rows: z.number().int(),
  candidate: z.record(z.string(), z.number().nullable()),
  champion: z.record(z.string(), z.number().nullable()).nullable(),
  /** Relative improvement of the candidate over the champion, with its paired-bootstrap interval. */
  improvement: z
    .object({
      estimate: z.number(),
      lower: z.number(),
      upper: z.number(),
      confidence: z.number(),
      resamples: z.number().int(),
      probabilityBetter: z.number(),
    })
    .nullable(),
  checks: z.array(gateCheck),
})
export type GateDecision = z.output<typeof gateDecision>

const modelParams = z.strictObject({ name: displayName })
export const modelsApi = {
  list: endpoint({
    method: 'GET',
    path: '/api/v1/models',
    summary: 'List registered models',
    action: 'view',
    query: pageQuery,
    response: page(modelView),
  }),
  get: endpoint({
    method: 'GET',
    path: '/api/v1/models/:name',
    summary: 'Get a registered model',
    action: 'view',
    params: modelParams,
    response: modelView,
  }),
  versions: endpoint({
    method: 'GET',
    path: '/api/v1/models/:name/versions',
    summary: 'List versions, newest first',
    action: 'view',
    params: modelParams,
    query: pageQuery,
    response: page(modelVersionView),
  }),
  version: endpoint({
    method: 'GET',
    path: '/api/v1/models/:name/versions/:version',
    summary: 'Get a version by number or `@alias`',
    action: 'view',
    params: z.strictObject({
      name: displayName,
      version: z.string().regex(/^(\d{1,9}|@[A-Za-z0-9_.-]{1,255})$/),
    }),
    response: modelVersionView,
  }),
  /** The body is an ONNX file. */
  upload: endpoint({
    method: 'POST',
    path: '/api/v1/models/:name/versions',
    summary: 'Register an ONNX file as a new version',
    action: 'edit',
    params: modelParams,
    query: z.strictObject({
      description: z.string().max(10_000).default(''),
      alias: z
        .string()
        .regex(/^[A-Za-z0-9_.-]{1,255}$/)
        .optional(),
    }),
    transport: 'stream',
    response: modelVersionView,
    status: 201,
  }),
  setAlias: endpoint({
    method: 'PUT',
    path: '/api/v1/models/:name/aliases/:alias',
    summary: 'Point an alias at a version',
    action: 'edit',
    params: z.strictObject({
      name: displayName,
      alias: z.string().regex(/^[A-Za-z0-9_.-]{1,255}$/),
    }),
    body: z.strictObject({ version: z.number().int().min(1) }),
    response: modelVersionView,
  }),
  download: endpoint({
    method: 'GET',
    path: '/api/v1/models/:name/versions/:version/model.onnx',
    summary: 'Download the ONNX file of a version',
    action: 'view',
    params: z.strictObject({ name: displayName, version: z.coerce.number().int().min(1) }),
    transport: 'stream',
    response: z.unknown(),
  }),
} as const
