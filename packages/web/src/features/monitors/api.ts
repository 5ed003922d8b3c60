import { alertingApi, continualApi, monitorExportApi, monitoringApi } from '@kaizen/contracts'
import { endpointQuery, pagedQuery } from '../../shared/api/queries.ts'
import type { Range } from '../../shared/format/range.ts'

export const monitorQuery = (name: string) => endpointQuery(monitoringApi.get, { params: { name } })
export const metricsQuery = (name: string) =>
  endpointQuery(monitoringApi.metrics, { params: { name } })
/** More points than this no screen can show; the server makes one of neighbours. */
const chartPoints = 1500
/** One metric a request, so that each is cached by itself. */
export const seriesQuery = (name: string, metric: string, range: Range) =>
  endpointQuery(monitoringApi.series, {
    params: { name },
    query: { metric, points: chartPoints, ...range },
  })
/** As many points as a line of a table has room for, and nothing beside. */
export const sparkQuery = (name: string, metric: string) =>
  endpointQuery(monitoringApi.series, {
    params: { name },
    query: { metric, points: 100, marks: 'none' },
  })
export const overviewQuery = pagedQuery(monitorExportApi.overview)
export const causesQuery = (name: string, at: number | undefined) =>
  endpointQuery(monitorExportApi.causes, {
    params: { name },
    query: at === undefined ? {} : { at },
  })
export const inboxQuery = (state: 'open' | 'acknowledged' | 'resolved' | undefined) =>
  pagedQuery(monitoringApi.alerts, { query: state === undefined ? {} : { state } })
export const channelsQuery = pagedQuery(alertingApi.channels)
export const silencesQuery = pagedQuery(alertingApi.silences)
export const windowsQuery = (name: string) =>
  pagedQuery(monitoringApi.windows, { params: { name } })
export const windowQuery = (id: string) => endpointQuery(monitoringApi.window, { params: { id } })
export const alertsQuery = (monitor: string) =>
  pagedQuery(monitoringApi.alerts, { query: { monitor } })
export const policiesQuery = endpointQuery(continualApi.policies, { query: { limit: 1000 } })
export const candidatesQuery = (policy: string) =>
  pagedQuery(continualApi.candidates, { query: { policy } })
