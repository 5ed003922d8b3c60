import { z } from 'zod'
import { endpoint } from './endpoint.ts'

const scoring = {
  method: 'POST',
  action: 'predict',
  transport: 'stream',
  response: z.unknown(),
} as const

/**
 * MLflow's scoring protocol: `dataframe_split`, `dataframe_records`, `instances`, `inputs` or CSV in, `predictions` out.
 * https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/
 */
export const invocationsApi = {
  endpoint: endpoint({
    ...scoring,
    path: '/endpoints/:endpoint/invocations',
    summary: 'Score rows on an endpoint',
    params: z.object({ endpoint: z.string() }),
  }),
  default: endpoint({
    ...scoring,
    path: '/invocations',
    summary: 'Score rows on the default endpoint',
  }),
  ping: endpoint({
    method: 'GET',
    path: '/ping',
    summary: 'Whether the server can score',
    action: 'public',
    response: z.object({}),
  }),
} as const
