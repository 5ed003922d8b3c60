import type { Numbers } from '../numeric/numbers.ts'
import type { Attributions } from './attribution.ts'
import {
  childOf,
  depthOf,
  type ExplainedTree,
  expectedOutput,
  predictEnsemble,
  type TreeEnsemble,
} from './tree-ensemble.ts'

/** Fixes one feature for interaction values: present in every coalition, or absent from all. */
interface Condition {
  readonly feature: number
  readonly isPresent: boolean
}

/**
 * The features on the way to a node, as Lundberg's algorithm keeps them: for each the share of training rows
 * that go this way without it, whether the row does (1 or 0), and the weights of coalition sizes. Levels of
 * the recursion lie one after the other.
 */
interface Path {
  readonly feature: Int32Array
  readonly without: Float64Array
  readonly with: Float64Array
  readonly weight: Float64Array
}

/**
 * Exact path-dependent TreeSHAP (Lundberg et al. 2020, algorithm 2) in double precision: features that are
 * absent follow the training rows. Time grows with leaves times squared depth, for each row and tree.
 */
export const treeShap = (ensemble: TreeEnsemble, rows: readonly Numbers[]): Attributions => {
  const walkers = ensemble.trees.map((tree) => walkerOf(tree))
  return {
    method: 'tree-shap-path-dependent',
    baseValue: expectedOutput(ensemble),
    values: rows.map((row) => {
      const phi = new Float64Array(ensemble.features)
      for (const walk of walkers) walk(row, phi, null)
      return scaled(phi, ensemble.scale)
    }),
    predictions: Float64Array.from(rows, (row) => predictEnsemble(ensemble, row)),
  }
}

/**
 * SHAP interaction values: for each row a symmetric matrix (row-major) whose rows add up to the
 * path-dependent values; off the diagonal half of each pair's interaction.
 */
export const treeShapInteractions = (
  ensemble: TreeEnsemble,
  rows: readonly Numbers[],
): Float64Array[] => {
  const size = ensemble.features
  const walkers = ensemble.trees.map((tree) => ({ walk: walkerOf(tree), used: featuresOf(tree) }))
  return rows.map((row) => {
    const matrix = new Float64Array(size * size)
    for (const { walk, used } of walkers) {
      const phi = new Float64Array(size)
      walk(row, phi, null)
      for (const j of used) {
        const [on, off] = [new Float64Array(size), new Float64Array(size)]
        walk(row, on, { feature: j, isPresent: true })
        walk(row, off, { feature: j, isPresent: false })
        for (const i of used) {
          if (i === j) continue
          const half = (on[i]! - off[i]!) / 2
          matrix[i * size + j]! += half
          matrix[i * size + i]! -= half
        }
      }
      for (const i of used) matrix[i * size + i]! += phi[i]!
    }
    return scaled(matrix, ensemble.scale)
  })
}

const scaled = (values: Float64Array, scale: number): Float64Array => {
  for (let i = 0; i < values.length; i++) values[i]! *= scale
  return values
}

const featuresOf = (tree: ExplainedTree): number[] => {
  const used = new Set<number>()
  tree.left.forEach((left, node) => {
    if (left >= 0) used.add(tree.feature[node]!)
  })
  return [...used]
}

type Walker = (row: Numbers, phi: Float64Array, condition: Condition | null) => void

/** Adds a tree's values of a row to `phi`; working memory is made once for each tree. */
const walkerOf = (tree: ExplainedTree): Walker => {
  const depth = depthOf(tree) + 2
  const size = (depth * (depth + 1)) / 2 + depth
  const path: Path = {
    feature: new Int32Array(size),
    without: new Float64Array(size),
    with: new Float64Array(size),
    weight: new Float64Array(size),
  }
  return (row, phi, condition) => {
    const walk = (node: number, start: number, length: number, share: number): void => {
      if (share === 0) return
      if (tree.left[node]! < 0) {
        addLeaf(path, { start, length, leaf: tree.value[node]! * share }, phi)
        return
      }
      const feature = tree.feature[node]!
      const hot = childOf(tree, node, row)
      const cold = hot === tree.left[node] ? tree.right[node]! : tree.left[node]!
      const cover = tree.cover[node]!
      const hotShare = cover > 0 ? tree.cover[hot]! / cover : 0
      const coldShare = cover > 0 ? tree.cover[cold]! / cover : 0
      if (condition?.feature === feature) {
        const next = copyPath(path, start, length)
        walk(hot, next, length, share * (condition.isPresent ? 1 : hotShare))
        const again = copyPath(path, start, length)
        if (!condition.isPresent) walk(cold, again, length, share * coldShare)
        return
      }
      let [without, present] = [1, 1]
      let count = length
      const next = copyPath(path, start, length)
      for (let i = 1; i < length; i++) {
        if (path.feature[next + i] !== feature) continue
        without = path.without[next + i]!
        present = path.with[next + i]!
        unwind(path, { start: next, length: count, index: i })
        count--
        break
      }
      const mark = { start: next, length: count, feature }
      extend(path, mark, without * hotShare, present)
      walk(hot, next, count + 1, share)
      const second = copyPath(path, start, length)
      count = length
      for (let i = 1; i < length; i++) {
        if (path.feature[second + i] !== feature) continue
        unwind(path, { start: second, length: count, index: i })
        count--
        break
      }
      extend(path, mark, without * coldShare, 0)
      walk(cold, second, count + 1, share)
    }
    extend(path, { start: 0, length: 0, feature: -1 }, 1, 1)
    walk(0, 0, 1, 1)
  }
}

/** Copies a level of the recursion behind itself and returns where the copy starts. */
const copyPath = (path: Path, start: number, length: number): number => {
  const next = start + length
  for (let i = 0; i < length; i++) {
    path.feature[next + i] = path.feature[start + i]!
    path.without[next + i] = path.without[start + i]!
    path.with[next + i] = path.with[start + i]!
    path.weight[next + i] = path.weight[start + i]!
  }
  return next
}

/** Puts a feature at the end of a path. */
const extend = (
  path: Path,
  { start, length, feature }: { start: number; length: number; feature: number },
  without: number,
  present: number,
): void => {
  const { weight } = path
  const end = start + length
  path.feature[end] = feature
  path.without[end] = without
  path.with[end] = present
  weight[end] = length === 0 ? 1 : 0
  const reciprocal = 1 / (length + 1)
  for (let i = length - 1; i >= 0; i--) {
    const here = weight[start + i]!
    weight[start + i + 1]! += present * here * (i + 1) * reciprocal
    weight[start + i] = without * here * (length - i) * reciprocal
  }
}

/** Takes the feature at `index` out of a path. */
const unwind = (
  path: Path,
  { start, length, index }: { start: number; length: number; index: number },
): void => {
  const { weight } = path
  const [present, without] = [path.with[start + index]!, path.without[start + index]!]
  const last = length - 1
  let next = weight[start + last]!
  for (let i = last - 1; i >= 0; i--) {
    if (present !== 0) {
      const held = weight[start + i]!
      weight[start + i] = (next * length) / ((i + 1) * present)
      next = held - (weight[start + i]! * without * (last - i)) / length
    } else {
      weight[start + i] = (weight[start + i]! * length) / (without * (last - i))
    }
  }
  for (let i = index; i < last; i++) {
    path.feature[start + i] = path.feature[start + i + 1]!
    path.without[start + i] = path.without[start + i + 1]!
    path.with[start + i] = path.with[start + i + 1]!
  }
}

/** Shares a leaf's value out to the features of its path. */
const addLeaf = (
  path: Path,
  { start, length, leaf }: { start: number; length: number; leaf: number },
  phi: Float64Array,
): void => {
  const { weight } = path
  const last = length - 1
  for (let k = 1; k < length; k++) {
    const [present, without] = [path.with[start + k]!, path.without[start + k]!]
    let total = 0
    if (present !== 0) {
      let next = weight[start + last]!
      for (let i = last - 1; i >= 0; i--) {
        const held = next / ((i + 1) * present)
        total += held
        next = weight[start + i]! - held * without * (last - i)
      }
    } else {
      for (let i = last - 1; i >= 0; i--) total += weight[start + i]! / (without * (last - i))
    }
    phi[path.feature[start + k]!]! += total * length * (present - without) * leaf
  }
}
