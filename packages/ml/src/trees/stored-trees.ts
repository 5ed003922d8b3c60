import { MlError } from '../ml-error.ts'
import type { Tree, TreeNode } from './tree.ts'

/** A tree as JSON holds it. */
export interface StoredTree {
  readonly nodes: readonly TreeNode[]
  readonly leaves: readonly number[]
}

/** The JSON form of a tree. */
export const storeTree = ({ nodes, leaves }: Tree): StoredTree => ({ nodes, leaves: [...leaves] })

/**
 * A tree from its JSON form.
 * @throws MlError when a child does not exist or leads back, or a feature does not exist.
 */
export const restoreTree = ({ nodes, leaves }: StoredTree, featureCount: number): Tree => {
  const isChild = (child: number, parent: number): boolean =>
    Number.isInteger(child) &&
    (child < 0 ? ~child < leaves.length : child > parent && child < nodes.length)
  for (const [index, node] of nodes.entries()) {
    const sound =
      isChild(node.left, index) &&
      isChild(node.right, index) &&
      Number.isInteger(node.feature) &&
      node.feature >= 0 &&
      node.feature < featureCount
    if (sound) continue
    throw damaged(`node ${index} points outside the tree`)
  }
  if (leaves.length === 0 || !leaves.every(Number.isFinite)) throw damaged('a leaf has no value')
  return { nodes, leaves: Float64Array.from(leaves) }
}

const damaged = (what: string): MlError =>
  new MlError(
    'invalid_state',
    `the state of a boosted model is damaged: ${what}`,
    "restore the state that the model's toJSON gave, unchanged",
  )
