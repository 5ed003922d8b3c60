import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { displayName } from './shared.ts'

const edgeTensor = z.strictObject({
  name: z.string().max(256),
  datatype: z.string().max(16),
  shape: z.array(z.number().int().min(0)).max(16),
  data: z.array(z.union([z.number(), z.string(), z.boolean()])),
})

/** A request that an agent at the edge has answered. */
export const edgePrediction = z.strictObject({
  /** One a row; what is there already under an id is left alone. */
  ids: z.array(z.string().min(1).max(256)).min(1).max(100_000),
  /** Event time by the clock of the agent, in milliseconds. */
  at: z.number().int().min(0),
  version: z.number().int().min(1),
  latencyMs: z.number().min(0),
  inputs: z.array(edgeTensor),
  outputs: z.array(edgeTensor),
})
export type EdgePrediction = z.output<typeof edgePrediction>

export const edgeApi = {
  upload: endpoint({
    method: 'POST',
    path: '/api/v1/endpoints/:name/edge-predictions',
    summary: 'Log what an agent at the edge has answered; what is sent twice is kept once',
    action: 'predict',
    params: z.strictObject({ name: displayName }),
    body: z.strictObject({
      model: displayName,
      items: z.array(edgePrediction).min(1).max(1000),
    }),
    response: z.object({ accepted: z.number().int(), known: z.number().int() }),
  }),
} as const
