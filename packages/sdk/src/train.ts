import type { JsonValue } from '@kaizen/contracts'
import type { CallOptions } from './graph.ts'
import type { Input, MetricHandle, ModelHandle, TableHandle, ValueHandle } from './handle.ts'
import { metric, model, table, value } from './ports.ts'
import { callStep } from './step.ts'

/** What every built-in trainer takes. */
export interface TrainOptions extends CallOptions {
  /** Rows to learn from. */
  readonly data: TableHandle
  /** The column to predict. */
  readonly target: string
  /** Columns to learn from; all but the target and the weights unless told. */
  readonly features?: readonly string[]
  /** Those of the features that are categories though they hold numbers; text always is one. */
  readonly categorical?: readonly string[]
  /** A column of row weights. */
  readonly weight?: string
  /** `regression` for a numeric target, else `classification`, unless told. */
  readonly task?: 'regression' | 'classification'
  /** The last rows, this share, measure the method before it learns from all; 0.2 unless told, 0 for none. */
  readonly validation?: Input<number>
}

export interface GradientBoostingOptions extends TrainOptions {
  /** Trees; 100 unless told. */
  readonly iterations?: Input<number>
  /** 0.1 unless told. */
  readonly learningRate?: Input<number>
  /** Leaves of a tree; 31 unless told. */
  readonly maxLeaves?: Input<number>
  readonly maxDepth?: Input<number>
  /** Rows that a leaf must have; 20 unless told. */
  readonly minSamplesLeaf?: Input<number>
  readonly l2?: Input<number>
  /** Values of a feature are put into this many bins; 255 unless told. */
  readonly maxBins?: Input<number>
  /** Chosen by the target unless told. */
  readonly objective?: 'squared-error' | 'poisson' | 'binary-logloss' | 'softmax'
  /** What a regression learns in place of the target; undone in predictions. */
  readonly targetTransform?: 'none' | 'log1p'
  /** Share of the rows that each tree sees; all unless told. */
  readonly rowFraction?: Input<number>
  /** Share of the features that each tree sees; all unless told. */
  readonly featureFraction?: Input<number>
  /** Stop when the validation loss has not fallen for so many trees. */
  readonly earlyStopping?: { readonly rounds: number; readonly fraction?: number }
  /** 1: the prediction may not fall as the feature rises; -1: it may not rise. */
  readonly monotone?: Readonly<Record<string, 1 | -1>>
}
export interface LinearOptions extends TrainOptions {
  /** Ridge penalty; 1 unless told. */
  readonly l2?: Input<number>
  /** What replaces a missing number; `mean` unless told. */
  readonly impute?: 'mean' | 'median' | 'most-frequent'
  readonly scale?: 'standard' | 'none'
}
export type LogisticOptions = LinearOptions & {
  readonly maxIterations?: Input<number>
}

/** What training yields. */
export type Trained = {
  /** Preprocessing and model in one ONNX graph. */
  readonly model: ModelHandle
  /** Every metric of the validation rows by name. */
  readonly metrics: ValueHandle<Readonly<Record<string, number>>>
  /** Loss on the validation rows: RMSE of a regression, log loss of a classification. */
  readonly loss: MetricHandle
  /** Share of each feature, largest first. */
  readonly featureImportance: ValueHandle<
    readonly { readonly feature: string; readonly importance: number }[]
  >
  /** Names, datatypes and shapes of the model's inputs and outputs. */
  readonly signature: ValueHandle<JsonValue>
}

const outputs = {
  model: model(),
  metrics: value<Readonly<Record<string, number>>>(),
  loss: metric(),
  featureImportance: value<readonly { readonly feature: string; readonly importance: number }[]>(),
  signature: value<JsonValue>(),
} as const

function trainStep(method: string, given: TrainOptions): Trained {
  const { id, after, cache, retry, timeout, data, ...options } = given
  const inputs: Record<string, unknown> = { data, method }
  for (const [name, option] of Object.entries(options))
    if (option !== undefined) inputs[name] = option
  const ports = Object.fromEntries(
    Object.keys(inputs).map((name) => [name, name === 'data' ? table() : value<JsonValue>()]),
  )
  const call: CallOptions = {
    ...(id === undefined ? {} : { id }),
    ...(after === undefined ? {} : { after }),
    ...(cache === undefined ? {} : { cache }),
    ...(retry === undefined ? {} : { retry }),
    ...(timeout === undefined ? {} : { timeout }),
  }
  return callStep(
    { name: 'train', in: ports, out: outputs, body: { kind: 'builtin', name: 'train' } },
    inputs,
    call,
  )
}

/** Built-in trainers; each is a step of the pipeline and yields an ONNX model. */
export const train = {
  /** Histogram gradient boosting: the default choice for tables. */
  gradientBoosting: (options: GradientBoostingOptions): Trained =>
    trainStep('gradient-boosting', options),
  /** Ridge regression on scaled and one-hot encoded columns. */
  linear: (options: LinearOptions): Trained => trainStep('linear', options),
  /** Logistic regression on scaled and one-hot encoded columns. */
  logistic: (options: LogisticOptions): Trained => trainStep('logistic', options),
} as const
