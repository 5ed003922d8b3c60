import { KaizenError, monitoringApi, monitorProfilesApi } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import type { MonitoringService } from './service.ts'
import type { BatchRows } from './sources/batches.ts'

/** HTTP surface of monitors, their windows and alerts. */
export function monitoringRoutes(
  monitoring: MonitoringService,
  batches: BatchRows,
): readonly Route[] {
  return [
    route(monitoringApi.list, ({ query }) => monitoring.reader.list(query.limit, query.pageToken)),
    route(monitoringApi.get, ({ params }) => monitoring.reader.view(params.name)),
    route(monitoringApi.windows, async ({ params, query }) =>
      pageOf(await monitoring.reader.windows(params.name, windowQuery(query)), query.limit),
    ),
    route(monitoringApi.windowSummaries, async ({ params, query }) =>
      pageOf(await monitoring.reader.summaries(params.name, windowQuery(query)), query.limit),
    ),
    route(monitoringApi.window, async ({ params }) => {
      const { report, distributions, revisions } = await monitoring.reader.window(params.id)
      const deliveries = await monitoring.reader.deliveries(params.id)
      return { ...report, distributions, deliveries: [...deliveries], revisions }
    }),
    route(monitoringApi.metrics, async ({ params }) => ({
      metrics: (await monitoring.reader.metrics(params.name)).map(
        ({ metric, value, drifted, note }) => ({
          metric,
          last: value,
          drifted,
          note,
        }),
      ),
    })),
    route(monitoringApi.series, async ({ params, query }) => {
      const span = { from: query.from ?? 0, to: query.to ?? Number.MAX_SAFE_INTEGER }
      const metrics = Array.isArray(query.metric) ? query.metric : [query.metric]
      const annotations =
        query.marks === 'none' ? [] : await monitoring.reader.annotations(params.name, span)
      const series = await Promise.all(
        metrics.map(async (metric) => {
          const points = await monitoring.reader.series(params.name, metric, {
            ...span,
            points: query.points,
          })
          return {
            metric,
            points: points.map(
              ({ at, value, rows, revision, threshold, lower, drifted, band, range }) => ({
                at,
                value,
                rows,
                revision,
                threshold,
                lower,
                drifted,
                ...(band && { band: [band[0], band[1]] as const }),
                ...(range && { range: [range[0], range[1]] as const }),
              }),
            ),
          }
        }),
      )
      return { series, annotations }
    }),
    route(monitoringApi.versions, async ({ params }) => ({
      versions: await monitoring.reader.versions(params.name),
    })),
    route(monitoringApi.recompute, ({ params, body, actor }) =>
      monitoring.recomputation.request(actor, params.name, body),
    ),
    route(monitoringApi.addBatch, ({ params, body, actor }) =>
      batches.add(actor, params.name, { batch: body, recomputation: monitoring.recomputation }),
    ),
    route(monitorProfilesApi.add, ({ params, body, actor }) =>
      batches.addProfile(actor, params.name, {
        upload: body,
        recomputation: monitoring.recomputation,
      }),
    ),
    route(monitoringApi.batches, async ({ params, query }) => {
      await monitoring.reader.record(params.name)
      return batches.list(params.name, query.limit, query.pageToken)
    }),
    route(monitoringApi.annotate, ({ params, body, actor }) =>
      monitoring.reader.annotate(actor, params.name, body),
    ),
    route(monitoringApi.alerts, async ({ query }) => {
      const { pageToken, ...filter } = query
      const items = await monitoring.alerts.list({ ...filter, before: pageToken ?? null })
      const last = items.at(-1)
      return items.length === query.limit && last ? { items, nextPageToken: last.id } : { items }
    }),
    route(monitoringApi.acknowledge, ({ params, body, actor }) =>
      monitoring.alerts.acknowledge(actor, params.id, body.note),
    ),
  ]
}

interface ListQuery {
  readonly kind?: 'drift' | 'performance' | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly limit: number
  readonly pageToken?: string | undefined
}

const windowQuery = ({ pageToken, ...rest }: ListQuery) => ({
  ...rest,
  before: pageToken === undefined ? null : readPosition(pageToken),
})

function pageOf<Item extends { readonly to: number; readonly id: string }>(
  items: readonly Item[],
  limit: number,
) {
  const last = items.at(-1)
  return items.length === limit && last
    ? { items, nextPageToken: `${last.to}:${last.id}` }
    : { items }
}

function readPosition(token: string): { readonly to: number; readonly id: string } {
  const [, to, id] = /^(\d{1,16}):(.+)$/.exec(token) ?? []
  if (to === undefined || id === undefined)
    throw new KaizenError('INVALID_REQUEST', 'query.pageToken: not a token of this list')
  return { to: Number(to), id }
}
