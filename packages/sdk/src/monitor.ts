import type {
  AlertRule,
  DriftMethod,
  MonitorDeclaration,
  MonitorReference,
  PerformanceMetric,
  ThresholdRule,
} from '@kaizen/contracts'
import type { CustomMetric } from './custom-metric.ts'
import type { Dataset } from './dataset.ts'
import type { Endpoint } from './endpoint.ts'
import type { FeatureView } from './features.ts'
import type { Pipeline } from './pipeline.ts'

/** What an alert watches; `any` stands for the worst of the monitor's columns, `@column=value` for a segment. */
export type WatchedMetric =
  | `drift:${string}:${DriftMethod}`
  | `${`drift:${string}` | 'prediction'}:gap@${string}`
  | `prediction:${DriftMethod}`
  | `performance:${PerformanceMetric}`
  | `performance:${PerformanceMetric}@${string}`
  | `estimated:${'accuracy' | 'auc' | 'f1'}`
  | `naive:${PerformanceMetric}`
  | `${'missing' | 'range' | 'new' | 'mistyped'}:${string}`
  | `volume:rows${'' | `@${string}`}`
  | 'volume:entities'
  | `fairness:${'selection-ratio' | 'opportunity-difference'}:${string}`
  | `skew:${string}`
  | 'calibration:error'
  | `text:${string}:${'classifier' | 'descriptors' | 'empty'}`
  | `embedding:${string}:${'mmd' | 'cosine' | 'invalid'}`
  | `explanation:${'ndcg' | 'shift'}`
  | `attribution:${string}`
  | `freshness:${'seconds' | 'online'}`
  | 'errors:share'
  | `latency:${'p50' | 'p99'}`
  | 'labels:completeness'
  | `schema:${'absent' | 'added'}`
  | `outliers:${'rows' | 'isolation' | 'mahalanobis'}`
  | 'hostile:rows'
  | `${'cost' | 'energy'}:${'window' | 'prediction'}`
  | `custom:${string}`

export interface AlertOptions {
  readonly metric: WatchedMetric
  /** Without a bound the metric's own verdict decides. */
  readonly above?: number
  readonly below?: number
  /** Above this many times the value on the reference. */
  readonly aboveReference?: number
  /** How many of the last `of` windows must break the bound; the last one unless told. */
  readonly windows?: number
  readonly of?: number
  /** `warning` unless told. */
  readonly severity?: AlertRule['severity']
}

/** An alert of a monitor. */
export const alert = (name: string, options: AlertOptions): AlertRule => ({
  name,
  windows: 1,
  of: Math.max(1, options.windows ?? 1),
  severity: 'warning',
  ...options,
})

/** What a metric is judged by; see the guide on monitoring. */
export type ThresholdOptions = Omit<ThresholdRule, 'history'> & { readonly history?: number }

interface SharedOptions {
  readonly description?: string
  /** Length of a window in event time; `1d` unless told. */
  readonly window?: string
  /** How often a window closes; `window` unless told. Shorter: windows slide. */
  readonly every?: string
  /** A window closes with so many rows instead of after a time. */
  readonly count?: number
  /** How long after its end a window waits for late rows. */
  readonly lateness?: string
  /** What windows are compared with; the training rows of the champion unless told. */
  readonly reference?: MonitorReference
  /** Statistics of drift; PSI, Kolmogorov-Smirnov and Jensen-Shannon unless told. */
  readonly drift?: readonly DriftMethod[]
  /** Columns to watch; all inputs unless told. */
  readonly columns?: readonly string[]
  /** Columns of texts. */
  readonly texts?: readonly string[]
  /** Columns of lists of numbers, or what the columns of one have in common: `emb` for `emb_0`, `emb_1`, … */
  readonly embeddings?: readonly string[]
  /** Columns whose values cut the rows into segments. */
  readonly segments?: readonly string[]
  /** Drift within each segment; `{}` takes what is customary. */
  readonly segmentDrift?: Partial<NonNullable<MonitorDeclaration['segmentDrift']>>
  /** Outliers over all numeric columns together, beside those of single columns. */
  readonly outliers?: MonitorDeclaration['outliers']
  /** What an hour of answering costs and how many watts it takes. */
  readonly cost?: {
    readonly pricePerHour: number
    /** `EUR` unless told. */
    readonly currency?: string
    readonly watts?: number
  }
  /** Metrics that the project computes itself. */
  readonly custom?: readonly CustomMetric[]
  readonly thresholds?: readonly ThresholdOptions[]
  readonly alerts?: readonly AlertRule[]
}

export interface MonitorOptions extends SharedOptions {
  readonly endpoint: Endpoint
  /** Quality on labelled predictions of the last `window`. */
  readonly performance?: {
    readonly metrics: readonly [PerformanceMetric, ...PerformanceMetric[]]
    readonly window: string
    readonly minSamples?: number
  }
  /** A forecast that costs nothing, shown beside the model: the label of so long ago. */
  readonly naive?: { readonly lag: string }
  /** What each feature counts in the answers, over some rows of each window; `{}` takes what is customary. */
  readonly explanations?: Partial<NonNullable<MonitorDeclaration['explanations']>>
  /** Inputs against what the served version was trained on, whatever `reference` is; `{}` takes what is customary. */
  readonly skew?: Partial<NonNullable<MonitorDeclaration['skew']>>
  /** Rates by group of these columns over time. */
  readonly fairness?: {
    readonly columns: readonly [string, ...string[]]
    /** The favourable answer. */
    readonly positive: string
    readonly minRows?: number
  }
}

export interface DatasetMonitorOptions extends SharedOptions {
  readonly dataset: Dataset
}

export interface PipelineMonitorOptions extends Omit<SharedOptions, 'columns'> {
  readonly pipeline: Pipeline
  /** Columns to watch, such as `duration`, `fit.rows`; all unless told. */
  readonly columns?: readonly string[]
}

export interface FeatureViewMonitorOptions<Names extends string = string>
  extends Omit<SharedOptions, 'columns'> {
  readonly featureView: FeatureView<Names>
  /** Features to watch; all unless told. */
  readonly columns?: readonly NoInfer<Names>[]
}

/** Batches are uploaded with `kaizen monitors upload`, or `POST /api/v1/monitors/:name/batches`. */
export type BatchMonitorOptions = Omit<MonitorOptions, 'endpoint' | 'explanations' | 'skew'>

type Watched = Endpoint | Dataset | Pipeline | FeatureView | null

/** A monitor of an endpoint, a dataset, a pipeline, a feature view, or of uploaded batches. */
export interface Monitor<Source = Watched> {
  readonly kind: 'monitor'
  readonly name: string
  /** What is watched; null for uploaded batches. */
  readonly source: Source
  readonly custom: readonly CustomMetric[]
  /** Where the code of `custom` stands is found when the project is made a manifest. */
  readonly declaration: MonitorDeclaration
}

/** Declares a monitor: what is watched on an endpoint, and when to speak up. */
export const monitor = (
  name: string,
  { endpoint, ...options }: MonitorOptions,
): Monitor<Endpoint> => declared(name, endpoint, options)

/** Declares a monitor of the rows of a dataset's newest version, by its event time. */
export const datasetMonitor = (
  name: string,
  { dataset, ...options }: DatasetMonitorOptions,
): Monitor<Dataset> => declared(name, dataset, options)

/**
 * Declares a monitor of the runs of a pipeline, a row for each that ended: how long it and its steps took, what they
 * answered, how large their files are. Compared with the runs of the 90 days before unless told.
 */
export const pipelineMonitor = (
  name: string,
  { pipeline, ...options }: PipelineMonitorOptions,
): Monitor<Pipeline> =>
  declared(name, pipeline, { reference: { kind: 'rolling', length: '90d' }, ...options })

/**
 * Declares a monitor of a feature view: its values by event time, of each entity and time the one that became known last,
 * and how far the online store is behind. Compared with the values of the 30 days before unless told.
 */
export const featureViewMonitor = <const Names extends string>(
  name: string,
  { featureView, ...options }: FeatureViewMonitorOptions<Names>,
): Monitor<FeatureView<Names>> =>
  declared(name, featureView, { reference: { kind: 'rolling', length: '30d' }, ...options })

/** Declares a monitor of batches that edge devices and batch jobs upload. */
export const batchMonitor = (name: string, options: BatchMonitorOptions = {}): Monitor<null> =>
  declared(name, null, options)

const customary = {
  reference: 'segment',
  columns: [],
  most: 10,
  minRows: 100,
  correction: 'benjamini-hochberg',
  alpha: 0.05,
  minGap: 0.1,
} as const satisfies MonitorDeclaration['segmentDrift']

function declared<Source extends Watched>(
  name: string,
  source: Source,
  options: Omit<MonitorOptions, 'endpoint'>,
): Monitor<Source> {
  const { performance, fairness } = options
  return {
    kind: 'monitor',
    name,
    source,
    custom: options.custom ?? [],
    declaration: {
      name,
      description: options.description ?? '',
      endpoint: source?.kind === 'endpoint' ? source.name : null,
      dataset: source?.kind === 'dataset' ? source.name : null,
      pipeline: source?.kind === 'pipeline' ? source.name : null,
      featureView: source?.kind === 'feature-view' ? source.name : null,
      window: options.window ?? '1d',
      every: options.every ?? null,
      count: options.count ?? null,
      lateness: options.lateness ?? '0s',
      reference: options.reference ?? 'training',
      drift: [...(options.drift ?? (['psi', 'ks', 'js'] as const))],
      columns: [...(options.columns ?? [])],
      texts: [...(options.texts ?? [])],
      embeddings: [...(options.embeddings ?? [])],
      segments: [...(options.segments ?? [])],
      segmentDrift: options.segmentDrift ? { ...customary, ...options.segmentDrift } : null,
      skew: options.skew ? { columns: [], above: 0.3, ...options.skew } : null,
      fairness: fairness
        ? {
            columns: [...fairness.columns],
            positive: fairness.positive,
            minRows: fairness.minRows ?? 30,
          }
        : null,
      performance: performance
        ? {
            metrics: [...performance.metrics],
            window: performance.window,
            minSamples: performance.minSamples ?? 30,
          }
        : null,
      naive: options.naive ?? null,
      outliers: [...(options.outliers ?? [])],
      explanations: options.explanations
        ? { rows: 200, background: 50, budget: '5s', ...options.explanations }
        : null,
      cost: options.cost ? { currency: 'EUR', ...options.cost } : null,
      custom: [],
      thresholds: (options.thresholds ?? []).map((rule) => ({ history: 30, ...rule })),
      alerts: [...(options.alerts ?? [])],
    },
  }
}
