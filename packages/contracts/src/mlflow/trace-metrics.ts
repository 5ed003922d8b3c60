import { z } from 'zod'
import { double, integer, listOf, message, requiredText, text, textList } from './fields.ts'
import { atV3, send } from './operation.ts'

const point = z.object({
  metric_name: z.string(),
  dimensions: z.record(z.string(), z.string()).optional(),
  values: z.record(z.string(), z.number()),
})

export const mlflowTraceMetricsApi = {
  query: atV3(
    send(
      'POST',
      'traces/metrics',
      'Figures over traces, spans and assessments',
      {
        experiment_ids: textList,
        view_type: z.unknown(),
        metric_name: requiredText,
        aggregations: listOf(message({ aggregation_type: z.unknown(), percentile_value: double })),
        dimensions: textList,
        filters: textList,
        time_interval_seconds: integer,
        start_time_ms: integer,
        end_time_ms: integer,
        max_results: integer,
        page_token: text,
      },
      z.object({ data_points: z.array(point).optional(), next_page_token: z.string().optional() }),
      'view',
    ),
  ),
  correlation: atV3(
    send(
      'POST',
      'traces/calculate-filter-correlation',
      'How much two conditions on traces go together',
      {
        experiment_ids: textList,
        filter_string1: requiredText,
        filter_string2: requiredText,
        base_filter: text,
      },
      z.object({
        npmi: z.number().optional(),
        npmi_smoothed: z.number().optional(),
        filter1_count: z.number().int(),
        filter2_count: z.number().int(),
        joint_count: z.number().int(),
        total_count: z.number().int(),
      }),
      'view',
    ),
  ),
} as const
