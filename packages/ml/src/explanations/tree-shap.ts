import type { Numbers } from '../numeric/numbers.ts'
import type { Attributions } from './attribution.ts'
import { directionsOf, type LeafPath, leafPathsOf, shapleySum } from './leaf-path.ts'
import { addFromTables, type LeafShares, leafTablesOf } from './leaf-table.ts'
import {
  type ExplainedTree,
  expectedOutput,
  predictEnsemble,
  type TreeEnsemble,
} from './tree-ensemble.ts'

/** Leaves with up to this many features keep what they have computed, by which features the row passes. */
const CACHED_FEATURES = 12

/** Adds one tree's values of a row. */
type Walker = (row: Numbers, out: Float64Array) => void

/** So many rows go through all trees before the next ones. */
const ROWS_AT_A_TIME = 4096

/**
 * Exact path-dependent TreeSHAP (Lundberg et al. 2020) in double precision: absent features follow the
 * training rows. A leaf's contribution depends only on which of its features the row passes: trees of which
 * that are few cases look them up.
 */
export const treeShap = (ensemble: TreeEnsemble, rows: readonly Numbers[]): Attributions => {
  const width = ensemble.features
  const walkers = ensemble.trees.map((tree) => {
    const tables = leafTablesOf(tree, rows.length, leafValues)
    return tables
      ? (matrix: Float64Array, out: Float64Array) => addFromTables(tables, matrix, { width, out })
      : byRow(tree, width)
  })
  const values: Float64Array[] = []
  for (let start = 0; start < rows.length; start += ROWS_AT_A_TIME) {
    const part = rows.slice(start, start + ROWS_AT_A_TIME)
    const matrix = new Float64Array(part.length * width)
    part.forEach((row, i) => {
      matrix.set(row.length > width ? Array.from(row).slice(0, width) : row, i * width)
    })
    const out = new Float64Array(matrix.length)
    for (const add of walkers) add(matrix, out)
    for (let i = 0; i < out.length; i++) out[i]! *= ensemble.scale
    part.forEach((_, i) => {
      values.push(out.slice(i * width, (i + 1) * width))
    })
  }
  return {
    method: 'tree-shap-path-dependent',
    baseValue: expectedOutput(ensemble),
    values,
    predictions: Float64Array.from(rows, (row) => predictEnsemble(ensemble, row)),
  }
}

const byRow = (tree: ExplainedTree, width: number) => {
  const walk = walkerOf(
    tree,
    (leaf, passes) => leafValues({ ...leaf, passes }),
    (leaf, out, values) => {
      for (let k = 0; k < values.length; k++) out[leaf.features[k]!]! += values[k]!
    },
  )
  return (matrix: Float64Array, out: Float64Array): void => {
    for (let start = 0; start < matrix.length; start += width) {
      walk(matrix.subarray(start, start + width), out.subarray(start, start + width))
    }
  }
}

/**
 * SHAP interaction values: for each row a symmetric matrix (row-major) whose rows add up to the path-dependent values;
 * off the diagonal half of each pair's interaction. Lundberg et al. 2020.
 */
export const treeShapInteractions = (
  ensemble: TreeEnsemble,
  rows: readonly Numbers[],
): Float64Array[] => {
  const size = ensemble.features
  const walkers = ensemble.trees.map((tree) =>
    walkerOf(tree, leafInteractions, (leaf, out, values) => {
      const count = leaf.features.length
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < count; j++) {
          out[leaf.features[i]! * size + leaf.features[j]!]! += values[i * count + j]!
        }
      }
    }),
  )
  return explained(rows, walkers, { size: size * size, scale: ensemble.scale })
}

const explained = (
  rows: readonly Numbers[],
  walkers: readonly Walker[],
  { size, scale }: { readonly size: number; readonly scale: number },
): Float64Array[] =>
  rows.map((row) => {
    const out = new Float64Array(size)
    for (const walk of walkers) walk(row, out)
    for (let i = 0; i < size; i++) out[i]! *= scale
    return out
  })

const walkerOf = (
  tree: ExplainedTree,
  compute: (leaf: LeafPath, passes: Uint8Array) => Float64Array,
  add: (leaf: LeafPath, out: Float64Array, values: Float64Array) => void,
): Walker => {
  const leaves = leafPathsOf(tree)
  const known = leaves.map(() => new Map<number, Float64Array>())
  const directions = new Uint8Array(tree.left.length)
  return (row, out) => {
    directionsOf(tree, row, directions)
    for (let l = 0; l < leaves.length; l++) {
      const leaf = leaves[l]!
      if (leaf.features.length > CACHED_FEATURES) {
        add(leaf, out, compute(leaf, passesOf(leaf, directions)))
        continue
      }
      const pattern = patternOf(leaf, directions)
      const cache = known[l]!
      let values = cache.get(pattern)
      if (!values) {
        values = compute(leaf, passesOf(leaf, directions))
        cache.set(pattern, values)
      }
      add(leaf, out, values)
    }
  }
}

/** The features whose splits all let the row through, as bits. */
const patternOf = ({ nodes, goesLeft, places }: LeafPath, directions: Uint8Array): number => {
  let blocked = 0
  for (let i = 0; i < nodes.length; i++) {
    if (directions[nodes[i]!] !== goesLeft[i]) blocked |= 1 << places[i]!
  }
  return blocked
}

/** The same as one flag a feature. */
const passesOf = (leaf: LeafPath, directions: Uint8Array): Uint8Array => {
  const passes = new Uint8Array(leaf.features.length).fill(1)
  leaf.nodes.forEach((node, i) => {
    if (directions[node] !== leaf.goesLeft[i]) passes[leaf.places[i]!] = 0
  })
  return passes
}

/** A leaf's value shared out to its features. */
const leafValues: LeafShares = ({ value, shares, passes }) => {
  const values = new Float64Array(shares.length)
  for (let k = 0; k < shares.length; k++) {
    values[k] = value * (passes[k]! - shares[k]!) * shapleySum(passes, shares, k)
  }
  return values
}

/** A leaf's interactions: half of each pair's off the diagonal, what is left of the value on it. */
const leafInteractions = (leaf: LeafPath, passes: Uint8Array): Float64Array => {
  const { value, shares } = leaf
  const size = shares.length
  const matrix = new Float64Array(size * size)
  const values = leafValues({ ...leaf, passes })
  for (let i = 0; i < size; i++) {
    matrix[i * size + i]! += values[i]!
    for (let j = 0; j < size; j++) {
      if (i === j) continue
      const gaps = (passes[i]! - shares[i]!) * (passes[j]! - shares[j]!)
      const half = (value * gaps * shapleySum(passes, shares, i, j)) / 2
      matrix[i * size + j] = half
      matrix[i * size + i]! -= half
    }
  }
  return matrix
}
