import { z } from 'zod'
import { endpoint } from './endpoint.ts'

/** Names come as the caller wrote them: one that no model has is not found, whatever it holds. */
const modelParams = z.object({ model: z.string() })
const versionParams = z.object({ model: z.string(), version: z.string() })

const tensorMetadata = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.number().int()),
})
const modelMetadata = z.object({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.string(),
  inputs: z.array(tensorMetadata),
  outputs: z.array(tensorMetadata),
  /** Of endpoints that sleep: which models are loaded. */
  properties: z.record(z.string(), z.string()).optional(),
})
const ready = z.object({ ready: z.boolean() })
const serverMetadata = z.object({
  name: z.string(),
  version: z.string(),
  extensions: z.array(z.string()),
})
const repositoryModel = z.object({
  name: z.string(),
  version: z.string(),
  state: z.enum(['READY', 'UNAVAILABLE']),
  reason: z.string(),
})

const timed = z.object({ count: z.number().int(), ns: z.number().int() })
const modelStatistics = z.object({
  model_stats: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      last_inference: z.number().int(),
      inference_count: z.number().int(),
      execution_count: z.number().int(),
      inference_stats: z.object({
        success: timed,
        fail: timed,
        queue: timed,
        compute_input: timed,
        compute_infer: timed,
        compute_output: timed,
        cache_hit: timed,
        cache_miss: timed,
      }),
      batch_stats: z.array(
        z.object({
          batch_size: z.number().int(),
          compute_input: timed,
          compute_infer: timed,
          compute_output: timed,
        }),
      ),
    }),
  ),
})
const configuredTensor = z.object({
  name: z.string(),
  data_type: z.string(),
  dims: z.array(z.number().int()),
})
const modelConfig = z.object({
  name: z.string(),
  platform: z.string(),
  backend: z.string(),
  max_batch_size: z.number().int(),
  input: z.array(configuredTensor),
  output: z.array(configuredTensor),
})
const repositoryBody = z
  .object({ parameters: z.record(z.string(), z.unknown()).nullish() })
  .optional()

/** Failed answers of the protocol. */
export const oipError = z.object({ error: z.string() })

const infer = {
  method: 'POST',
  summary: 'Compute outputs for input tensors, in JSON or binary form',
  action: 'predict',
  transport: 'stream',
  response: z.unknown(),
} as const

const generate = {
  ...infer,
  summary: 'Answer inputs given by name, in the form of the generate extension',
} as const
const generateStream = {
  ...infer,
  summary: 'Answer in parts by server-sent events, as a model makes them or row by row',
} as const

/**
 * Open Inference Protocol V2 over REST. A model is an endpoint of Kaizen; its versions are those its arms serve.
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 */
export const oipApi = {
  server: endpoint({
    method: 'GET',
    path: '/v2',
    summary: 'Name, version and extensions of the server',
    action: 'view',
    response: serverMetadata,
  }),
  live: endpoint({
    method: 'GET',
    path: '/v2/health/live',
    summary: 'Whether the server runs',
    action: 'public',
    response: z.object({ live: z.boolean() }),
  }),
  ready: endpoint({
    method: 'GET',
    path: '/v2/health/ready',
    summary: 'Whether every model can answer',
    action: 'public',
    response: ready,
  }),
  model: endpoint({
    method: 'GET',
    path: '/v2/models/:model',
    summary: 'Inputs and outputs of a model',
    action: 'view',
    params: modelParams,
    response: modelMetadata,
  }),
  modelVersion: endpoint({
    method: 'GET',
    path: '/v2/models/:model/versions/:version',
    summary: 'Inputs and outputs of a version of a model',
    action: 'view',
    params: versionParams,
    response: modelMetadata,
  }),
  modelReady: endpoint({
    method: 'GET',
    path: '/v2/models/:model/ready',
    summary: 'Whether a model can answer',
    action: 'view',
    params: modelParams,
    response: ready,
  }),
  modelVersionReady: endpoint({
    method: 'GET',
    path: '/v2/models/:model/versions/:version/ready',
    summary: 'Whether a version of a model can answer',
    action: 'view',
    params: versionParams,
    response: ready,
  }),
  infer: endpoint({ ...infer, path: '/v2/models/:model/infer', params: modelParams }),
  inferVersion: endpoint({
    ...infer,
    path: '/v2/models/:model/versions/:version/infer',
    params: versionParams,
  }),
  generate: endpoint({ ...generate, path: '/v2/models/:model/generate', params: modelParams }),
  generateVersion: endpoint({
    ...generate,
    path: '/v2/models/:model/versions/:version/generate',
    params: versionParams,
  }),
  generateStream: endpoint({
    ...generateStream,
    path: '/v2/models/:model/generate_stream',
    params: modelParams,
  }),
  generateStreamVersion: endpoint({
    ...generateStream,
    path: '/v2/models/:model/versions/:version/generate_stream',
    params: versionParams,
  }),
  repositoryIndex: endpoint({
    method: 'POST',
    path: '/v2/repository/index',
    summary: 'Models and their state',
    action: 'view',
    body: z.object({ ready: z.boolean().optional() }).optional(),
    response: z.array(repositoryModel),
  }),
  repositoryLoad: endpoint({
    method: 'POST',
    path: '/v2/repository/models/:model/load',
    summary: 'Load a model of the model repository, or load it again',
    action: 'edit',
    params: modelParams,
    body: repositoryBody,
    response: z.object({}),
  }),
  repositoryUnload: endpoint({
    method: 'POST',
    path: '/v2/repository/models/:model/unload',
    summary: 'Stop answering for a model of the model repository',
    action: 'edit',
    params: modelParams,
    body: repositoryBody,
    response: z.object({}),
  }),
  allStatistics: endpoint({
    method: 'GET',
    path: '/v2/models/stats',
    summary: 'What every model has answered since the server started',
    action: 'view',
    response: modelStatistics,
  }),
  statistics: endpoint({
    method: 'GET',
    path: '/v2/models/:model/stats',
    summary: 'What a model has answered since the server started',
    action: 'view',
    params: modelParams,
    response: modelStatistics,
  }),
  versionStatistics: endpoint({
    method: 'GET',
    path: '/v2/models/:model/versions/:version/stats',
    summary: 'What a version of a model has answered since the server started',
    action: 'view',
    params: versionParams,
    response: modelStatistics,
  }),
  config: endpoint({
    method: 'GET',
    path: '/v2/models/:model/config',
    summary: 'Inputs and outputs of a model in the words of the model configuration extension',
    action: 'view',
    params: modelParams,
    response: modelConfig,
  }),
  versionConfig: endpoint({
    method: 'GET',
    path: '/v2/models/:model/versions/:version/config',
    summary: 'Inputs and outputs of a version in the words of the model configuration extension',
    action: 'view',
    params: versionParams,
    response: modelConfig,
  }),
} as const
