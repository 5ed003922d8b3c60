import type { Numbers } from '../numeric/numbers.ts'

/**
 * A decision tree in flat arrays, for explanations. Node 0 is the root. `left[n] < 0` marks a leaf. Rows go
 * left where the feature is at most the threshold; missing values where `missingLeft` says (right without
 * it); category codes where `members` holds 1.
 */
export interface ExplainedTree {
  readonly left: Int32Array
  readonly right: Int32Array
  readonly feature: Int32Array
  readonly threshold: Float64Array
  /** Of leaves; what inner nodes hold is not used. */
  readonly value: Float64Array
  /** Training rows (or their weight) that reached each node. */
  readonly cover: Float64Array
  readonly missingLeft?: Uint8Array
  readonly members?: readonly (Uint8Array | null)[]
}

/** A sum of trees: base + scale times the values of the leaves that a row reaches. */
export interface TreeEnsemble {
  readonly features: number
  readonly base: number
  readonly scale: number
  readonly trees: readonly ExplainedTree[]
}

/** The child of an inner node that a row goes to. */
export const childOf = (tree: ExplainedTree, node: number, row: Numbers): number => {
  const value = row[tree.feature[node]!]!
  const members = tree.members?.[node]
  const goesLeft = members
    ? members[value] === 1
    : value <= tree.threshold[node]! || (tree.missingLeft?.[node] === 1 && Number.isNaN(value))
  return goesLeft ? tree.left[node]! : tree.right[node]!
}

/** The ensemble's output for a row. */
export const predictEnsemble = ({ base, scale, trees }: TreeEnsemble, row: Numbers): number => {
  let sum = 0
  for (const tree of trees) {
    let node = 0
    while (tree.left[node]! >= 0) node = childOf(tree, node, row)
    sum += tree.value[node]!
  }
  return base + scale * sum
}

/** The mean output over the training rows, by the covers of the leaves. */
export const expectedOutput = ({ base, scale, trees }: TreeEnsemble): number => {
  let sum = 0
  for (const tree of trees) {
    let weighted = 0
    for (let node = 0; node < tree.left.length; node++) {
      if (tree.left[node]! < 0) weighted += tree.cover[node]! * tree.value[node]!
    }
    sum += weighted / tree.cover[0]!
  }
  return base + scale * sum
}
