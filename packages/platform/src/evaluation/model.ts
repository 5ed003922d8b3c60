import type { GateDecision, GateRule, PerformanceMetric } from '@kaizen/contracts'

export type { GateCheck, GateDecision, GateRule, PerformanceMetric } from '@kaizen/contracts'

/** Answers of a model, one for each row, in the order of the rows. */
export type Predictions =
  | {
      readonly task: 'regression'
      /** In the unit of the target; NaN where the model gave no answer. */
      readonly values: Float64Array
    }
  | {
      readonly task: 'classification'
      readonly labels: readonly string[]
      /** Probability of the second class in sorted order, for models of two classes that tell it. */
      readonly probabilities: Float64Array | null
    }

/** Ground truth as feedback gives it; null where it has not come. */
export type Actual = number | string | boolean | null

/** Values of metrics; null where the rows or the task do not allow one. */
export type MetricValues = Readonly<Partial<Record<PerformanceMetric, number | null>>>

/** Everything that a gate looks at; the same rows for both models. */
export interface GateInput {
  readonly rule: GateRule
  readonly actuals: readonly Actual[]
  readonly candidate: Predictions
  /** `none`: nothing is deployed, so only floors and limits decide. `unscored`: there is one, but it cannot answer these rows. */
  readonly champion:
    | { readonly kind: 'scored'; readonly version: number; readonly predictions: Predictions }
    | { readonly kind: 'none' }
    | { readonly kind: 'unscored'; readonly version: number; readonly reason: string }
  /** Median time of one row in milliseconds, where it was measured. */
  readonly latencyMs: number | null
  readonly sizeBytes: number | null
  /** Seeds the resampling: the same input has the same decision. */
  readonly seed: number
}

export type DecideGate = (input: GateInput) => GateDecision
