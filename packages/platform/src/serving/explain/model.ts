import type { Tensors } from '../../runtime/index.ts'

/** What a request says about its explanation. */
export interface ExplainRequest {
  /** How long an explanation may take; what has been found by then is the answer. */
  readonly budgetMs: number
}

/** How answers follow from what features add up to. */
export type Link = 'identity' | 'logit' | 'softmax' | 'log'

export type ExplainMethod = 'tree-shap' | 'linear-shap' | 'exact-shapley' | 'permutation-shap'

/** One number that is explained: an output, or a class of one. */
export interface ExplainedTarget {
  readonly name: string
  /** The label of the class, where an answer has shown it. */
  readonly label: string | undefined
  /** Mean over the background, in the scale of `link`. */
  readonly base: number
}

/** How the features of each row add up to the answer: link(base + sum of values). */
export interface Explanation {
  readonly method: ExplainMethod
  /** Shapley values against the background, not an estimate of them. */
  readonly exact: boolean
  readonly link: Link
  /** Name of the output that is explained. */
  readonly output: string
  readonly features: readonly string[]
  readonly targets: readonly ExplainedTarget[]
  readonly rows: number
  /** Rows by targets by features. */
  readonly values: Float64Array
  /** Rows by targets: base plus values. */
  readonly scores: Float64Array
  readonly background: { readonly rows: number; readonly source: BackgroundSource }
  /** Largest difference between an answer and what its values add up to. */
  readonly residual: number
  /** Largest standard error of a value; null where values are exact. */
  readonly standardError: number | null
  /** Rows that the model computed for this. */
  readonly evaluations: number
  readonly budgetMs: number
  readonly tookMs: number
}

export type BackgroundSource = 'log' | 'zeros'

/** Rows that absent features are taken from. */
export interface Background {
  readonly tensors: Tensors
  readonly rows: number
  readonly source: BackgroundSource
}

/** The most rows that one request has explained. */
export const mostExplainedRows = 64
export const defaultBudgetMs = 250
export const mostBudgetMs = 10_000
