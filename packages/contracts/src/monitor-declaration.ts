import { z } from 'zod'
import { duration, durationMs, objectName, timestampMs } from './shared.ts'
import { watchedInWords, watchedKinds } from './watched.ts'

/** `auto` takes the test that fits the column's type and size; the window names the one taken. */
export const driftMethods = [
  'auto',
  'psi',
  'ks',
  'js',
  'wasserstein',
  'chi-square',
  'hellinger',
  'total-variation',
] as const
export type DriftMethod = (typeof driftMethods)[number]

export const performanceMetrics = [
  'mae',
  'rmse',
  'mape',
  'r2',
  'accuracy',
  'auc',
  'logLoss',
  'f1',
] as const
export type PerformanceMetric = (typeof performanceMetrics)[number]

export const alertRule = z.strictObject({
  name: objectName,
  /** `drift:<column>:<method>`, `drift:any:<method>`, `prediction:<method>`, `performance:<metric>`, `missing:<column>`, `range:any` and the others of a window. */
  metric: z.string().min(1).max(500),
  /** Without a bound the metric's own verdict decides: its threshold, or the method's customary one. */
  above: z.number().optional(),
  below: z.number().optional(),
  /** Above this many times the reference value of the metric. */
  aboveReference: z.number().optional(),
  /** How many of the last `of` windows must break the bound. */
  windows: z.number().int().min(1).default(1),
  of: z.number().int().min(1).max(1000).default(1),
  severity: z.enum(['info', 'warning', 'critical']).default('warning'),
})
export type AlertRule = z.output<typeof alertRule>

/** What metrics are judged by; the first rule whose `metric` fits, where `*` stands for any text. */
export const thresholdRule = z
  .strictObject({
    metric: z.string().min(1).max(500),
    above: z.number().optional(),
    below: z.number().optional(),
    /** Times the reference value of the metric: `performance:<metric>` on the champion's holdout. */
    aboveReference: z.number().positive().optional(),
    belowReference: z.number().positive().optional(),
    /** Outside the mean of earlier windows by more than so many of their standard deviations. */
    deviations: z.number().positive().max(100).optional(),
    /** How many earlier windows. */
    history: z.number().int().min(3).max(1000).default(30),
    /** Only windows that ended whole seasons earlier, such as `7d`. */
    season: duration.optional(),
    /**
     * Instead of the newest windows those that ended in a span, or the parts of the reference in their order, each compared
     * with the whole: how far the reference strays from itself.
     */
    baseline: z
      .union([z.literal('reference'), z.strictObject({ from: timestampMs, to: timestampMs })])
      .optional(),
  })
  .refine(
    ({ baseline, deviations, season }) =>
      baseline !== 'reference' || (deviations !== undefined && season === undefined),
    'the variation of the reference needs deviations and has no season',
  )
  .refine(
    (rule) =>
      [rule.above, rule.below, rule.aboveReference, rule.belowReference, rule.deviations].some(
        (bound) => bound !== undefined,
      ),
    'give above, below, aboveReference, belowReference or deviations',
  )
export type ThresholdRule = z.output<typeof thresholdRule>

/** A metric that the project computes itself, in a process of its own. */
export const customMetricDeclaration = z.strictObject({
  name: objectName,
  /** Module of the bundle, and the name under which it exports the metric. */
  module: z.string().min(1).max(1000),
  export: z.string().min(1).max(200),
  /** Of the code that decides its values. */
  codeDigest: z.string().min(1).max(200),
  /** Over the performance window, whose rows have labels and are restated, instead of the drift window. */
  labels: z.boolean().default(false),
  /** Fewer rows (of them labelled, with `labels`) give no value. */
  minRows: z.number().int().min(1).default(1),
  /** Columns whose values cut the rows: the metric is computed within each segment too. */
  segments: z.array(z.string().min(1)).max(8).default([]),
  above: z.number().optional(),
  below: z.number().optional(),
  timeout: duration.default('10s'),
})
export type CustomMetricDeclaration = z.output<typeof customMetricDeclaration>

/** What windows are compared with. */
export const monitorReference = z.union([
  /** The rows that the champion was trained on, taken when it is promoted. */
  z.literal('training'),
  /** A version of a dataset; the newest when the monitor is declared unless told. */
  z.strictObject({
    kind: z.literal('dataset'),
    dataset: objectName,
    version: z.number().int().min(1).optional(),
  }),
  /** Rows of the watched source with event time in [from, to). */
  z.strictObject({ kind: z.literal('window'), from: timestampMs, to: timestampMs }),
  /** The rows of so long before each window. */
  z.strictObject({ kind: z.literal('rolling'), length: duration }),
])
export type MonitorReference = z.output<typeof monitorReference>

/** How each segment is compared with the reference. */
export const segmentDrift = z.strictObject({
  /** `segment`: with its own part of the reference; `whole`: with all of it. */
  reference: z.enum(['segment', 'whole']).default('segment'),
  /** Columns to compare; those of the monitor when empty. */
  columns: z.array(z.string()).default([]),
  /** Of each column of `segments` the largest ones. */
  most: z.number().int().min(1).max(20).default(10),
  /** Fewer rows on either side give no verdict. */
  minRows: z.number().int().min(20).default(100),
  /** Over all tests of a window; the first two bound the share of false alarms, the others the chance of any. */
  correction: z
    .enum(['benjamini-hochberg', 'benjamini-yekutieli', 'holm', 'bonferroni'])
    .default('benjamini-hochberg'),
  alpha: z.number().positive().max(0.5).default(0.05),
  /** A smaller gap is no drift however sure it is. */
  minGap: z.number().min(0).max(1).default(0.1),
})

/** Inputs of the served version against the rows that it was trained on. */
export const skewDeclaration = z.strictObject({
  /** Columns to compare; all that it was trained on when empty. */
  columns: z.array(z.string().min(1)).max(5000).default([]),
  /** A larger skew is one: of numbers in bits, of categories as a difference of shares. */
  above: z.number().positive().max(1).default(0.3),
})

/** Other monitors wait for a window that is being closed. */
const longestMetricMs = 600_000

const declarationFields = z.strictObject({
  name: objectName,
  description: z.string().default(''),
  /** The endpoint whose predictions are watched; without it and the other three, the batches that are uploaded. */
  endpoint: objectName.nullable().default(null),
  /** The dataset whose newest version is watched, by its event time. */
  dataset: objectName.nullable().default(null),
  /** The pipeline whose runs are watched: a row for each that ended. */
  pipeline: objectName.nullable().default(null),
  /** The feature view whose rows are watched, by their event time. */
  featureView: objectName.nullable().default(null),
  /** Length of a window, in event time. */
  window: duration.default('1d'),
  /** How often a window closes; `window` unless told. Shorter than `window`: windows slide. */
  every: duration.nullable().default(null),
  /** A window closes with so many rows instead of after a time; rows of one instant stay together. */
  count: z.number().int().min(1).max(10_000_000).nullable().default(null),
  /** How long after its end a window waits before it closes. */
  lateness: duration.default('0s'),
  reference: monitorReference.default('training'),
  drift: z.array(z.enum(driftMethods)).default(['psi', 'ks', 'js']),
  /** Columns to watch; all inputs of the model when empty. */
  columns: z.array(z.string()).default([]),
  /** Columns of texts, which are compared by their words and figures instead of as categories. */
  texts: z.array(z.string().min(1)).max(8).default([]),
  /** Embeddings: a column of lists, or the columns `<name>[0]`, … or `<name>_0`, … of one. */
  embeddings: z.array(z.string().min(1)).max(8).default([]),
  /** Columns whose values cut the rows into segments, each with its own volume and performance. */
  segments: z.array(z.string().min(1)).max(8).default([]),
  /** Drift of inputs and answers within each segment. */
  segmentDrift: segmentDrift.nullable().default(null),
  /** Training/serving skew, whatever `reference` is. */
  skew: skewDeclaration.nullable().default(null),
  /** Rates by group over time, for models that answer one of two labels. */
  fairness: z
    .strictObject({
      columns: z.array(z.string().min(1)).min(1).max(8),
      /** The answer that is the favourable one. */
      positive: z.string(),
      minRows: z.number().int().min(1).default(30),
    })
    .nullable()
    .default(null),
  performance: z
    .strictObject({
      metrics: z.array(z.enum(performanceMetrics)).min(1),
      window: duration,
      minSamples: z.number().int().min(1).default(30),
    })
    .nullable()
    .default(null),
  /** A forecast that costs nothing, shown beside the model: the label of the same hour so long ago. */
  naive: z.strictObject({ lag: duration }).nullable().default(null),
  /** Outliers over all numeric columns together, beside those of single columns. */
  outliers: z.array(z.enum(['isolation', 'mahalanobis'])).default([]),
  /** What each feature counts in the answers, against the reference, over some rows of each window. */
  explanations: z
    .strictObject({
      rows: z.number().int().min(30).max(1000).default(200),
      /** Rows of the reference that absent features are taken from. */
      background: z.number().int().min(5).max(200).default(50),
      /** For the rows of a window, and as long again for those of the reference. */
      budget: duration.default('5s'),
    })
    .nullable()
    .default(null),
  /** What an hour of answering costs, and how much power it takes: shown with every figure that follows from it. */
  cost: z
    .strictObject({
      pricePerHour: z.number().min(0).max(1e9),
      currency: z.string().min(1).max(10).default('EUR'),
      watts: z.number().positive().max(1e9).optional(),
    })
    .nullable()
    .default(null),
  custom: z.array(customMetricDeclaration).max(20).default([]),
  thresholds: z.array(thresholdRule).max(200).default([]),
  alerts: z.array(alertRule).default([]),
})

/** What is watched, how it is cut into windows, and what these are compared with and judged by. */
export const monitorDeclaration = declarationFields.superRefine((declaration, context) => {
  const refuse = (path: string, message: string): void =>
    void context.addIssue({ code: 'custom', path: [path], message })
  const { endpoint } = declaration
  const watched = watchedKinds.filter((kind) => declaration[kind] !== null)
  if (watched.length > 1)
    refuse(
      watched.at(-1) ?? '',
      'watch an endpoint, a dataset, a pipeline or a feature view, not both',
    )
  if (declaration.count !== null && declaration.every !== null)
    refuse('every', 'a window of a number of rows closes when it is full, not every so often')
  if (declaration.every !== null) {
    const [windowMs, everyMs] = [durationMs(declaration.window), durationMs(declaration.every)]
    if (everyMs === 0 || everyMs > windowMs)
      refuse('every', 'use a length above 0 and at most that of the window')
  }
  if (declaration.explanations && endpoint === null)
    refuse('explanations', 'only the model of an endpoint can be asked')
  if (declaration.skew && endpoint === null)
    refuse('skew', 'only the model of an endpoint has been trained on something')
  if (declaration.segmentDrift && declaration.segments.length === 0)
    refuse('segmentDrift', 'name the columns that cut the rows in segments')
  const names = declaration.custom.map(({ name }) => name)
  if (new Set(names).size < names.length) refuse('custom', 'each metric has a name of its own')
  for (const { name, labels, timeout } of declaration.custom) {
    if (labels && declaration.performance === null)
      refuse('custom', `"${name}" is computed over labelled rows: declare performance`)
    const timeoutMs = durationMs(timeout)
    if (timeoutMs === 0 || timeoutMs > longestMetricMs)
      refuse('custom', `"${name}": use a timeout above 0 and at most 10m`)
  }
  const { reference, thresholds } = declaration
  const movesAlong = reference !== 'training' && reference.kind === 'rolling'
  if (movesAlong && thresholds.some(({ baseline }) => baseline === 'reference'))
    refuse('thresholds', 'a reference that moves along has no variation: take earlier windows')
  if (durationMs(declaration.window) === 0) refuse('window', 'use a length above 0')
  const [kind] = watched
  if (kind !== undefined && kind !== 'endpoint' && declaration.performance !== null)
    refuse('performance', `a ${watchedInWords[kind]} has no answers to be judged`)
})
export type MonitorDeclaration = z.output<typeof monitorDeclaration>
