import { KaizenError, monitoringApi } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import type { MonitoringService } from './service.ts'

/** HTTP surface of monitors, their windows and alerts. */
export function monitoringRoutes(monitoring: MonitoringService): readonly Route[] {
  return [
    route(monitoringApi.list, ({ query }) => monitoring.list(query.limit, query.pageToken)),
    route(monitoringApi.get, ({ params }) => monitoring.view(params.name)),
    route(monitoringApi.windows, async ({ params, query }) => {
      const { kind, from, to, limit } = query
      const before = query.pageToken === undefined ? null : readPosition(query.pageToken)
      const items = await monitoring.windows(params.name, { kind, from, to, before, limit })
      const last = items.at(-1)
      return items.length === limit && last
        ? { items, nextPageToken: `${last.to}:${last.id}` }
        : { items }
    }),
    route(monitoringApi.window, async ({ params }) => {
      const { report, distributions, revisions } = await monitoring.window(params.id)
      return { ...report, distributions, revisions }
    }),
    route(monitoringApi.metrics, async ({ params }) => ({
      metrics: (await monitoring.metrics(params.name)).map(({ metric, value, drifted }) => ({
        metric,
        last: value,
        drifted,
      })),
    })),
    route(monitoringApi.series, async ({ params, query }) => {
      const span = { from: query.from ?? 0, to: query.to ?? Number.MAX_SAFE_INTEGER }
      const metrics = Array.isArray(query.metric) ? query.metric : [query.metric]
      const annotations = await monitoring.annotations(params.name, span)
      const series = await Promise.all(
        metrics.map(async (metric) => {
          const points = await monitoring.series(params.name, metric, span)
          return {
            metric,
            points: points.map(({ at, value, rows, revision, threshold }) => ({
              at,
              value,
              rows,
              revision,
              threshold,
            })),
          }
        }),
      )
      return { series, annotations }
    }),
    route(monitoringApi.annotate, ({ params, body, actor }) =>
      monitoring.annotate(actor, params.name, body),
    ),
    route(monitoringApi.alerts, async ({ query }) => {
      const { monitor, state, limit } = query
      const before = query.pageToken ?? null
      const items = await monitoring.alerts.list({ monitor, state, before, limit })
      const last = items.at(-1)
      return items.length === limit && last ? { items, nextPageToken: last.id } : { items }
    }),
    route(monitoringApi.acknowledge, ({ params, body, actor }) =>
      monitoring.alerts.acknowledge(actor, params.id, body.note),
    ),
  ]
}

function readPosition(token: string): { readonly to: number; readonly id: string } {
  const [, to, id] = /^(\d{1,16}):(.+)$/.exec(token) ?? []
  if (to === undefined || id === undefined)
    throw new KaizenError('INVALID_REQUEST', 'query.pageToken: not a token of this list')
  return { to: Number(to), id }
}
