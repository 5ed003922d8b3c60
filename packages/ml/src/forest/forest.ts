import { MlError } from '../ml-error.ts'

/** How a node tests a feature; missing values take the side that the node names. */
export const splitTests = ['leq', 'lt', 'gte', 'gt', 'eq', 'neq', 'member'] as const
export type SplitTest = (typeof splitTests)[number]

/**
 * Sums, means or extremes of trees, in lists by node and by leaf, as the ONNX-ML operators describe them
 * (https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html). A child or root below 0 is the leaf of that
 * number's complement.
 */
export interface Forest {
  /** Values of a row. */
  readonly features: number
  /** Scores of a row. */
  readonly targets: number
  /** One a tree. */
  readonly roots: Int32Array
  /** By node: which feature is tested. */
  readonly feature: Int32Array
  /** By node: the place of the test in `splitTests`. */
  readonly test: Uint8Array
  /** By node: what it compares with. */
  readonly split: Float64Array
  /** By node: 1 where NaN passes the test. */
  readonly missingTrue: Uint8Array
  readonly whenTrue: Int32Array
  readonly whenFalse: Int32Array
  /** By node: the values that a member test lets through. */
  readonly members: readonly (ReadonlySet<number> | undefined)[] | undefined
  /** By leaf, and one more: where its weights begin. */
  readonly weightStart: Int32Array
  /** By weight: the score that it counts for. */
  readonly weightTarget: Int32Array
  readonly weight: Float64Array
  /** Of comparisons and sums. */
  readonly precision: 'float32' | 'float64'
}

/**
 * Makes sure that every walk ends and reads nothing beyond the lists.
 * @returns whether nodes have several parents, as those have that share what follows
 * @throws MlError invalid_state for a forest whose walks might not
 */
export function checkForest(forest: Forest): { readonly isShared: boolean } {
  const { roots, feature, test, weightStart, weightTarget, weight } = forest
  const nodes = feature.length
  const leaves = weightStart.length - 1
  const perNode = [test, forest.split, forest.missingTrue, forest.whenTrue, forest.whenFalse]
  if (perNode.some(({ length }) => length !== nodes)) refuse('has lists of different lengths')
  if (roots.length === 0) refuse('has no trees')
  if (!isWithin(feature, forest.features)) refuse('tests a feature that does not exist')
  if (!isWithin(test, splitTests.length)) refuse('tests in a way that is not known')
  if (!isWithin(weightTarget, forest.targets)) refuse('adds to a score that does not exist')
  if (weightTarget.length !== weight.length || weightStart[leaves] !== weight.length)
    refuse('has leaves without weights')
  return { isShared: checkWalks(forest, leaves) }
}

/** Where the search for circles is with a node. */
const [unmet, open, done] = [0, 1, 2]

/** Follows every branch once; a node that is met while what it leads to is still followed leads back to itself. */
function checkWalks({ roots, whenTrue, whenFalse }: Forest, leaves: number): boolean {
  const state = new Uint8Array(whenTrue.length)
  const [met, metLeaves] = [new Uint8Array(whenTrue.length), new Uint8Array(leaves)]
  const waiting: number[] = []
  let isShared = false
  const meet = (place: number): void => {
    const [list, at] = place < 0 ? [metLeaves, ~place] : [met, place]
    if (at >= list.length) refuse('has a node whose child does not exist')
    if (list[at] === 1) isShared = true
    list[at] = 1
    if (place < 0) return
    if (state[place] === open) refuse('has nodes that lead in a circle')
    if (state[place] === unmet) waiting.push(place)
  }
  for (const root of roots) {
    meet(root)
    for (let at = waiting.at(-1); at !== undefined; at = waiting.at(-1)) {
      if (state[at] !== unmet) {
        waiting.pop()
        state[at] = done
        continue
      }
      state[at] = open
      meet(whenTrue[at]!)
      meet(whenFalse[at]!)
    }
  }
  return isShared
}

function isWithin(list: Int32Array | Uint8Array, end: number): boolean {
  for (let i = 0; i < list.length; i++) if (list[i]! < 0 || list[i]! >= end) return false
  return true
}

function refuse(why: string): never {
  throw new MlError('invalid_state', `the forest ${why}`, 'train or export the model again')
}
