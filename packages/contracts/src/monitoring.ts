import { z } from 'zod'
import { histogram } from './data.ts'
import { deliveryView } from './delivery.ts'
import { endpoint } from './endpoint.ts'
import { monitorDeclaration } from './monitor-declaration.ts'
import { idParams, nameParams, objectName, page, pageQuery, timestampMs } from './shared.ts'

/** A statistic with everything needed to judge it. `insufficient`: too few rows, so no verdict. */
export const statistic = z.object({
  /** As in alert rules: `drift:temp:psi`, `prediction:ks`, `performance:mae`, `missing:temp`. */
  metric: z.string(),
  column: z.string().nullable(),
  method: z.string(),
  value: z.number().nullable(),
  pValue: z.number().nullable(),
  /** The bound that the value must not pass: from above, or below which its p-value must not fall. */
  threshold: z.number().nullable(),
  /** The bound that the value must not fall below, where there is one. */
  lower: z.number().nullable(),
  /** Between which values the true figure lies with 95 % confidence, by the number of rows alone; null where unknown. */
  band: z.tuple([z.number(), z.number()]).nullable(),
  drifted: z.boolean().nullable(),
  referenceRows: z.number().int(),
  currentRows: z.number().int(),
  status: z.enum(['ok', 'insufficient']),
  note: z.string().nullable(),
})
export type Statistic = z.output<typeof statistic>
export const distribution = z.object({
  column: z.string(),
  reference: histogram,
  current: histogram,
})

export const windowReport = z.object({
  id: z.string(),
  monitor: objectName,
  kind: z.enum(['drift', 'performance']),
  from: timestampMs,
  to: timestampMs,
  /** 1 for the first closing; raised each time late labels restate the window. */
  revision: z.number().int(),
  rows: z.number().int(),
  labelled: z.number().int(),
  /** Share of rows that have a label. */
  completeness: z.number().nullable(),
  modelVersions: z.array(z.number().int()),
  /** Which version of the monitor's declaration it was computed by. */
  monitorVersion: z.number().int(),
  statistics: z.array(statistic),
  closedAt: timestampMs,
})
export type WindowReport = z.output<typeof windowReport>

/** A window in a list: what it is, and how many of its metrics are over their bounds. */
export const windowSummary = windowReport.omit({ statistics: true }).extend({
  metrics: z.object({
    /** Those that have a verdict. */
    judged: z.number().int(),
    drifted: z.number().int(),
  }),
})
export type WindowSummary = z.output<typeof windowSummary>

export const alertView = z.object({
  id: z.string(),
  monitor: objectName,
  rule: objectName,
  metric: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  state: z.enum(['open', 'acknowledged', 'resolved']),
  message: z.string(),
  value: z.number().nullable(),
  threshold: z.number().nullable(),
  /** What was said when it was acknowledged or resolved by hand. */
  note: z.string(),
  acknowledgedBy: z.string().nullable(),
  /** Who looks after it. */
  assignee: z.string().nullable(),
  /** How many comments there are. */
  comments: z.number().int(),
  openedAt: timestampMs,
  resolvedAt: timestampMs.nullable(),
  windowFrom: timestampMs,
  windowTo: timestampMs,
})
export type AlertView = z.output<typeof alertView>

export const monitorView = z.object({
  name: objectName,
  project: z.string().nullable(),
  declaration: monitorDeclaration,
  /** Raised each time the declaration changes. */
  version: z.number().int(),
  state: z.enum(['waiting', 'ok', 'alerting']),
  openAlerts: z.number().int(),
  windows: z.number().int(),
  lastWindowTo: timestampMs.nullable(),
  /** Where the reference comes from, and its values of the performance metrics. */
  reference: z
    .object({
      /** 0 where the reference is not the training rows of a model. */
      modelVersion: z.number().int(),
      /** In words: which rows. */
      source: z.string(),
      rows: z.number().int(),
      performance: z.record(z.string(), z.number()),
    })
    .nullable(),
})
export type MonitorView = z.output<typeof monitorView>

export const seriesPoint = z.object({
  at: timestampMs,
  value: z.number().nullable(),
  rows: z.number().int(),
  revision: z.number().int(),
  threshold: z.number().nullable(),
  lower: z.number().nullable(),
  drifted: z.boolean().nullable(),
  /** 95 % confidence by the number of rows alone. */
  band: z.tuple([z.number(), z.number()]).optional(),
  /** Smallest and largest value where one point stands for several windows. */
  range: z.tuple([z.number(), z.number()]).optional(),
})
/** Something that happened, drawn over series: retraining, promotion, rejection, rollback, incident. */
export const annotation = z.object({
  at: timestampMs,
  kind: z.string(),
  text: z.string(),
  href: z.string().nullable(),
})
export type Annotation = z.output<typeof annotation>

const cell = z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()])
/** A vector, such as an embedding. */
const vector = z.array(z.number().nullable()).max(8192)
/** Rows of a batch job or an edge device, with what was answered and, where it is known, what was true. */
export const monitorBatchInput = z.strictObject({
  /** Names the batch: sent again, it is taken once. */
  id: z.string().min(1).max(200),
  rows: z
    .array(
      z.strictObject({
        at: timestampMs,
        inputs: z.record(z.string().max(500), z.union([cell, vector])),
        outputs: z.record(z.string().max(500), cell).default({}),
        actual: z
          .union([z.string().max(10_000), z.number(), z.boolean()])
          .nullable()
          .default(null),
        error: z.string().max(10_000).nullable().default(null),
        latencyMs: z.number().min(0).nullable().default(null),
      }),
    )
    .min(1)
    .max(100_000),
})
export type MonitorBatchInput = z.output<typeof monitorBatchInput>
export const monitorBatch = z.object({
  /** Rows, or a profile of rows that stayed where they are. */
  form: z.enum(['rows', 'profile']),
  monitor: objectName,
  id: z.string(),
  from: timestampMs,
  to: timestampMs,
  rows: z.number().int(),
  digest: z.string(),
  addedAt: timestampMs,
  addedBy: z.string(),
})
export type MonitorBatch = z.output<typeof monitorBatch>
/** A batch with the closed window that holds its first row; null while none has closed. */
export const placedBatch = monitorBatch.extend({
  window: z
    .object({ id: z.string(), from: timestampMs, to: timestampMs, revision: z.number().int() })
    .nullable(),
})
export type PlacedBatch = z.output<typeof placedBatch>

const windowsQuery = pageQuery.extend({
  kind: z.enum(['drift', 'performance']).optional(),
  from: z.coerce.number().int().optional(),
  to: z.coerce.number().int().optional(),
})

export const monitoringApi = {
  list: endpoint({
    method: 'GET',
    path: '/api/v1/monitors',
    summary: 'List monitors',
    action: 'view',
    query: pageQuery,
    response: page(monitorView),
  }),
  get: endpoint({
    method: 'GET',
    path: '/api/v1/monitors/:name',
    summary: 'Get a monitor',
    action: 'view',
    params: nameParams,
    response: monitorView,
  }),
  windows: endpoint({
    method: 'GET',
    path: '/api/v1/monitors/:name/windows',
    summary: 'Closed windows, newest first; the latest revision of each',
    action: 'view',
    params: nameParams,
    query: windowsQuery,
    response: page(windowReport),
  }),
  windowSummaries: endpoint({
    method: 'GET',
    path: '/api/v1/monitors/:name/window-summaries',
    summary: 'Closed windows, newest first, without their statistics',
    action: 'view',
    params: nameParams,
    query: windowsQuery,
    response: page(windowSummary),
  }),
  window: endpoint({
    method: 'GET',
    path: '/api/v1/monitor-windows/:id',
    summary: 'A window with its distributions and revisions',
    action: 'view',
    params: idParams,
    response: windowReport.extend({
      distributions: z.array(distribution),
      /** Webhooks that were told of it. */
      deliveries: z.array(deliveryView),
      revisions: z.array(
        z.object({ revision: z.number().int(), closedAt: timestampMs, labelled: z.number().int() }),
      ),
    }),
  }),
  /** Names of the metrics that have a series. */
  metrics: endpoint({
    method: 'GET',
    path: '/api/v1/monitors/:name/metrics',
    summary: 'Metrics of a monitor',
    action: 'view',
    params: nameParams,
    response: z.object({
      metrics: z.array(
        z.object({
          metric: z.string(),
          last: z.number().nullable(),
          drifted: z.boolean().nullable(),
          /** What was found, or why there is no value. */
          note: z.string().nullable(),
        }),
      ),
    }),
  }),
  series: endpoint({
    method: 'GET',
    path: '/api/v1/monitors/:name/series',
    summary: 'Values of metrics over time',
    action: 'view',
    params: nameParams,
    query: z.strictObject({
      metric: z.union([z.string(), z.array(z.string()).max(500)]),
      from: z.coerce.number().int().optional(),
      to: z.coerce.number().int().optional(),
      /** At most so many points a metric; several windows then share one, with their range. */
      points: z.coerce.number().int().min(2).max(10_000).optional(),
      /** `none`: without what happened meanwhile. */
      marks: z.enum(['all', 'none']).default('all'),
    }),
    response: z.object({
      series: z.array(z.object({ metric: z.string(), points: z.array(seriesPoint) })),
      annotations: z.array(annotation),
    }),
  }),
  versions: endpoint({
    method: 'GET',
    path: '/api/v1/monitors/:name/versions',
    summary: 'Declarations of a monitor that were in force, newest first',
    action: 'view',
    params: nameParams,
    response: z.object({
      versions: z.array(
        z.object({
          version: z.number().int(),
          declaration: monitorDeclaration,
          declaredAt: timestampMs,
          declaredBy: z.string(),
        }),
      ),
    }),
  }),
  recompute: endpoint({
    method: 'POST',
    path: '/api/v1/monitors/:name/recompute',
    summary: 'Compute closed windows again by the declaration in force, as a job',
    action: 'edit',
    params: nameParams,
    body: z.strictObject({
      from: timestampMs.default(0),
      to: timestampMs.default(8.64e15),
    }),
    response: z.object({ windows: z.number().int() }),
    status: 202,
  }),
  addBatch: endpoint({
    method: 'POST',
    path: '/api/v1/monitors/:name/batches',
    summary:
      'Upload rows of a batch job or an edge device to a monitor that watches neither endpoint nor dataset',
    action: 'edit',
    params: nameParams,
    body: monitorBatchInput,
    response: monitorBatch,
    status: 201,
  }),
  batches: endpoint({
    method: 'GET',
    path: '/api/v1/monitors/:name/batches',
    summary: 'Uploaded batches and profiles, by id, each with the window that holds it',
    action: 'view',
    params: nameParams,
    query: pageQuery,
    response: page(placedBatch),
  }),
  annotate: endpoint({
    method: 'POST',
    path: '/api/v1/monitors/:name/annotations',
    summary: 'Mark a time in the series of a monitor, such as a known incident',
    action: 'edit',
    params: nameParams,
    body: z.strictObject({
      at: timestampMs,
      kind: z.enum(['incident', 'note']).default('note'),
      text: z.string().min(1).max(500),
    }),
    response: annotation,
    status: 201,
  }),
  alerts: endpoint({
    method: 'GET',
    path: '/api/v1/alerts',
    summary: 'Alerts, newest first',
    action: 'view',
    query: pageQuery.extend({
      monitor: objectName.optional(),
      state: z.enum(['open', 'acknowledged', 'resolved']).optional(),
      severity: z.enum(['info', 'warning', 'critical']).optional(),
      /** By name; empty for those that nobody looks after. */
      assignee: z.string().max(250).optional(),
      /** In the name of monitor, rule or metric, in the message or the note; case does not matter. */
      text: z.string().min(1).max(200).optional(),
      /** Opened at this time or later, and before that one. */
      from: z.coerce.number().pipe(timestampMs).optional(),
      to: z.coerce.number().pipe(timestampMs).optional(),
    }),
    response: page(alertView),
  }),
  acknowledge: endpoint({
    method: 'POST',
    path: '/api/v1/alerts/:id/acknowledge',
    summary: 'Acknowledge an alert',
    action: 'edit',
    params: idParams,
    body: z.strictObject({ note: z.string().max(2000).default('') }),
    response: alertView,
  }),
} as const
