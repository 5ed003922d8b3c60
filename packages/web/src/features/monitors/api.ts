import {
  type AlertView,
  alertInboxApi,
  alertingApi,
  continualApi,
  monitorExportApi,
  monitoringApi,
  monitorReportsApi,
} from '@kaizen/contracts'
import { queryOptions } from '@tanstack/react-query'
import { Batch } from '../../shared/api/batch.ts'
import { call } from '../../shared/api/client.ts'
import { endpointQuery, pagedQuery } from '../../shared/api/queries.ts'
import type { Range } from '../../shared/format/range.ts'

export const monitorQuery = (name: string) => endpointQuery(monitoringApi.get, { params: { name } })
export const metricsQuery = (name: string) =>
  endpointQuery(monitoringApi.metrics, { params: { name } })
export const uploadsQuery = (name: string) =>
  pagedQuery(monitoringApi.batches, { params: { name } })
/** More points than this no screen can show; the server makes one of neighbours. */
const chartPoints = 1500
/** One metric a request, so that each is cached by itself. */
export const seriesQuery = (name: string, metric: string, range: Range) =>
  endpointQuery(monitoringApi.series, {
    params: { name },
    query: { metric, points: chartPoints, ...range },
  })
/** As many points as a line of a table has room for, and nothing beside; lines that come into view together ask once. */
export const sparkQuery = (name: string, metric: string) =>
  queryOptions({
    queryKey: [monitoringApi.series.path, { name, metric }, 'spark'],
    queryFn: () => sparksOf(name).load(metric),
  })

const batches = new Map<string, Batch<readonly (number | null)[]>>()
const sparksOf = (name: string): Batch<readonly (number | null)[]> => {
  const known = batches.get(name)
  if (known) return known
  const made = new Batch<readonly (number | null)[]>(50, async (metrics: readonly string[]) => {
    const query = { metric: [...metrics], points: 100, marks: 'none' as const }
    const { series } = await call(monitoringApi.series, { params: { name }, query })
    return new Map(series.map((one) => [one.metric, one.points.map(({ value }) => value)]))
  })
  batches.set(name, made)
  return made
}
export const overviewQuery = pagedQuery(monitorExportApi.overview)
export const statesQuery = endpointQuery(monitorExportApi.states)
export const causesQuery = (name: string, at: number | undefined) =>
  endpointQuery(monitorExportApi.causes, {
    params: { name },
    query: at === undefined ? {} : { at },
  })
export interface InboxFilter {
  readonly state?: AlertView['state']
  readonly severity?: AlertView['severity']
  readonly monitor?: string
  /** Empty for those that nobody looks after. */
  readonly assignee?: string
  readonly text?: string
  readonly from?: number
  readonly to?: number
}
export const inboxQuery = (filter: InboxFilter) =>
  pagedQuery(monitoringApi.alerts, { query: { ...filter } })
export const alertCountsQuery = endpointQuery(alertInboxApi.counts)
export const alertQuery = (id: string) => endpointQuery(alertingApi.alert, { params: { id } })
export const commentsQuery = (id: string) => pagedQuery(alertInboxApi.comments, { params: { id } })
export const channelsQuery = pagedQuery(alertingApi.channels)
export const silencesQuery = pagedQuery(alertingApi.silences)
export const windowsQuery = (name: string) =>
  pagedQuery(monitoringApi.windowSummaries, { params: { name } })
export const windowQuery = (id: string) => endpointQuery(monitoringApi.window, { params: { id } })
export const alertsQuery = (monitor: string) =>
  pagedQuery(monitoringApi.alerts, { query: { monitor } })
export const policiesQuery = endpointQuery(continualApi.policies, { query: { limit: 1000 } })
export const candidatesQuery = (policy: string) =>
  pagedQuery(continualApi.candidates, { query: { policy } })
export const reportsQuery = pagedQuery(monitorReportsApi.list)
export const reportQuery = (name: string) =>
  endpointQuery(monitorReportsApi.get, { params: { name } })
export const reportDeliveriesQuery = (name: string) =>
  pagedQuery(monitorReportsApi.deliveries, { params: { name } })
/** Names to choose from; a monitor beyond them is typed. */
export const monitorNamesQuery = endpointQuery(monitoringApi.list, { query: { limit: 1000 } })
