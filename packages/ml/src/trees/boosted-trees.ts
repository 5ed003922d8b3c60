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
import {
  categoricalInput,
  finishModel,
  graphWithInputs,
  numericInput,
  outputClasses,
  outputVariable,
} from '../onnx/model-graph.ts'
import {
  addRestoreTarget,
  restoreTarget,
  type TargetTransform,
} from '../preprocessing/target-transform.ts'
import type { Ensemble } from './boosting.ts'
import { logSumOfExponentials, type ObjectiveName, sigmoid } from './objectives.ts'
import { restoreTree, type StoredTree, storeTree } from './stored-trees.ts'
import { addTree, flatten, type Tree } from './tree.ts'
import { addTreeEnsemble } from './tree-ensemble.ts'

/** What a boosted model consists of. */
export interface BoostedParts {
  readonly target: string
  readonly features: readonly Feature[]
  readonly classes: Classes | null
  readonly objective: ObjectiveName
  readonly targetTransform: TargetTransform
  readonly ensemble: Pick<Ensemble, 'baseline' | 'rounds'>
  readonly training: TrainingRecord
}

/** A fitted ensemble of trees. */
export class BoostedTrees implements FittedModel {
  readonly kind = 'gradient-boosting'
  readonly task: Prediction['task']
  readonly target: string
  readonly features: readonly Feature[]
  readonly classes: Classes | null
  readonly training: TrainingRecord
  readonly #objective: ObjectiveName
  readonly #targetTransform: TargetTransform
  readonly #baseline: Float64Array
  readonly #rounds: readonly (readonly Tree[])[]

  constructor(parts: BoostedParts) {
    this.task = parts.classes ? 'classification' : 'regression'
    this.target = parts.target
    this.features = parts.features
    this.classes = parts.classes
    this.training = parts.training
    this.#objective = parts.objective
    this.#targetTransform = parts.targetTransform
    this.#baseline = parts.ensemble.baseline
    this.#rounds = parts.ensemble.rounds
  }

  predict(table: Table): Prediction {
    const scores = this.#scores(table)
    const rows = table.rowCount
    if (!this.classes) {
      const values =
        this.#objective === 'poisson'
          ? scores.map(Math.exp)
          : restoreTarget(scores, this.#targetTransform)
      return { task: 'regression', values }
    }
    const count = this.classes.length
    const probabilities = new Float64Array(rows * count)
    for (let row = 0; row < rows; row++) {
      if (this.#objective === 'binary-logloss') {
        const probability = sigmoid(scores[row]!)
        probabilities[row * 2] = 1 - probability
        probabilities[row * 2 + 1] = probability
        continue
      }
      const logSum = logSumOfExponentials(scores, row, rows)
      for (let c = 0; c < count; c++) {
        probabilities[row * count + c] = Math.exp(scores[c * rows + row]! - logSum)
      }
    }
    return classify(this.classes, probabilities)
  }

  toOnnx(): Uint8Array {
    const builder = graphWithInputs(this.features)
    const inputs = this.features.map((feature) =>
      feature.kind === 'numeric'
        ? numericInput(builder, feature.name)
        : categoricalInput(builder, feature),
    )
    const matrix = builder.add('Concat', inputs, { axis: { int: 1 } })
    const scores = addTreeEnsemble(builder, matrix, this.#rounds, this.#baseline)
    if (this.classes) outputClasses(builder, this.#addProbabilities(builder, scores), this.classes)
    else {
      const value =
        this.#objective === 'poisson'
          ? builder.add('Exp', [scores])
          : addRestoreTarget(builder, scores, this.#targetTransform)
      outputVariable(builder, value)
    }
    return finishModel(builder, this)
  }

  toJSON(): ModelState {
    return {
      format: 1,
      kind: this.kind,
      target: this.target,
      features: this.features,
      classes: this.classes,
      training: this.training,
      parameters: {
        objective: this.#objective,
        targetTransform: this.#targetTransform,
        baseline: [...this.#baseline],
        rounds: this.#rounds.map((trees) => trees.map(storeTree)),
      },
    }
  }

  /** The share of each feature in the total gain of all splits. */
  featureImportance(): FeatureImportance[] {
    const gains = new Float64Array(this.features.length)
    for (const tree of this.#rounds.flat()) {
      for (const node of tree.nodes) gains[node.feature]! += node.gain
    }
    return rankImportance(this.features, gains)
  }

  /** Raw scores, one block of rows by output. */
  #scores(table: Table): Float64Array {
    const encoded = encodeFeatures(table, this.features)
    const rows = table.rowCount
    const scores = new Float64Array(rows * this.#baseline.length)
    for (const [output, value] of this.#baseline.entries()) {
      const block = scores.subarray(output * rows, (output + 1) * rows).fill(value)
      for (const trees of this.#rounds) addTree(block, flatten(trees[output]!), encoded)
    }
    return scores
  }

  #addProbabilities(builder: GraphBuilder, scores: ValueName): ValueName {
    if (this.#objective === 'softmax') {
      return builder.add('Softmax', [scores], { axis: { int: 1 } })
    }
    const probability = builder.add('Sigmoid', [scores])
    const complement = builder.add('Sub', [builder.doubles([1]), probability])
    return builder.add('Concat', [complement, probability], { axis: { int: 1 } })
  }
}

/**
 * A model from the state that `toJSON` gave.
 * @throws MlError when its trees are damaged.
 */
export const restoreBoostedTrees = (state: ModelState): BoostedTrees => {
  const parameters = state.parameters as {
    readonly objective: ObjectiveName
    readonly targetTransform: TargetTransform
    readonly baseline: readonly number[]
    readonly rounds: readonly (readonly StoredTree[])[]
  }
  const rounds = parameters.rounds.map((trees) =>
    trees.map((tree) => restoreTree(tree, state.features.length)),
  )
  return new BoostedTrees({
    ...state,
    objective: parameters.objective,
    targetTransform: parameters.targetTransform,
    ensemble: { baseline: Float64Array.from(parameters.baseline), rounds },
  })
}
