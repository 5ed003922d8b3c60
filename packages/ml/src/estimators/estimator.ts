import type { Feature } from '../data/features.ts'
import { columnOf, type Table } from '../data/table.ts'
import type { Classes } from '../data/target.ts'
import { MlError } from '../ml-error.ts'

/** Predictions of rows, in the order of the table. */
export type Prediction =
  | { readonly task: 'regression'; readonly values: Float64Array }
  | {
      readonly task: 'classification'
      readonly classes: Classes
      /** By row, an index into `classes`. */
      readonly labels: Int32Array
      /** Row by row, one probability a class. */
      readonly probabilities: Float64Array
    }

/** How much a feature contributed; the importances of a model sum to 1. */
export interface FeatureImportance {
  readonly feature: string
  readonly importance: number
}

/** A trained model. Immutable; predicts, exports and serialises itself. */
export interface FittedModel {
  readonly kind: ModelKind
  readonly task: Prediction['task']
  /** The name of the column that it was taught. */
  readonly target: string
  readonly features: readonly Feature[]
  /** The labels of a classification, in the order of the probabilities. */
  readonly classes: Classes | null
  /**
   * Predicts each row; features are found by name, further columns are ignored.
   * @throws MlError when a feature is absent or of another kind.
   */
  predict(table: Table): Prediction
  /** The whole model, preprocessing included, as an ONNX graph with one `[N, 1]` input a feature. */
  toOnnx(): Uint8Array
  /** Plain JSON from which `restoreModel` makes an equal model. */
  toJSON(): ModelState
  /** Largest first. */
  featureImportance(): FeatureImportance[]
  /** What happened while it was fitted, for the record of the run. */
  readonly training: TrainingRecord
}

/** Facts about a fit. */
export interface TrainingRecord {
  readonly rows: number
  readonly iterations: number
  /** The mean validation loss after each iteration; empty without early stopping. */
  readonly validationLoss: readonly number[]
}

export const modelKinds = ['gradient-boosting', 'linear', 'logistic'] as const
export type ModelKind = (typeof modelKinds)[number]

/** The serialised form of a model; `format` rises when its shape changes. */
export interface ModelState {
  readonly format: 1
  readonly kind: ModelKind
  readonly target: string
  readonly features: readonly Feature[]
  readonly classes: Classes | null
  readonly training: TrainingRecord
  readonly parameters: unknown
}

/** What every trainer understands, beside its own options. */
export interface FitOptions {
  /** Columns to learn from; default: all but the target and the weights. */
  readonly features?: readonly string[]
  /** A numeric column of weights, not negative, not all zero. A row of weight 2 counts like two rows. */
  readonly weightColumn?: string
}

/** A way to train: `fit` learns the column `target` of `table` from the others. */
export interface Estimator<Options> {
  readonly kind: ModelKind
  /** @throws MlError naming the offending column, row or option. */
  fit(table: Table, target: string, options?: Options & FitOptions): FittedModel
}

/**
 * The names of the columns to learn from.
 * @throws MlError when there are no rows, no features, or the target is one of them.
 */
export const chooseFeatures = (table: Table, target: string, options: FitOptions): string[] => {
  if (table.rowCount === 0) {
    throw new MlError('invalid_input', 'the table has no rows', 'train on at least two rows')
  }
  columnOf(table, target)
  const { features, weightColumn } = options
  if (features !== undefined && !isNames(features)) {
    throw new MlError(
      'invalid_option',
      "option 'features' is no list of names",
      'list the names of columns',
    )
  }
  const names =
    features ??
    table.columns.map(({ name }) => name).filter((name) => name !== target && name !== weightColumn)
  const leak = [target, weightColumn].find((name) => name !== undefined && names.includes(name))
  if (leak !== undefined) {
    throw new MlError(
      'invalid_option',
      `'${leak}' is among the features and also the ${leak === target ? 'target' : 'weights'}`,
      `remove '${leak}' from the features`,
    )
  }
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined) {
    throw new MlError('invalid_option', `feature '${repeated}' is named twice`, 'name it once')
  }
  if (names.length === 0) {
    throw new MlError('invalid_input', 'there are no features', 'keep a column besides the target')
  }
  for (const name of names) columnOf(table, name)
  return [...names]
}

const isNames = (value: unknown): boolean =>
  Array.isArray(value) && value.every((name) => typeof name === 'string')

/**
 * The weights of the rows, or null.
 * @throws MlError when one is negative, missing or infinite, or none is positive.
 */
export const weightsOf = (table: Table, name: string | undefined): Float64Array | null => {
  if (name === undefined) return null
  const column = columnOf(table, name)
  const values = column.kind === 'numeric' ? Float64Array.from(column.values) : null
  const bad = values ? values.findIndex((value) => !(value >= 0 && Number.isFinite(value))) : 0
  if (values && bad < 0 && values.some((value) => value > 0)) return values
  const what = values && bad < 0 ? 'only zeros' : `no weight in row ${bad}`
  throw new MlError(
    'invalid_input',
    `weight column '${name}' holds ${what}`,
    'use finite numbers that are not negative, at least one above zero',
  )
}
