import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { reportBody, reportSections } from './monitor-report-body.ts'
import { alertView, distribution } from './monitoring.ts'
import { empty, nameParams, objectName, page, pageQuery, timestampMs } from './shared.ts'

export const reportView = z.object({
  name: objectName,
  ...reportBody.shape,
  /** When it is sent next; null without a schedule. */
  nextAt: timestampMs.nullable(),
  updatedAt: timestampMs,
  updatedBy: z.string(),
})
export type ReportView = z.output<typeof reportView>

const figure = z.number().nullable()
/** The values of a metric over the period. */
export const metricSummary = z.object({
  metric: z.string(),
  windows: z.number().int(),
  /** Windows that have a value; mean, low and high are over these. */
  known: z.number().int(),
  mean: figure,
  low: figure,
  high: figure,
  last: figure,
  threshold: figure,
  lower: figure,
  /** Windows (days, where the period is counted in days) with a verdict, and those over the bounds. */
  judged: z.number().int(),
  outside: z.number().int(),
  /** Mean over the span of the same length before. */
  previous: figure,
  points: z.array(figure),
})
export type MetricSummary = z.output<typeof metricSummary>

const monitorPart = z.object({
  monitor: z.string(),
  /** Why there is nothing to say, if there is nothing. */
  problem: z.string().nullable(),
  reference: z.string().nullable(),
  windows: z.number().int(),
  sections: z.array(
    z.object({
      section: z.enum(reportSections),
      metrics: z.array(metricSummary),
      /** Metrics that are not listed: the worst come first, and at most so many. */
      omitted: z.number().int(),
    }),
  ),
  distributions: z.array(distribution),
  alerts: z.array(alertView),
})
const datasetPart = z.object({
  dataset: z.string(),
  version: z.number().int().nullable(),
  problem: z.string().nullable(),
  rows: z.number().int(),
  columns: z.number().int(),
  duplicateRows: z.number().int(),
  missing: z.array(z.object({ column: z.string(), share: z.number() })),
  findings: z.array(z.object({ severity: z.string(), message: z.string() })),
})

export const reportDocument = z.object({
  kind: z.literal('kaizen.monitoring-report'),
  version: z.literal(1),
  name: z.string().nullable(),
  title: z.string(),
  generatedAt: timestampMs,
  from: timestampMs,
  to: timestampMs,
  /** Longer periods are counted in whole days (UTC). */
  counted: z.enum(['windows', 'days']),
  compare: z.enum(['reference', 'previous']),
  sections: z.array(z.enum(reportSections)),
  /** In sentences: what stands out. */
  findings: z.array(z.string()),
  monitors: z.array(monitorPart),
  datasets: z.array(datasetPart),
})
export type ReportDocument = z.output<typeof reportDocument>
export type ReportMonitorPart = z.output<typeof monitorPart>
export type ReportDatasetPart = z.output<typeof datasetPart>

export const reportDelivery = z.object({
  id: z.string(),
  report: z.string(),
  channel: z.string(),
  /** The time that the report was due, and up to which it tells. */
  dueAt: timestampMs,
  state: z.enum(['queued', 'sent', 'failed']),
  attempts: z.number().int(),
  error: z.string().nullable(),
  doneAt: timestampMs.nullable(),
})
export type ReportDelivery = z.output<typeof reportDelivery>

export const monitorReportsApi = {
  list: endpoint({
    method: 'GET',
    path: '/api/v1/monitor-reports',
    summary: 'Named reports',
    action: 'view',
    query: pageQuery,
    response: page(reportView),
  }),
  get: endpoint({
    method: 'GET',
    path: '/api/v1/monitor-reports/:name',
    summary: 'What a named report is about, and who gets it when',
    action: 'view',
    params: nameParams,
    response: reportView,
  }),
  put: endpoint({
    method: 'PUT',
    path: '/api/v1/monitor-reports/:name',
    summary: 'Create or replace a named report',
    action: 'edit',
    params: nameParams,
    body: reportBody,
    response: reportView,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/api/v1/monitor-reports/:name',
    summary: 'Delete a named report',
    action: 'edit',
    params: nameParams,
    response: empty,
  }),
  preview: endpoint({
    method: 'POST',
    path: '/api/v1/monitor-report-previews',
    summary: 'A report as it would be now, without a name',
    action: 'view',
    body: reportBody,
    response: reportDocument,
  }),
  document: endpoint({
    method: 'GET',
    path: '/api/v1/monitor-reports/:name/document',
    summary: 'A named report, made now, as one HTML file or as JSON',
    action: 'view',
    params: nameParams,
    query: z.strictObject({ format: z.enum(['html', 'json']).default('html') }),
    transport: 'stream',
    response: z.unknown(),
  }),
  send: endpoint({
    method: 'POST',
    path: '/api/v1/monitor-reports/:name/send',
    summary: 'Send a named report to its channels now',
    action: 'edit',
    params: nameParams,
    response: z.object({ deliveries: z.array(reportDelivery) }),
  }),
  deliveries: endpoint({
    method: 'GET',
    path: '/api/v1/monitor-reports/:name/deliveries',
    summary: 'What was sent of a named report, newest first',
    action: 'view',
    params: nameParams,
    query: pageQuery,
    response: page(reportDelivery),
  }),
} as const
