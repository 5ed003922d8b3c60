import { type Points, pointsOf, type RowsOfNumbers } from '../drift/points.ts'
import { MlError } from '../ml-error.ts'
import { permutation, type Random, seededRandom } from '../random/random.ts'

/** Random trees in flat arrays; plain data. */
export interface IsolationForest {
  readonly dimension: number
  readonly sampleSize: number
  readonly trees: readonly IsolationTree[]
}

interface IsolationTree {
  /** Feature of inner nodes, -1 for leaves. */
  readonly feature: number[]
  readonly threshold: number[]
  readonly left: number[]
  readonly right: number[]
  /** Rows in leaves. */
  readonly size: number[]
}

export interface IsolationOptions {
  readonly trees?: number
  readonly sampleSize?: number
  readonly seed: number
}

/**
 * Isolation forest (Liu, Ting and Zhou 2008): rows that random splits isolate early are outliers.
 * @throws MlError when there are fewer than two complete rows.
 */
export const fitIsolationForest = (
  rows: RowsOfNumbers,
  { trees = 100, sampleSize = 256, seed }: IsolationOptions,
): IsolationForest => {
  const points = pointsOf(rows)
  if (points.rows < 2) {
    throw new MlError(
      'invalid_input',
      `there are ${points.rows} complete rows`,
      'fit the forest on at least two rows without missing values',
    )
  }
  const random = seededRandom(seed)
  const size = Math.min(sampleSize, points.rows)
  const limit = Math.ceil(Math.log2(size))
  return {
    dimension: points.dimension,
    sampleSize: size,
    trees: Array.from({ length: trees }, () => {
      const sample = permutation(points.rows, random).slice(0, size)
      const tree: IsolationTree = { feature: [], threshold: [], left: [], right: [], size: [] }
      grow(tree, { points, rows: Array.from(sample), depth: limit, random })
      return tree
    }),
  }
}

/** Scores of rows in (0, 1): about 0.5 for ordinary rows, towards 1 for outliers. */
export const isolationScores = (forest: IsolationForest, rows: RowsOfNumbers): Float64Array => {
  const points = pointsOf(rows)
  const scale = averagePath(forest.sampleSize)
  return Float64Array.from({ length: points.rows }, (_, row) => {
    const total = forest.trees.reduce((sum, tree) => sum + pathLength(tree, points, row), 0)
    return 2 ** (-total / forest.trees.length / scale)
  })
}

interface Growing {
  readonly points: Points
  readonly rows: readonly number[]
  readonly depth: number
  readonly random: Random
}

const grow = (tree: IsolationTree, { points, rows, depth, random }: Growing): number => {
  const node = tree.feature.push(-1) - 1
  tree.threshold.push(0)
  tree.left.push(-1)
  tree.right.push(-1)
  tree.size.push(rows.length)
  const split = depth > 0 && rows.length > 1 ? randomSplit(points, rows, random) : null
  if (!split) return node
  const { feature, threshold } = split
  const isLeft = (row: number) => points.values[row * points.dimension + feature]! < threshold
  tree.feature[node] = feature
  tree.threshold[node] = threshold
  const below = { points, depth: depth - 1, random }
  tree.left[node] = grow(tree, { ...below, rows: rows.filter(isLeft) })
  tree.right[node] = grow(tree, { ...below, rows: rows.filter((row) => !isLeft(row)) })
  return node
}

/** A uniform cut of a random feature that varies among the rows, or null. */
const randomSplit = (points: Points, rows: readonly number[], random: Random) => {
  for (const feature of permutation(points.dimension, random)) {
    const values = rows.map((row) => points.values[row * points.dimension + feature]!)
    const lowest = values.reduce((a, b) => Math.min(a, b))
    const highest = values.reduce((a, b) => Math.max(a, b))
    const threshold = lowest + random() * (highest - lowest)
    if (lowest < threshold) return { feature, threshold }
  }
  return null
}

const pathLength = (tree: IsolationTree, points: Points, row: number): number => {
  let [node, length] = [0, 0]
  while (tree.feature[node]! >= 0) {
    const value = points.values[row * points.dimension + tree.feature[node]!]!
    node = value < tree.threshold[node]! ? tree.left[node]! : tree.right[node]!
    length++
  }
  return length + averagePath(tree.size[node]!)
}

/** Mean path of an unsuccessful search in a binary tree of n rows. */
const averagePath = (n: number): number => {
  if (n <= 1) return 0
  if (n === 2) return 1
  const harmonic = Math.log(n - 1) + 0.5772156649015329
  return 2 * harmonic - (2 * (n - 1)) / n
}
