import { mlflowTraceMetricsApi as api } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import { unlessEmpty } from '../mlflow-wire.ts'
import { invalidValue } from '../rules.ts'
import type { TrackingService } from '../service.ts'
import { aggregationTypes, metricViews } from './trace-metrics.ts'

const defaultPage = 1000

/** A member of an enumeration, by name or, as some clients send it, by number. @throws INVALID_REQUEST */
function memberOf<T extends string>(names: readonly T[], value: unknown, parameter: string): T {
  const found = names.find((name, index) => name === value || index + 1 === value)
  if (found) return found
  throw invalidValue(parameter, value ?? null, `expected one of ${names.join(', ')}.`)
}

/** What is not defined is left out. */
const unlessNaN = <K extends string>(name: K, value: number): { readonly [P in K]?: number } =>
  (Number.isNaN(value) ? {} : { [name]: value }) as { readonly [P in K]?: number }

/** The figures over traces of MLflow's protocol. */
export const traceMetricRoutes = ({ traceMetrics }: TrackingService): readonly Route[] => [
  route(api.query, async ({ body }) => {
    const { items, nextPageToken } = await traceMetrics.query({
      experimentIds: body.experiment_ids,
      view: memberOf(metricViews, body.view_type, 'view_type'),
      metric: body.metric_name,
      aggregations: body.aggregations.map((item) => ({
        type: memberOf(aggregationTypes, item.aggregation_type, 'aggregation_type'),
        percentile: item.percentile_value,
      })),
      dimensions: body.dimensions,
      filters: body.filters,
      intervalSeconds: body.time_interval_seconds,
      fromMs: body.start_time_ms,
      untilMs: body.end_time_ms,
      limit: body.max_results ?? defaultPage,
      pageToken: body.page_token,
    })
    return {
      ...unlessEmpty(
        'data_points',
        items.map(({ dimensions, values }) => ({
          metric_name: body.metric_name,
          ...(Object.keys(dimensions).length === 0 ? {} : { dimensions }),
          values,
        })),
      ),
      ...(nextPageToken ? { next_page_token: nextPageToken } : {}),
    }
  }),
  route(api.correlation, async ({ body }) => {
    const found = await traceMetrics.correlate(body.experiment_ids, {
      first: body.filter_string1,
      second: body.filter_string2,
      base: body.base_filter ?? '',
    })
    return {
      ...unlessNaN('npmi', found.npmi),
      ...unlessNaN('npmi_smoothed', found.npmiSmoothed),
      filter1_count: found.first,
      filter2_count: found.second,
      joint_count: found.both,
      total_count: found.all,
    }
  }),
]
