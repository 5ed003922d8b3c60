import { leafPathsOf } from './leaf-path.ts'
import { childOf, type ExplainedTree } from './tree-ensemble.ts'

/** What a leaf gives to the features of its path, when `passes` are the features that let the row through. */
export type LeafShares = (leaf: {
  readonly value: number
  readonly shares: Float64Array
  readonly passes: Uint8Array
}) => Float64Array

/**
 * A tree with every leaf's contribution for every pattern of its features that let a row through or not
 * (after Yang 2021, "Fast TreeSHAP", version 2): nodes in preorder, so that patterns flow from the root down.
 */
export interface LeafTables {
  readonly tree: ExplainedTree
  /** The tree's node of each place. */
  readonly node: Int32Array
  /** Places of the children; -1 marks a leaf. */
  readonly left: Int32Array
  readonly right: Int32Array
  /** The bit of the node's feature among those of its path. */
  readonly bit: Int32Array
  /** By place of a leaf: where its features begin in `features`, how many, and where its table begins. */
  readonly featuresFrom: Int32Array
  readonly count: Int32Array
  readonly tableFrom: Int32Array
  readonly features: Int32Array
  readonly table: Float64Array
  readonly isPlain: boolean
}

/** More numbers than this in one tree's tables would cost more memory than the time they save. */
const MOST_NUMBERS = 1 << 22
const MOST_FEATURES = 16

/** Tables of a tree, or null where computing each row's leaves takes less. */
export const leafTablesOf = (
  tree: ExplainedTree,
  rows: number,
  sharesOf: LeafShares,
): LeafTables | null => {
  const leaves = leafPathsOf(tree)
  const patterns = leaves.reduce((sum, { features }) => sum + 2 ** features.length, 0)
  const numbers = leaves.reduce((sum, { features: { length } }) => sum + length * 2 ** length, 0)
  const isDeep = leaves.some(({ features }) => features.length > MOST_FEATURES)
  if (isDeep || numbers > MOST_NUMBERS || patterns > rows * leaves.length) return null
  const size = tree.left.length
  const made = {
    node: new Int32Array(size),
    left: new Int32Array(size).fill(-1),
    right: new Int32Array(size).fill(-1),
    bit: new Int32Array(size),
    featuresFrom: new Int32Array(size),
    count: new Int32Array(size),
    tableFrom: new Int32Array(size),
    features: new Int32Array(leaves.reduce((sum, { features }) => sum + features.length, 0)),
    table: new Float64Array(numbers),
  }
  let [places, nextLeaf, nextFeature, nextNumber] = [0, 0, 0, 0]
  const fillLeaf = (place: number): void => {
    const { value, shares, features } = leaves[nextLeaf++]!
    const count = features.length
    made.featuresFrom[place] = nextFeature
    made.count[place] = count
    made.tableFrom[place] = nextNumber
    made.features.set(features, nextFeature)
    nextFeature += count
    const passes = new Uint8Array(count)
    for (let blocked = 0; blocked < 2 ** count; blocked++) {
      for (let k = 0; k < count; k++) passes[k] = (blocked >> k) & 1 ? 0 : 1
      made.table.set(sharesOf({ value, shares, passes }), nextNumber)
      nextNumber += count
    }
  }
  const visit = (node: number, path: readonly number[]): number => {
    const place = places++
    made.node[place] = node
    if (tree.left[node]! < 0) {
      fillLeaf(place)
      return place
    }
    const feature = tree.feature[node]!
    const known = path.indexOf(feature)
    made.bit[place] = 1 << (known < 0 ? path.length : known)
    const below = known < 0 ? [...path, feature] : path
    made.left[place] = visit(tree.left[node]!, below)
    made.right[place] = visit(tree.right[node]!, below)
    return place
  }
  visit(0, [])
  return { tree, ...made, isPlain: !tree.members && !tree.missingLeft }
}

/** Adds the tree's values of rows (row-major, `width` features each) to `out`, laid out the same way. */
export const addFromTables = (
  tables: LeafTables,
  matrix: Float64Array,
  { width, out }: { readonly width: number; readonly out: Float64Array },
): void => {
  const { node, left, right, bit, featuresFrom, count, tableFrom, features, table } = tables
  const { feature, threshold } = tables.tree
  const places = node.length
  const blocked = new Int32Array(places)
  for (let start = 0; start < matrix.length; start += width) {
    const row = matrix.subarray(start, tables.isPlain ? start : start + width)
    for (let place = 0; place < places; place++) {
      const pattern = blocked[place]!
      const toLeft = left[place]!
      if (toLeft >= 0) {
        const here = node[place]!
        const goesLeft = tables.isPlain
          ? matrix[start + feature[here]!]! <= threshold[here]!
          : childOf(tables.tree, here, row) === tables.tree.left[here]
        blocked[toLeft] = goesLeft ? pattern : pattern | bit[place]!
        blocked[right[place]!] = goesLeft ? pattern | bit[place]! : pattern
        continue
      }
      const from = featuresFrom[place]!
      const size = count[place]!
      const at = tableFrom[place]! + pattern * size
      for (let k = 0; k < size; k++) out[start + features[from + k]!]! += table[at + k]!
    }
  }
}
