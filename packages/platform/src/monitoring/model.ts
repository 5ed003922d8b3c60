import type {
  AlertRule,
  DriftMethod,
  distribution,
  MonitorDeclaration,
  MonitorReference,
  PerformanceMetric,
  Statistic,
  WindowReport,
} from '@kaizen/contracts'
import type { EstimatedMetric } from '@kaizen/ml/estimation'
import type { ModelState } from '@kaizen/ml/estimators'
import type { z } from 'zod'
import type { Actual } from '../evaluation/index.ts'
import type { Bundle } from '../pipelines/index.ts'
import type { Table, TableColumn } from '../storage/index.ts'

export type {
  AlertRule,
  AlertView,
  Annotation,
  DriftMethod,
  MonitorDeclaration,
  MonitorReference,
  MonitorView,
  PerformanceMetric,
  Statistic,
  ThresholdRule,
  WindowReport,
  WindowSummary,
} from '@kaizen/contracts'

/** Counts of the reference and of a window over the same cells. */
export type Distribution = z.output<typeof distribution>

/** A monitor as declared, with how far its windows have closed. */
export interface MonitorRecord {
  readonly name: string
  readonly project: string | null
  readonly declaration: MonitorDeclaration
  /** Raised each time the declaration changes; windows say by which they were computed. */
  readonly version: number
  /** End of the newest closed window, where the next one begins; event time in milliseconds. */
  readonly closedTo: number
  /** False until the first window that holds a prediction has closed. */
  readonly started: boolean
  /** Up to which change of labels windows have been restated. */
  readonly labelCursor: number
  /** What the monitor's own metrics run from; null where it declares none. */
  readonly bundle: Bundle | null
}

export type ColumnKind = 'numeric' | 'categorical'

/** What is kept of a reference column: enough for every statistic, at most 10,000 values. */
export type ReferenceColumn =
  | {
      readonly name: string
      readonly kind: 'numeric'
      readonly rows: number
      readonly missing: number
      readonly min: number
      readonly max: number
      /** Present values in ascending order, or evenly spaced ones of more than 10,000. */
      readonly sample: readonly number[]
      /** Where they come from a sketch: by how much shares of values below a point may be off. */
      readonly error?: number
    }
  | {
      readonly name: string
      readonly kind: 'categorical'
      readonly rows: number
      readonly missing: number
      readonly counts: readonly (readonly [value: string, count: number])[]
    }

/** The rows that a model was trained on, as far as a monitor needs them. */
export interface ReferenceProfile {
  readonly rows: number
  readonly columns: readonly ReferenceColumn[]
  /** What the model answers for those rows. */
  readonly prediction: ReferenceColumn | null
  /** By column that cuts the rows: what each segment has, the largest first. */
  readonly segments?: Readonly<Record<string, readonly SegmentReference[]>>
  /** Of the columns that are read as text or embedding. */
  readonly content?: ContentReference
  /** Drawn rows as they were; where attributions are compared. */
  readonly sample?: SampledRows
  /** Rows kept whole, for what columns do together. */
  readonly joint?: JointSample | null
  /** By metric of drift its values for parts of the rows against the whole; where thresholds look at them. */
  readonly variation?: Variation
  /** Of the model's probabilities, where the rows have labels. */
  readonly calibration?: Calibration | null
  /** Where the rows have labels: what estimates vary by for lack of rows. */
  readonly sampling?: Sampling | null
  readonly truth?: TruthProfile | null
  /** Where the rows have labels that are numbers. */
  readonly loss?: LossModels | null
}

export interface Variation {
  /** Those that were asked for, also where rows were too few for any. */
  readonly methods: readonly DriftMethod[]
  readonly values: Readonly<Record<string, readonly number[]>>
}

/** The part of a reference that has one value in a column. */
export interface SegmentReference {
  readonly value: string
  readonly rows: number
  readonly columns: readonly ReferenceColumn[]
  readonly prediction: ReferenceColumn | null
}

/** By column; null where the rows have none of that name. */
export interface ContentReference {
  readonly texts: Readonly<Record<string, TextSample | null>>
  readonly embeddings: Readonly<Record<string, EmbeddingSample | null>>
}

export interface TextSample {
  readonly rows: number
  /** Rows whose text is missing or blank. */
  readonly empty: number
  readonly sample: readonly string[]
}

export interface EmbeddingSample {
  readonly rows: number
  readonly missing: number
  /** Rows that hold something else than finite numbers of the commonest length. */
  readonly invalid: number
  readonly dimension: number
  readonly sample: readonly (readonly number[])[]
}

/** Rows of a reference, by columns; what is missing is null. */
export interface SampledRows {
  readonly rowCount: number
  readonly columns: readonly {
    readonly name: string
    readonly type: TableColumn['type']
    readonly values: readonly (number | string | boolean | null)[]
  }[]
}

/** Numeric columns of some rows of a reference. */
export interface JointSample {
  readonly columns: readonly string[]
  /** What stands for a missing value of each column. */
  readonly middles: readonly number[]
  readonly rows: readonly (readonly number[])[]
}

/** Where the rows of a reference have labels: how these are spread, and by how much answers miss them. */
export interface TruthProfile {
  readonly label: ReferenceColumn
  /** Null where answers are labels without probabilities. */
  readonly residual: ReferenceColumn | null
}

/** For each metric a model of the loss of a row, and by how much losses differ from row to row. */
export interface LossModels {
  readonly rows: number
  readonly models: Readonly<
    Record<'mae' | 'rmse' | 'mape', { readonly state: ModelState; readonly spread: number }>
  >
}

/** By estimable metric the standard error of a single row; that of a window is smaller by the root of its rows. */
export type Sampling = Readonly<Partial<Record<EstimatedMetric, number>>>

/** A non-decreasing function from scores to probabilities, learned on labelled rows. */
export interface Calibration {
  readonly knots: readonly number[]
  readonly values: readonly number[]
  readonly rows: number
}

/** What the windows of a monitor are compared with. */
export interface Reference {
  /** 0 where the rows are not the training rows of a model. */
  readonly modelVersion: number
  /** Which rows, as declared; what is declared now may ask for others. */
  readonly source: MonitorReference
  readonly rows: number
  /** Blob with the profile as JSON. */
  readonly profileDigest: string
  /** Metrics of the model on its gate's holdout. */
  readonly performance: Readonly<Record<string, number>>
  readonly setAt: number
}

/** A profile that is stored and waits to become the reference. */
export interface PreparedReference {
  readonly digest: string
  readonly rows: number
}

/** One value of a metric over time; the latest revision of its window. */
export interface MetricPoint {
  readonly metric: string
  /** End of the window. */
  readonly at: number
  readonly value: number | null
  readonly rows: number
  readonly revision: number
  readonly threshold: number | null
  readonly lower: number | null
  readonly drifted: boolean | null
  readonly note: string | null
  /** 95 % confidence by the number of rows alone. */
  readonly band: readonly [low: number, high: number] | null
}

/** A closed window before it is stored. */
export interface NewWindow {
  readonly kind: WindowReport['kind']
  readonly from: number
  readonly to: number
  readonly rows: number
  readonly labelled: number
  readonly modelVersions: readonly number[]
  readonly statistics: readonly Statistic[]
  readonly distributions: readonly Distribution[]
  /** Values on the reference by metric, where a window tells its own. */
  readonly references?: Readonly<Record<string, number>>
  /** Of the reference, where thresholds look at it. */
  readonly variation?: Variation
}

/** The newest value of a metric, with what it is judged by. */
export interface LatestMetric {
  readonly value: number
  readonly at: number
  readonly rows: number
  /** Value of the same metric for the champion when it was promoted. */
  readonly reference: number | null
}

/** Rows of the prediction log, in event time; columns of equal length in the same order. */
export interface LoggedPredictions {
  readonly at: Float64Array
  readonly version: Float64Array
  /** How long the answer took in milliseconds; NaN where nobody has measured. */
  readonly latencyMs: Float64Array
  readonly error: readonly (string | null)[]
  readonly inputs: Table
  readonly outputs: Table
  readonly actual: readonly Actual[]
}

/** Event time in [from, to), in milliseconds. */
export interface TimeSpan {
  readonly from: number
  readonly to: number
}

/** What monitoring reads of serving. */
export interface PredictionLog {
  /** Answers that callers got, in event time. */
  predictions(
    endpoint: string,
    span: TimeSpan,
    options?: { readonly mode?: 'live' | 'shadow' },
  ): Promise<LoggedPredictions>
  /** Event times that the log spans; undefined while it is empty. */
  logSpan(endpoint: string): Promise<TimeSpan | undefined>
  /** The span of predictions whose label came or changed after a cursor, and the cursor to ask with next. */
  feedbackChangedSince(
    endpoint: string,
    cursor: number,
  ): Promise<{ readonly cursor: number; readonly span: TimeSpan | null }>
}

/** Rules that an alert needs to be decided, with the values that decide it. */
export interface AlertInput {
  readonly rule: AlertRule
  /** The newest windows' values of the rule's metric, oldest first; at most `rule.of`. */
  readonly points: readonly MetricPoint[]
  /** Reference value of the metric. */
  readonly reference: number | null
  /** Whether an alert of the rule is open or acknowledged. */
  readonly active: boolean
}

export type PerformanceValues = Readonly<Partial<Record<PerformanceMetric, number | null>>>
