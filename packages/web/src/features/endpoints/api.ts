import {
  auditApi,
  experimentsApi,
  modelsApi,
  predictionLogApi,
  replaysApi,
  rolloutsApi,
  type SinkView,
  servingApi,
  similarApi,
  sinksApi,
} from '@kaizen/contracts'
import { call } from '../../shared/api/client.ts'
import { protocolRequest } from '../../shared/api/protocol-request.ts'
import { endpointQuery, pagedQuery } from '../../shared/api/queries.ts'
import type { Range } from '../../shared/format/range.ts'
import type { ReplayWishes } from './replay-model.ts'

export const endpointsQuery = pagedQuery(servingApi.list)
export const endpointQueryOf = (name: string) => endpointQuery(servingApi.get, { params: { name } })
export const trafficQuery = (name: string, range: Range) =>
  endpointQuery(servingApi.traffic, { params: { name }, query: { ...range, buckets: 240 } })
export const predictionsQuery = (name: string) =>
  pagedQuery(servingApi.predictions, { params: { name } })
export const logQuery = (name: string) => endpointQuery(predictionLogApi.get, { params: { name } })
export const sinksQuery = (endpoint: string) => ({
  ...pagedQuery(sinksApi.list, { query: { endpoint } }),
  refetchInterval: 3000,
})
export const moveSink = ({ name, state }: SinkView) =>
  call(state === 'running' ? sinksApi.pause : sinksApi.resume, { params: { name } })
/** The newest prediction fills in the form. */
/** As many as tell what is usually asked. */
export const latestPredictionsQuery = (name: string) =>
  endpointQuery(servingApi.predictions, { params: { name }, query: { limit: 50 } })
export const routeHistoryQuery = (name: string) =>
  pagedQuery(auditApi.list, { query: { type: 'serving.route.set', subject: `endpoint:${name}` } })
export const rolloutsQuery = (name: string) =>
  endpointQuery(rolloutsApi.list, { params: { name }, query: { limit: 20 } })
export const comparisonQuery = (name: string) =>
  endpointQuery(experimentsApi.comparison, { params: { name } })
export const banditQuery = (name: string) =>
  endpointQuery(experimentsApi.bandit, { params: { name } })
export const modelVersionQuery = (name: string, version: number) =>
  endpointQuery(modelsApi.version, { params: { name, version: String(version) } })

export const similarQuery = (
  name: string,
  inputs: Readonly<Record<string, string | number | boolean>>,
  except: string,
) => endpointQuery(similarApi.find, { params: { name }, body: { inputs: { ...inputs }, except } })

export const runReplay = (name: string, { model, limit, reward }: ReplayWishes) =>
  call(replaysApi.run, {
    params: { name },
    body: {
      model,
      limit: Number(limit),
      ...(reward === 'none' ? {} : { reward: { kind: reward } }),
    },
  })

export const inferPath = (endpoint: string): string =>
  `/v2/models/${encodeURIComponent(endpoint)}/infer`

/** One prediction over the Open Inference Protocol. */
export const infer = (endpoint: string, body: unknown): Promise<unknown> =>
  protocolRequest(inferPath(endpoint), { method: 'POST', body: JSON.stringify(body) })
