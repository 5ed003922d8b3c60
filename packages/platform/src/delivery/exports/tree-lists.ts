import { type OnnxNode, UnreadableGraph } from '../../runtime/index.ts'
import type { TreeLists } from './row-program.ts'

/** Node modes of TreeEnsemble (ai.onnx.ml 5) that are understood. */
const lessOrEqual = 0
const member = 6

/**
 * The lists of a TreeEnsemble, checked: children, leaves, features and targets exist, and no node leads back to itself,
 * so that code that walks them ends and reads nothing beyond them.
 * @throws UnreadableGraph
 */
export function treeLists(node: OnnxNode, features: number): TreeLists {
  const ints = (name: string): readonly number[] => node.attributes.get(name)?.ints ?? []
  const data = (name: string): readonly number[] =>
    node.attributes.get(name)?.tensor?.data.map(Number) ?? []
  const targets = node.attributes.get('n_targets')?.int ?? 1
  // 1 is the sum, 0 no transformation of the scores.
  if ((node.attributes.get('aggregate_function')?.int ?? 1) !== 1) refuse('is no sum of trees')
  if ((node.attributes.get('post_transform')?.int ?? 0) !== 0) refuse('transforms its scores')
  const modes = data('nodes_modes')
  const child = (ids: readonly number[], leaves: readonly number[]): readonly number[] =>
    ids.map((id, i) => (leaves[i] ? ~id : id))
  const lists: TreeLists = {
    roots: ints('tree_roots'),
    features: ints('nodes_featureids'),
    splits: data('nodes_splits'),
    missingTrue: ints('nodes_missing_value_tracks_true'),
    whenTrue: child(ints('nodes_truenodeids'), ints('nodes_trueleafs')),
    whenFalse: child(ints('nodes_falsenodeids'), ints('nodes_falseleafs')),
    ...setsOf(modes, data('membership_values')),
    leafTargets: ints('leaf_targetids'),
    leafValues: data('leaf_weights'),
  }
  const nodes = modes.length
  const perNode = [lists.features, lists.splits, lists.missingTrue, lists.whenTrue, lists.whenFalse]
  if (perNode.some((list) => list.length !== nodes)) refuse('has lists of different lengths')
  const leaves = lists.leafValues.length
  if (lists.leafTargets.length !== leaves) refuse('has leaves without a target')
  const within = (list: readonly number[], end: number): boolean =>
    list.every((value) => value >= 0 && value < end)
  if (!within(lists.features, features)) refuse('tests a feature that does not exist')
  if (!within(lists.leafTargets, targets) || !within(lists.roots, nodes)) {
    refuse('names a target or root that does not exist')
  }
  for (const children of [lists.whenTrue, lists.whenFalse]) {
    // A child stands after its parent, so every walk comes to an end.
    const ends = children.every((to, at) => (to < 0 ? ~to < leaves : to > at && to < nodes))
    if (!ends) refuse('has a node whose child is no later node and no leaf')
  }
  return lists
}

/** The sets of the nodes that test membership, which stand one after the other, each ended by NaN. */
function setsOf(
  modes: readonly number[],
  values: readonly number[],
): Pick<TreeLists, 'setStarts' | 'setSizes' | 'members'> {
  const setStarts: number[] = []
  const setSizes: number[] = []
  const members: number[] = []
  let at = 0
  for (const mode of modes) {
    if (mode !== lessOrEqual && mode !== member) refuse(`has nodes of mode ${mode}`)
    if (mode === lessOrEqual) {
      setStarts.push(-1)
      setSizes.push(0)
      continue
    }
    const start = members.length
    for (; at < values.length && !Number.isNaN(values[at]); at++) members.push(values[at]!)
    at++
    setStarts.push(start)
    setSizes.push(members.length - start)
  }
  return { setStarts, setSizes, members }
}

function refuse(why: string): never {
  throw new UnreadableGraph(`its tree ensemble ${why}`)
}
