import { encodeFeatures, type Feature } from '../data/features.ts'
import type { Table } from '../data/table.ts'
import type { Classes } from '../data/target.ts'
import type {
  FeatureImportance,
  FittedModel,
  ModelState,
  Prediction,
  TrainingRecord,
} from '../estimators/estimator.ts'
import { classify, rankImportance } from '../estimators/prediction.ts'
import type { GraphBuilder, ValueName } from '../onnx/graph-builder.ts'
import { finishModel, graphWithInputs, outputClasses, outputVariable } from '../onnx/model-graph.ts'
import { columnsOf, type Preprocessing, widthOf } from '../preprocessing/chain.ts'
import { addPreprocessing } from '../preprocessing/chain-graph.ts'
import {
  addRestoreTarget,
  restoreTarget,
  type TargetTransform,
} from '../preprocessing/target-transform.ts'
import { designOf, scoreOf } from './design.ts'
import { toProbabilities } from './logistic.ts'
import type { LinearParameters } from './ridge.ts'

/** What a linear or logistic model consists of. */
export interface LinearParts {
  readonly kind: 'linear' | 'logistic'
  readonly target: string
  readonly features: readonly Feature[]
  readonly classes: Classes | null
  readonly chain: Preprocessing
  readonly targetTransform: TargetTransform
  readonly parameters: Pick<LinearParameters, 'intercepts' | 'coefficients'>
  /** Standard deviation of each prepared column in training. */
  readonly deviations: Float64Array
  readonly training: TrainingRecord
}

/** A linear model of prepared features: a regression, or a classification through its scores. */
export class LinearModel implements FittedModel {
  readonly kind: 'linear' | 'logistic'
  readonly task: Prediction['task']
  readonly target: string
  readonly features: readonly Feature[]
  readonly classes: Classes | null
  readonly training: TrainingRecord
  readonly #parts: LinearParts

  constructor(parts: LinearParts) {
    this.kind = parts.kind
    this.task = parts.classes ? 'classification' : 'regression'
    this.target = parts.target
    this.features = parts.features
    this.classes = parts.classes
    this.training = parts.training
    this.#parts = parts
  }

  predict(table: Table): Prediction {
    const scores = this.#scores(table)
    if (!this.classes) {
      return { task: 'regression', values: restoreTarget(scores, this.#parts.targetTransform) }
    }
    const count = this.classes.length
    return classify(this.classes, count === 2 ? pairs(scores) : softmaxRows(scores, count))
  }

  toOnnx(): Uint8Array {
    const builder = graphWithInputs(this.features)
    const matrix = addPreprocessing(builder, this.#parts.chain)
    const scores = this.#addScores(builder, matrix)
    if (!this.classes) {
      outputVariable(builder, addRestoreTarget(builder, scores, this.#parts.targetTransform))
    } else if (this.classes.length === 2) {
      const probability = builder.add('Sigmoid', [scores])
      const complement = builder.add('Sub', [builder.doubles([1]), probability])
      const both = builder.add('Concat', [complement, probability], { axis: { int: 1 } })
      outputClasses(builder, both, this.classes)
    } else {
      outputClasses(builder, builder.add('Softmax', [scores], { axis: { int: 1 } }), this.classes)
    }
    return finishModel(builder, this)
  }

  toJSON(): ModelState {
    const { chain, targetTransform, parameters, deviations } = this.#parts
    return {
      format: 1,
      kind: this.kind,
      target: this.target,
      features: this.features,
      classes: this.classes,
      training: this.training,
      parameters: {
        chain,
        targetTransform,
        intercepts: [...parameters.intercepts],
        coefficients: [...parameters.coefficients],
        deviations: [...deviations],
      },
    }
  }

  /** The share of each feature in the sum of |coefficient| x standard deviation over its columns. */
  featureImportance(): FeatureImportance[] {
    const { chain, parameters, deviations } = this.#parts
    const width = deviations.length
    let column = 0
    const amounts = chain.map((step) => {
      let amount = 0
      for (const end = column + columnsOf(step); column < end; column++) {
        for (let at = column; at < parameters.coefficients.length; at += width) {
          amount += Math.abs(parameters.coefficients[at]!) * deviations[column]!
        }
      }
      return amount
    })
    return rankImportance(this.features, Float64Array.from(amounts))
  }

  /** Row by row, one score by output. */
  #scores(table: Table): Float64Array {
    const { intercepts, coefficients } = this.#parts.parameters
    const outputs = intercepts.length
    const scores = new Float64Array(table.rowCount * outputs)
    const design = designOf(encodeFeatures(table, this.features), this.#parts.chain, null)
    design.each((prepared, row) => {
      for (let o = 0; o < outputs; o++) {
        scores[row * outputs + o] =
          intercepts[o]! + scoreOf(prepared, coefficients, o * design.width)
      }
    })
    return scores
  }

  #addScores(builder: GraphBuilder, matrix: ValueName): ValueName {
    const { intercepts, coefficients } = this.#parts.parameters
    const dims = [widthOf(this.#parts.chain), intercepts.length]
    const [width, outputs] = dims as [number, number]
    const transposed = Float64Array.from(
      { length: coefficients.length },
      (_, at) => coefficients[(at % outputs) * width + Math.floor(at / outputs)]!,
    )
    const weights = builder.constant({ type: 'double', dims, data: transposed })
    const product = builder.add('MatMul', [matrix, weights])
    return builder.add('Add', [product, builder.doubles(intercepts)])
  }
}

const pairs = (scores: Float64Array): Float64Array => {
  const probabilities = new Float64Array(scores.length * 2)
  for (let row = 0; row < scores.length; row++) {
    const probability = 1 / (1 + Math.exp(-scores[row]!))
    probabilities[2 * row] = 1 - probability
    probabilities[2 * row + 1] = probability
  }
  return probabilities
}

const softmaxRows = (scores: Float64Array, count: number): Float64Array => {
  const probabilities = scores.slice()
  for (let from = 0; from < probabilities.length; from += count) {
    toProbabilities(probabilities.subarray(from, from + count))
  }
  return probabilities
}

/** A model from the state that `toJSON` gave. */
export const restoreLinearModel = (state: ModelState): LinearModel => {
  const { chain, targetTransform, intercepts, coefficients, deviations } = state.parameters as {
    readonly chain: Preprocessing
    readonly targetTransform: TargetTransform
    readonly intercepts: readonly number[]
    readonly coefficients: readonly number[]
    readonly deviations: readonly number[]
  }
  return new LinearModel({
    ...state,
    kind: state.kind === 'linear' ? 'linear' : 'logistic',
    chain,
    targetTransform,
    parameters: {
      intercepts: Float64Array.from(intercepts),
      coefficients: Float64Array.from(coefficients),
    },
    deviations: Float64Array.from(deviations),
  })
}
