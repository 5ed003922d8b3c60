import { getCallSites } from 'node:util'

type Cell = string | number | boolean | null

/** A row of a window; a missing value is null. */
export interface MetricRow {
  /** Event time in milliseconds. */
  readonly at: number
  readonly inputs: Readonly<Record<string, Cell>>
  /** What the model answered; empty where nobody was asked. */
  readonly outputs: Readonly<Record<string, Cell>>
  /** What turned out to be true, as far as it is known. */
  readonly actual: Cell
  readonly latencyMs: number | null
  readonly error: string | null
}

/** What is kept of a column of the reference: evenly spaced values in ascending order, or the counts of its categories. */
export type MetricReferenceColumn =
  | {
      readonly name: string
      readonly kind: 'numeric'
      readonly rows: number
      readonly missing: number
      readonly min: number
      readonly max: number
      readonly sample: readonly number[]
    }
  | {
      readonly name: string
      readonly kind: 'categorical'
      readonly rows: number
      readonly missing: number
      readonly counts: readonly (readonly [value: string, count: number])[]
    }

/** A window, or a segment of one. */
export interface MetricWindow {
  readonly monitor: string
  /** Event time in [from, to), in milliseconds. */
  readonly from: number
  readonly to: number
  /** Such as `city=Paris`; null for all rows. */
  readonly segment: string | null
  /** In order of event time. */
  readonly rows: readonly MetricRow[]
  /** What the window is compared with; null while there is none. */
  readonly reference: {
    readonly rows: number
    readonly columns: readonly MetricReferenceColumn[]
  } | null
}

/** A value with what it is judged by and drawn with. */
export interface MetricFigure {
  /** Null where there is no value; then `note` says why. */
  readonly value: number | null
  /** Above or below these it has drifted. */
  readonly above?: number
  readonly below?: number
  /** Between which values the true figure lies. */
  readonly band?: readonly [low: number, high: number]
  /** What the value would be on the reference; thresholds with `aboveReference` and `belowReference` multiply it. */
  readonly reference?: number
  readonly note?: string
}

/** One number, or several by name. */
export type MetricResult = number | null | Readonly<Record<string, number | null | MetricFigure>>

export interface CustomMetricOptions {
  /** Rows whose labels have come decide it: it is computed over the performance window, and again as labels come. */
  readonly labels?: boolean
  /** Fewer rows give no value; 1 unless told. */
  readonly minRows?: number
  /** Columns whose values cut the rows into segments, each with its own value. */
  readonly segments?: readonly string[]
  readonly above?: number
  readonly below?: number
  /** The function is ended after this long; `10s` unless told. */
  readonly timeout?: string
  /** Runs in a process of its own. The same window has to give the same values. */
  readonly run: (window: MetricWindow) => MetricResult | Promise<MetricResult>
}

/** A metric that a project computes itself. */
export interface CustomMetric extends CustomMetricOptions {
  readonly kind: 'custom-metric'
  readonly name: string
  /** File URL of the module that declares it. */
  readonly module: string
}

/**
 * Declares a metric of monitors as a function of a window's rows: `custom:<name>`, or `custom:<name>:<key>` for each value
 * of a record. Export it from its module under any name: the process that runs it finds it there.
 */
export const customMetric = (name: string, options: CustomMetricOptions): CustomMetric => ({
  ...options,
  kind: 'custom-metric',
  name,
  module: getCallSites(2)[1]?.scriptName ?? '',
})

export const isCustomMetric = (value: unknown): value is CustomMetric =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'custom-metric'
