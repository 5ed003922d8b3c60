import { z } from 'zod'
import { endpoint } from './endpoint.ts'

/**
 * KServe's V1 protocol, as TensorFlow Serving began it: `instances` or `inputs` in, `predictions` out.
 * https://kserve.github.io/website/docs/concepts/architecture/data-plane/v1-protocol
 */
export const kserveV1Api = {
  list: endpoint({
    method: 'GET',
    path: '/v1/models',
    summary: 'Names of the models',
    action: 'view',
    response: z.object({ models: z.array(z.string()) }),
  }),
  ready: endpoint({
    method: 'GET',
    path: '/v1/models/:model',
    summary: 'Whether a model can answer',
    action: 'view',
    params: z.object({ model: z.string() }),
    response: z.object({ name: z.string(), ready: z.boolean() }),
  }),
  /** `NAME:predict` or `NAME:explain`; a router cannot tell a colon of the verb from one of a name. */
  call: endpoint({
    method: 'POST',
    path: '/v1/models/:call',
    summary: 'Predict, or explain a prediction',
    action: 'predict',
    params: z.object({ call: z.string() }),
    transport: 'stream',
    response: z.unknown(),
  }),
} as const
