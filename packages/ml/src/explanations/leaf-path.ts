import type { Numbers } from '../numeric/numbers.ts'
import { childOf, type ExplainedTree } from './tree-ensemble.ts'

/** A leaf as a game of the features on its path: all that Shapley values of a tree need. */
export interface LeafPath {
  readonly value: number
  /** Distinct features on the path. */
  readonly features: Int32Array
  /** By feature: the share of training rows that its splits let through. */
  readonly shares: Float64Array
  /** The path's splits: their nodes, whether the path goes left, and the place of their feature. */
  readonly nodes: Int32Array
  readonly goesLeft: Uint8Array
  readonly places: Int32Array
}

/** The leaves of a tree with their paths. */
export const leafPathsOf = (tree: ExplainedTree): LeafPath[] => {
  const leaves: LeafPath[] = []
  const visit = (node: number, path: readonly (readonly [node: number, left: 0 | 1])[]): void => {
    if (tree.left[node]! < 0) {
      leaves.push(leafPath(tree, tree.value[node]!, path))
      return
    }
    visit(tree.left[node]!, [...path, [node, 1]])
    visit(tree.right[node]!, [...path, [node, 0]])
  }
  visit(0, [])
  return leaves
}

const leafPath = (
  tree: ExplainedTree,
  value: number,
  path: readonly (readonly [node: number, left: 0 | 1])[],
): LeafPath => {
  const features = [...new Set(path.map(([node]) => tree.feature[node]!))]
  const shares = new Float64Array(features.length).fill(1)
  const places = path.map(([node]) => features.indexOf(tree.feature[node]!))
  path.forEach(([node, left], i) => {
    const child = left ? tree.left[node]! : tree.right[node]!
    const cover = tree.cover[node]!
    shares[places[i]!]! *= cover > 0 ? tree.cover[child]! / cover : 0
  })
  return {
    value,
    features: Int32Array.from(features),
    shares,
    nodes: Int32Array.from(path, ([node]) => node),
    goesLeft: Uint8Array.from(path, ([, left]) => left),
    places: Int32Array.from(places),
  }
}

/** By inner node whether a row goes left there. */
export const directionsOf = (tree: ExplainedTree, row: Numbers, out: Uint8Array): void => {
  for (let node = 0; node < tree.left.length; node++) {
    if (tree.left[node]! >= 0) out[node] = childOf(tree, node, row) === tree.left[node] ? 1 : 0
  }
}

/** Working memory of `shapleySum`: no path has more distinct features. */
const coefficients = new Float64Array(1024)

/**
 * The Shapley sum of one player in the game whose worth is the product over all others of `present` within
 * the coalition and `absent` outside it: coefficients of a polynomial, weighted by coalition size.
 */
export const shapleySum = (
  present: Uint8Array,
  absent: Float64Array,
  out: number,
  also = -1,
): number => {
  let others = 0
  coefficients[0] = 1
  for (let j = 0; j < absent.length; j++) {
    if (j === out || j === also) continue
    const share = absent[j]!
    const passes = present[j] === 1
    others++
    coefficients[others] = 0
    for (let s = others; s > 0; s--) {
      coefficients[s] = coefficients[s]! * share + (passes ? coefficients[s - 1]! : 0)
    }
    coefficients[0]! *= share
  }
  let [sum, weight] = [0, 1 / (others + 1)]
  for (let s = 0; s <= others; s++) {
    sum += coefficients[s]! * weight
    weight *= (s + 1) / Math.max(1, others - s)
  }
  return sum
}
