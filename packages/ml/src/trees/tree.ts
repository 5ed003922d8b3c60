import type { EncodedTable } from '../data/features.ts'

/**
 * One regression tree. Inner node 0 is the root; a child `>= 0` is an inner node, a child `< 0` is
 * leaf `~child`. A tree without inner nodes is its leaf 0.
 */
export interface Tree {
  readonly nodes: readonly TreeNode[]
  readonly leaves: Float64Array
}

interface Branch {
  readonly feature: number
  readonly gain: number
  left: number
  right: number
}

/** Values up to the threshold go left; missing ones as `missingLeft` says. */
export interface NumericNode extends Branch {
  readonly kind: 'numeric'
  readonly threshold: number
  readonly missingLeft: boolean
}

/** Member categories (by code, ascending) go left; others, missing and unseen ones go right. */
export interface CategoricalNode extends Branch {
  readonly kind: 'categorical'
  readonly members: readonly number[]
}

export type TreeNode = NumericNode | CategoricalNode

/** A tree in flat arrays, for walking many rows. */
export interface FlatTree {
  readonly feature: Int32Array
  readonly threshold: Float64Array
  readonly missingLeft: Uint8Array
  readonly left: Int32Array
  readonly right: Int32Array
  /** By node: membership by category code, or null for a numeric node. */
  readonly members: readonly (Uint8Array | null)[]
  readonly leaves: Float64Array
}

/** Lays a tree out flat. */
export const flatten = ({ nodes, leaves }: Tree): FlatTree => ({
  feature: Int32Array.from(nodes, (node) => node.feature),
  threshold: Float64Array.from(nodes, (node) => (node.kind === 'numeric' ? node.threshold : 0)),
  missingLeft: Uint8Array.from(nodes, (node) =>
    Number(node.kind === 'numeric' && node.missingLeft),
  ),
  left: Int32Array.from(nodes, (node) => node.left),
  right: Int32Array.from(nodes, (node) => node.right),
  members: nodes.map((node) => (node.kind === 'categorical' ? membership(node.members) : null)),
  leaves,
})

const membership = (members: readonly number[]): Uint8Array => {
  const isMember = new Uint8Array((members.at(-1) ?? -1) + 1)
  for (const code of members) isMember[code] = 1
  return isMember
}

/** The leaf that a row falls into. */
export const leafOf = (tree: FlatTree, table: EncodedTable, row: number): number => {
  if (tree.feature.length === 0) return 0
  let node = 0
  while (node >= 0) {
    const value = table.columns[tree.feature[node]!]![row]!
    const members = tree.members[node]
    const goesLeft = members
      ? members[value] === 1
      : value <= tree.threshold[node]! || (tree.missingLeft[node] === 1 && Number.isNaN(value))
    node = goesLeft ? tree.left[node]! : tree.right[node]!
  }
  return ~node
}

/** Adds a tree's values to the scores of all rows. */
export const addTree = (scores: Float64Array, tree: FlatTree, table: EncodedTable): void => {
  for (let row = 0; row < table.rowCount; row++) {
    scores[row]! += tree.leaves[leafOf(tree, table, row)]!
  }
}
