import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { idParams, nameParams, objectName, page, pageQuery, timestampMs } from './shared.ts'

/** From the best to the worst. */
export const healthStates = ['waiting', 'ok', 'unknown', 'drifting', 'alerting'] as const

export const monitorHealth = z.object({
  name: objectName,
  endpoint: z.string().nullable(),
  dataset: z.string().nullable(),
  pipeline: z.string().nullable(),
  featureView: z.string().nullable(),
  window: z.string(),
  /** `unknown`: windows close, but nothing in them could be judged. */
  state: z.enum(healthStates),
  alerts: z.object({
    critical: z.number().int(),
    warning: z.number().int(),
    info: z.number().int(),
  }),
  /** Metrics of the newest window that have a verdict, and those over their bounds. */
  judged: z.number().int(),
  drifted: z.number().int(),
  rows: z.number().int().nullable(),
  lastWindowTo: timestampMs.nullable(),
  worst: z
    .object({
      metric: z.string(),
      value: z.number(),
      threshold: z.number().nullable(),
      note: z.string().nullable(),
    })
    .nullable(),
  /** Share of judged metrics over their bounds, window by window, oldest first. */
  trend: z.array(z.object({ at: timestampMs, share: z.number().nullable() })),
})
export type MonitorHealth = z.output<typeof monitorHealth>

export const monitorCauses = z.object({
  window: z.object({ id: z.string(), from: timestampMs, to: timestampMs }),
  focus: z.string().nullable(),
  /** Where the course of the focus changed its level, if it did beyond chance. */
  since: z
    .object({
      at: timestampMs,
      index: z.number().int(),
      before: z.number(),
      after: z.number(),
      pValue: z.number(),
    })
    .nullable(),
  columns: z.array(
    z.object({
      column: z.string(),
      metric: z.string(),
      method: z.string(),
      value: z.number(),
      threshold: z.number().nullable(),
      drifted: z.boolean(),
      /** Share of the variance of the answers that the column tells by itself. */
      influence: z.number().nullable(),
      score: z.number(),
      note: z.string().nullable(),
    }),
  ),
  slices: z.array(
    z.object({
      name: z.string(),
      rows: z.number().int(),
      share: z.number(),
      loss: z.number(),
      restLoss: z.number(),
      effect: z.number(),
    }),
  ),
  upstream: z.array(
    z.object({
      at: timestampMs,
      kind: z.string(),
      text: z.string(),
      actor: z.string(),
      subject: z.string(),
      /** What changed is in the lineage of what the monitor watches: its models, features, data sets, pipelines, project. */
      inLineage: z.boolean(),
    }),
  ),
  /** The same in sentences. */
  findings: z.array(z.string()),
})
export type MonitorCauses = z.output<typeof monitorCauses>

export const monitorExportApi = {
  overview: endpoint({
    method: 'GET',
    path: '/api/v1/monitor-overview',
    summary: 'Health of each monitor, the worst first: the worst metric, the trend, open alerts',
    action: 'view',
    query: pageQuery,
    response: page(monitorHealth),
  }),
  states: endpoint({
    method: 'GET',
    path: '/api/v1/monitor-states',
    summary: 'How many monitors stand in each state of health',
    action: 'view',
    response: z.record(z.enum(healthStates), z.number().int()),
  }),
  causes: endpoint({
    method: 'GET',
    path: '/api/v1/monitors/:name/causes',
    summary: 'Why a monitor speaks up: columns, rows, since when, and what changed upstream',
    action: 'view',
    params: nameParams,
    query: z.strictObject({
      /** End of the window; the newest unless told. */
      at: z.coerce.number().int().optional(),
      metric: z.string().max(500).optional(),
    }),
    response: monitorCauses,
  }),
  alertRules: endpoint({
    method: 'GET',
    path: '/api/v1/monitor-alert-rules',
    summary: 'Alert rules of all monitors for Prometheus, as a YAML file',
    action: 'view',
    transport: 'stream',
    response: z.unknown(),
  }),
  dashboard: endpoint({
    method: 'GET',
    path: '/api/v1/monitors/:name/grafana',
    summary: 'A dashboard of a monitor for Grafana',
    action: 'view',
    params: nameParams,
    transport: 'stream',
    response: z.unknown(),
  }),
  report: endpoint({
    method: 'GET',
    path: '/api/v1/monitor-windows/:id/report',
    summary: 'A window as one HTML file or as JSON of metrics and tests',
    action: 'view',
    params: idParams,
    query: z.strictObject({ format: z.enum(['html', 'json']).default('html') }),
    transport: 'stream',
    response: z.unknown(),
  }),
} as const
