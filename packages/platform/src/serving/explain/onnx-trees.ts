import type { ExplainedTree, TreeEnsemble } from '@kaizen/ml'
import {
  type GraphAttribute,
  type OnnxGraph,
  type OnnxNode,
  UnreadableGraph,
} from '../../runtime/index.ts'

/** The trees of a graph: where their features come from, and one sum of trees for each score. */
export interface GraphTrees {
  /** Name of the value that holds the features. */
  readonly input: string
  readonly ensembles: readonly TreeEnsemble[]
}

/** A node of a tree, whatever operator wrote it. */
interface SplitNode {
  readonly feature: number
  readonly mode: SplitMode
  readonly split: number
  /** Values that a member node lets through. */
  readonly members: readonly number[]
  readonly missingTrue: boolean
  /** Places in the list of nodes; below 0 the complement of a leaf's number. */
  readonly whenTrue: number
  readonly whenFalse: number
}
const splitModes = ['leq', 'lt', 'gte', 'gt', 'member'] as const
type SplitMode = (typeof splitModes)[number]

interface Forest {
  readonly nodes: readonly SplitNode[]
  /** Values of each leaf by score. */
  readonly leaves: readonly ReadonlyMap<number, number>[]
  readonly roots: readonly number[]
  readonly scores: number
  readonly base: readonly number[]
  /** Scores are sums, or means of the trees. */
  readonly mean: boolean
}

const operators = [
  'ai.onnx.ml.TreeEnsemble',
  'ai.onnx.ml.TreeEnsembleRegressor',
  'ai.onnx.ml.TreeEnsembleClassifier',
]
/** Categories of a member node are small whole numbers: its list of them is not large. */
const mostMember = 65_536

/**
 * The trees of a model that has one ensemble of them. What comes before and after them in the graph is not looked at
 * here: it is held against the model's answers.
 * @throws UnreadableGraph where there is no ensemble, several, or one that is not understood
 */
export function treesOf(graph: OnnxGraph): GraphTrees {
  const found = graph.nodes.filter(({ operator }) => operators.includes(operator))
  const [node] = found
  if (!node || found.length > 1)
    throw new UnreadableGraph(`it holds ${found.length} tree ensembles`)
  const forest =
    node.operator === 'ai.onnx.ml.TreeEnsemble' ? forestOfLists(node) : forestOfRows(node)
  const features = 1 + forest.nodes.reduce((most, { feature }) => Math.max(most, feature), 0)
  const scale = forest.mean ? 1 / forest.roots.length : 1
  const offset = constantAfter(graph, node, forest.scores)
  const ensembles = Array.from({ length: forest.scores }, (_, score) => ({
    features,
    base: (forest.base[score] ?? 0) + (offset[score] ?? 0),
    scale,
    trees: forest.roots.flatMap((root) => explainedTree(forest, root, score) ?? []),
  }))
  // Two classes may share one score, kept under the number of either.
  const given = ensembles.filter(({ trees }) => trees.length > 0)
  const alone = given.length === 1 && ensembles.length === 2
  return {
    input: node.inputs[0] ?? '',
    ensembles: alone ? withBase(given[0]!, forest.base) : ensembles,
  }
}

const withBase = (ensemble: TreeEnsemble, base: readonly number[]): readonly TreeEnsemble[] =>
  base.length === 1 ? [{ ...ensemble, base: base[0]! }] : [ensemble]

/** What the graph adds to the scores, where it adds constants. */
function constantAfter(graph: OnnxGraph, node: OnnxNode, scores: number): readonly number[] {
  const [output] = node.outputs.slice(-1)
  const add = graph.nodes.find(
    ({ operator, inputs }) => operator === 'Add' && inputs.includes(output ?? ''),
  )
  const other = add?.inputs.find((name) => name !== output)
  const constant = other === undefined ? undefined : graph.constants.get(other)
  if (!constant || constant.type === 'string') return []
  const values = constant.data.map(Number)
  return values.length === 1 ? Array(scores).fill(values[0]) : values
}

const ints = (node: OnnxNode, name: string): readonly number[] => attribute(node, name)?.ints ?? []
const attribute = (node: OnnxNode, name: string): GraphAttribute | undefined =>
  node.attributes.get(name)
/** Floats of an attribute, or of its twin that is a tensor of doubles. */
const floats = (node: OnnxNode, name: string): readonly number[] =>
  attribute(node, `${name}_as_tensor`)?.tensor?.data.map(Number) ??
  attribute(node, name)?.tensor?.data.map(Number) ??
  attribute(node, name)?.floats ??
  []

/** TreeEnsemble of ai.onnx.ml 5: nodes and leaves in lists of their own. */
function forestOfLists(node: OnnxNode): Forest {
  const modes = floats(node, 'nodes_modes')
  const membership = floats(node, 'membership_values')
  const [whenTrue, whenFalse] = [ints(node, 'nodes_truenodeids'), ints(node, 'nodes_falsenodeids')]
  const [trueLeaf, falseLeaf] = [ints(node, 'nodes_trueleafs'), ints(node, 'nodes_falseleafs')]
  const [splits, features] = [floats(node, 'nodes_splits'), ints(node, 'nodes_featureids')]
  const missing = ints(node, 'nodes_missing_value_tracks_true')
  const named = ['leq', 'lt', 'gte', 'gt', 'eq', 'neq', 'member']
  let at = 0
  const nodes = modes.map((code, i): SplitNode => {
    const mode = modeOf(named[code])
    const members: number[] = []
    if (mode === 'member') {
      for (; at < membership.length && !Number.isNaN(membership[at]); at++)
        members.push(membership[at]!)
      at++
    }
    return {
      feature: features[i]!,
      mode,
      split: splits[i]!,
      members,
      missingTrue: missing[i] === 1,
      whenTrue: trueLeaf[i] ? ~whenTrue[i]! : whenTrue[i]!,
      whenFalse: falseLeaf[i] ? ~whenFalse[i]! : whenFalse[i]!,
    }
  })
  const targets = ints(node, 'leaf_targetids')
  const weights = floats(node, 'leaf_weights')
  return {
    nodes,
    leaves: weights.map((weight, i) => new Map([[targets[i]!, weight]])),
    roots: ints(node, 'tree_roots'),
    scores: attribute(node, 'n_targets')?.int ?? 1,
    base: [],
    mean: attribute(node, 'aggregate_function')?.int === 0,
  }
}

/** TreeEnsembleRegressor and TreeEnsembleClassifier: nodes of all trees in one table, values of leaves in another. */
function forestOfRows(node: OnnxNode): Forest {
  const trees = ints(node, 'nodes_treeids')
  const ids = ints(node, 'nodes_nodeids')
  const modes = attribute(node, 'nodes_modes')?.texts ?? []
  const places = new Map(trees.map((tree, i) => [`${tree} ${ids[i]}`, i]))
  const side = node.operator.endsWith('Classifier') ? 'class' : 'target'
  const [valueTrees, valueNodes, valueScores] = [
    ints(node, `${side}_treeids`),
    ints(node, `${side}_nodeids`),
    ints(node, `${side}_ids`),
  ]
  const leafOf = new Map<number, Map<number, number>>()
  floats(node, `${side}_weights`).forEach((weight, i) => {
    const place = places.get(`${valueTrees[i]} ${valueNodes[i]}`)
    if (place === undefined) throw new UnreadableGraph('a value of its trees has no leaf')
    const values = leafOf.get(place) ?? new Map<number, number>()
    values.set(valueScores[i]!, (values.get(valueScores[i]!) ?? 0) + weight)
    leafOf.set(place, values)
  })
  const leaves: ReadonlyMap<number, number>[] = []
  const numberOf = modes.map((mode, i) =>
    mode === 'LEAF' ? ~(leaves.push(leafOf.get(i) ?? new Map()) - 1) : i,
  )
  const childOf = (tree: number, id: number): number => {
    const number = numberOf[places.get(`${tree} ${id}`) ?? -1]
    if (number === undefined) throw new UnreadableGraph('a node of its trees has no child')
    return number
  }
  const [splits, features] = [floats(node, 'nodes_values'), ints(node, 'nodes_featureids')]
  const [whenTrue, whenFalse] = [ints(node, 'nodes_truenodeids'), ints(node, 'nodes_falsenodeids')]
  const missing = ints(node, 'nodes_missing_value_tracks_true')
  const nodes = modes.map((mode, i): SplitNode => {
    const isLeaf = mode === 'LEAF'
    return {
      feature: isLeaf ? 0 : features[i]!,
      mode: isLeaf ? 'leq' : modeOf(mode.replace('BRANCH_', '').toLowerCase()),
      split: splits[i]!,
      members: [],
      missingTrue: missing[i] === 1,
      whenTrue: isLeaf ? numberOf[i]! : childOf(trees[i]!, whenTrue[i]!),
      whenFalse: isLeaf ? numberOf[i]! : childOf(trees[i]!, whenFalse[i]!),
    }
  })
  const firsts = [...new Set(trees)].map((tree) => numberOf[trees.indexOf(tree)]!)
  return {
    nodes,
    leaves,
    roots: firsts,
    scores: 1 + leaves.reduce((most, values) => Math.max(most, ...values.keys()), 0),
    base: floats(node, 'base_values'),
    mean: attribute(node, 'aggregate_function')?.text === 'AVERAGE',
  }
}

function modeOf(name: string | undefined): SplitMode {
  const mode = splitModes.find((known) => known === name)
  if (mode) return mode
  throw new UnreadableGraph(`its trees have nodes of mode ${name ?? 'unknown'}`)
}

/** The next smaller number: `x < split` is `x <= justBelow(split)`. */
function justBelow(split: number): number {
  if (!Number.isFinite(split)) return split
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, split === 0 ? 0 : split)
  const bits = view.getBigInt64(0)
  if (split === 0) return -Number.MIN_VALUE
  view.setBigInt64(0, split > 0 ? bits - 1n : bits + 1n)
  return view.getFloat64(0)
}

/** One tree for one score, rows going left where its test holds; undefined where it gives that score nothing. */
function explainedTree(forest: Forest, root: number, score: number): ExplainedTree | undefined {
  const left: number[] = []
  const right: number[] = []
  const feature: number[] = []
  const threshold: number[] = []
  const value: number[] = []
  const missingLeft: number[] = []
  const members: (Uint8Array | null)[] = []
  let gives = false
  const visit = (place: number): number => {
    const at = left.length
    if (at > forest.nodes.length * 2) throw new UnreadableGraph('its trees go round in a circle')
    for (const list of [left, right]) list.push(-1)
    for (const list of [feature, threshold, value, missingLeft]) list.push(0)
    members.push(null)
    if (place < 0) {
      const given = forest.leaves[~place]?.get(score) ?? 0
      if (given !== 0) gives = true
      value[at] = given
      return at
    }
    const node = forest.nodes[place]
    if (!node) throw new UnreadableGraph('a node of its trees has no child')
    const swapped = node.mode === 'gte' || node.mode === 'gt'
    feature[at] = node.feature
    threshold[at] = node.mode === 'lt' || node.mode === 'gte' ? justBelow(node.split) : node.split
    missingLeft[at] = Number(node.missingTrue !== swapped)
    if (node.mode === 'member') members[at] = memberSet(node.members)
    left[at] = visit(swapped ? node.whenFalse : node.whenTrue)
    right[at] = visit(swapped ? node.whenTrue : node.whenFalse)
    return at
  }
  visit(root)
  if (!gives) return undefined
  return {
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    feature: Int32Array.from(feature),
    threshold: Float64Array.from(threshold),
    value: Float64Array.from(value),
    cover: new Float64Array(left.length),
    missingLeft: Uint8Array.from(missingLeft),
    ...(members.some((set) => set !== null) ? { members } : {}),
  }
}

function memberSet(values: readonly number[]): Uint8Array {
  const most = Math.max(0, ...values)
  if (most >= mostMember || !values.every((value) => Number.isInteger(value) && value >= 0)) {
    throw new UnreadableGraph('its trees test sets of other numbers than codes of categories')
  }
  const set = new Uint8Array(most + 1)
  for (const value of values) set[value] = 1
  return set
}
