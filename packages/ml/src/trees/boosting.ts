import type { EncodedTable, Feature } from '../data/features.ts'
import { permutation, type Random, seededRandom } from '../random/random.ts'
import { binTable } from './bins.ts'
import { type GrownTree, TreeGrower } from './grow.ts'
import type { Labels, Objective } from './objectives.ts'
import type { ResolvedBoosting } from './options.ts'
import { addTree, flatten, type Tree } from './tree.ts'

/** Encoded rows with what is to be learnt from them. */
export interface LabelledRows {
  readonly table: EncodedTable
  readonly labels: Labels
}

/** The outcome of boosting. */
export interface Ensemble {
  /** One constant by output. */
  readonly baseline: Float64Array
  /** By iteration, one tree by output; leaf values are shrunk already. */
  readonly rounds: readonly (readonly Tree[])[]
  /** The mean validation loss after each iteration that was tried; empty without early stopping. */
  readonly validationLoss: readonly number[]
}

/**
 * Gradient boosting of leaf-wise trees on binned features (Friedman 2001; Ke et al. 2017): each
 * iteration fits one tree by output to the derivatives of the loss and adds its Newton steps.
 */
export const boost = (
  training: LabelledRows,
  validation: LabelledRows | null,
  setup: {
    readonly features: readonly Feature[]
    readonly objective: Objective
    readonly options: ResolvedBoosting
  },
): Ensemble => {
  const { features, objective, options } = setup
  const random = seededRandom(options.seed)
  const binned = binTable(training.table, features, { maxBins: options.maxBins, random })
  const directions = features.map(({ name }) => options.monotone[name] ?? 0)
  const grower = new TreeGrower(binned, { ...options, directions })
  const baseline = objective.baseline(training.labels)
  const scores = initialScores(baseline, training.table.rowCount)
  const watch = validation && new Watch(validation, objective, baseline)
  const isUnit = objective.unitHessian && training.labels.weights === null
  const derivatives = {
    gradient: new Float64Array(scores.length),
    hessian: new Float64Array(isUnit ? 0 : scores.length),
  }
  const rounds: Tree[][] = []
  const everyRow = Int32Array.from({ length: training.table.rowCount }, (_, row) => row)
  const patience = options.earlyStopping?.rounds ?? 0
  while (rounds.length < options.iterations) {
    objective.derivatives(scores, training.labels, derivatives)
    const rows = drawRows(everyRow, options.rowFraction, random)
    const chosen = drawFeatures(features.length, options.featureFraction, random)
    const trees = Array.from({ length: objective.outputs }, (_, output) => {
      const block = blockOf(training.table.rowCount, output)
      const gradient = derivatives.gradient.subarray(...block)
      const hessian = isUnit ? null : derivatives.hessian.subarray(...block)
      const grown = grower.grow({ gradient, hessian }, rows, chosen)
      shrink(grown.tree, options.learningRate)
      if (rows === everyRow) addLeaves(scores.subarray(...block), grown)
      else addTree(scores.subarray(...block), flatten(grown.tree), training.table)
      return grown.tree
    })
    rounds.push(trees)
    const isOver = watch?.worsened(trees, patience) ?? false
    options.onIteration?.(rounds.length, watch?.losses.at(-1) ?? null)
    if (isOver) break
  }
  const kept = watch ? rounds.slice(0, watch.bestLength) : rounds
  return { baseline, rounds: kept, validationLoss: watch?.losses ?? [] }
}

const blockOf = (rowCount: number, output: number): [number, number] => [
  output * rowCount,
  (output + 1) * rowCount,
]

const initialScores = (baseline: Float64Array, rowCount: number): Float64Array => {
  const scores = new Float64Array(baseline.length * rowCount)
  for (const [output, value] of baseline.entries()) scores.fill(value, ...blockOf(rowCount, output))
  return scores
}

const shrink = (tree: Tree, learningRate: number): void => {
  for (let leaf = 0; leaf < tree.leaves.length; leaf++) tree.leaves[leaf]! *= learningRate
}

/** Adds a tree's values to the rows that it was grown on, which it knows by leaf. */
const addLeaves = (scores: Float64Array, { tree, rows, starts, ends }: GrownTree): void => {
  for (let leaf = 0; leaf < starts.length; leaf++) {
    const value = tree.leaves[leaf]!
    const end = ends[leaf]!
    for (let i = starts[leaf]!; i < end; i++) scores[rows[i]!]! += value
  }
}

/** Sampled rows in ascending order, so that memory is read forwards. */
const drawRows = (everyRow: Int32Array, fraction: number, random: Random): Int32Array => {
  if (fraction === 1) return everyRow
  const size = Math.max(1, Math.round(everyRow.length * fraction))
  return permutation(everyRow.length, random).subarray(0, size).sort()
}

const drawFeatures = (count: number, fraction: number, random: Random): number[] => {
  const all = Array.from({ length: count }, (_, index) => index)
  if (fraction === 1) return all
  const size = Math.max(1, Math.round(count * fraction))
  return Array.from(permutation(count, random).subarray(0, size).sort())
}

/** Follows the loss on held-out rows. */
class Watch {
  readonly losses: number[] = []
  bestLength = 0
  readonly #rows: LabelledRows
  readonly #objective: Objective
  readonly #scores: Float64Array
  #bestLoss: number

  constructor(rows: LabelledRows, objective: Objective, baseline: Float64Array) {
    this.#rows = rows
    this.#objective = objective
    this.#scores = initialScores(baseline, rows.table.rowCount)
    this.#bestLoss = objective.loss(this.#scores, rows.labels)
  }

  /** Adds an iteration's trees; true when the last `patience` of them brought nothing. */
  worsened(trees: readonly Tree[], patience: number): boolean {
    const { table, labels } = this.#rows
    for (const [output, tree] of trees.entries()) {
      const scores = this.#scores.subarray(...blockOf(table.rowCount, output))
      addTree(scores, flatten(tree), table)
    }
    const loss = this.#objective.loss(this.#scores, labels)
    this.losses.push(loss)
    if (loss < this.#bestLoss) {
      this.#bestLoss = loss
      this.bestLength = this.losses.length
    }
    return this.losses.length - this.bestLength >= patience
  }
}
