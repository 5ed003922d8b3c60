import { continualApi, monitoringApi } from '@kaizen/contracts'
import { endpointQuery, pagedQuery } from '../../shared/api/queries.ts'
import type { Range } from '../../shared/format/range.ts'

export const monitorsQuery = pagedQuery(monitoringApi.list)
export const monitorQuery = (name: string) => endpointQuery(monitoringApi.get, { params: { name } })
export const metricsQuery = (name: string) =>
  endpointQuery(monitoringApi.metrics, { params: { name } })
/** One metric a request, so that each is cached by itself. */
export const seriesQuery = (name: string, metric: string, range: Range) =>
  endpointQuery(monitoringApi.series, { params: { name }, query: { metric, ...range } })
export const windowsQuery = (name: string) =>
  pagedQuery(monitoringApi.windows, { params: { name } })
export const windowQuery = (id: string) => endpointQuery(monitoringApi.window, { params: { id } })
export const alertsQuery = (monitor: string) =>
  pagedQuery(monitoringApi.alerts, { query: { monitor } })
export const policiesQuery = endpointQuery(continualApi.policies, { query: { limit: 1000 } })
export const candidatesQuery = (policy: string) =>
  pagedQuery(continualApi.candidates, { query: { policy } })
