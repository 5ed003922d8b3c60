import { type Aggregate, applyPostTransform, type PostTransform } from '@kaizen/ml/forest'
import type { NodeContext, Operator } from '../compiling.ts'
import { forestOver } from './forest-over.ts'
import { treeClasses } from './tree-classes.ts'
import { decimals, type ForestLists, forestOfLists, forestOfRows } from './tree-lists.ts'

const listAttributes = [
  'aggregate_function',
  'leaf_targetids',
  'leaf_weights',
  'membership_values',
  'n_targets',
  'nodes_falseleafs',
  'nodes_falsenodeids',
  'nodes_featureids',
  'nodes_hitrates',
  'nodes_missing_value_tracks_true',
  'nodes_modes',
  'nodes_splits',
  'nodes_trueleafs',
  'nodes_truenodeids',
  'post_transform',
  'tree_roots',
]
const rowAttributes = [
  'aggregate_function',
  'base_values',
  'base_values_as_tensor',
  'nodes_falsenodeids',
  'nodes_featureids',
  'nodes_hitrates',
  'nodes_hitrates_as_tensor',
  'nodes_missing_value_tracks_true',
  'nodes_modes',
  'nodes_nodeids',
  'nodes_treeids',
  'nodes_truenodeids',
  'nodes_values',
  'nodes_values_as_tensor',
  'post_transform',
]

const aggregates: readonly Aggregate[] = ['mean', 'sum', 'min', 'max']
/** PROBIT is left out: its approximation hangs on the last digits of logarithms. */
const transforms: readonly PostTransform[] = ['none', 'softmax', 'logistic', 'softmax-zero']
const aggregateNames = ['AVERAGE', 'SUM', 'MIN', 'MAX']
const transformNames = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO']

/** Trees of the current operator set, whose answers are of the type of its input. */
const treeEnsemble: Operator = (node) => {
  node.allow(...listAttributes)
  node.arity(1, 1)
  const from = node.numbers()
  if (from.type !== 'float' && from.type !== 'double') node.refuse(`works on ${from.type}`)
  const aggregate =
    aggregates[node.int('aggregate_function', 1)] ?? node.refuse('adds up in a way of its own')
  const transform =
    transforms[node.int('post_transform', 0)] ?? node.refuse('transforms in a way of its own')
  const lists = forestOfLists(node)
  const types = [node.tensor('nodes_splits'), node.tensor('leaf_weights')].map(
    (tensor) => tensor?.type,
  )
  if (types.some((type) => type !== from.type))
    node.refuse('has lists of another type than its input')
  regressor(node, { lists, targets: node.int('n_targets', 1), aggregate, transform, base: [] })
}

const treeRegressor: Operator = (node) => {
  node.allow(
    ...rowAttributes,
    ...[
      'n_targets',
      'target_ids',
      'target_nodeids',
      'target_treeids',
      'target_weights',
      'target_weights_as_tensor',
    ],
  )
  node.arity(1, 1)
  regressor(node, {
    lists: forestOfRows(node, 'target'),
    targets: node.int('n_targets', 0),
    ...ways(node),
    base: Array.from(decimals(node, 'base_values')),
  })
}

const ways = (
  node: NodeContext,
): { readonly aggregate: Aggregate; readonly transform: PostTransform } => ({
  aggregate:
    aggregates[aggregateNames.indexOf(node.text('aggregate_function', 'SUM'))] ??
    node.refuse('adds up in a way of its own'),
  transform:
    transforms[transformNames.indexOf(node.text('post_transform', 'NONE'))] ??
    node.refuse('transforms in a way of its own'),
})

interface Regressor {
  readonly lists: ForestLists
  readonly targets: number
  readonly aggregate: Aggregate
  readonly transform: PostTransform
  readonly base: readonly number[]
}

function regressor(
  node: NodeContext,
  { lists, targets, aggregate, transform, base }: Regressor,
): void {
  const { sum, columns, from } = forestOver(node, lists, { targets, aggregate })
  if (base.length > 0 && base.length !== targets)
    node.refuse('has another number of base values than of scores')
  if (targets === 1 && transform !== 'none') node.refuse('transforms a single score')
  if (!sum.isGiven.every(Boolean)) node.refuse('leaves scores without trees')
  const isDouble = node.node.operator.endsWith('TreeEnsemble') && from.type === 'double'
  if (isDouble && transform !== 'none') node.refuse('transforms scores of float64')
  const spec = {
    type: isDouble ? 'double' : 'float',
    width: targets,
    rank: 2,
    isSingle: !isDouble,
  } as const
  node.output(spec, (frame) => {
    const scores = sum.compute(columns(frame), frame.rows)
    if (base.length > 0) {
      for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! + base[i % targets]!
    }
    const answers = isDouble || scores instanceof Float32Array ? scores : new Float32Array(scores)
    if (transform !== 'none') {
      for (let at = 0; at < answers.length; at += targets) {
        applyPostTransform(answers.subarray(at, at + targets), transform)
      }
    }
    return answers
  })
}

const treeClassifier: Operator = (node) => {
  node.allow(
    ...rowAttributes,
    ...['class_ids', 'class_nodeids', 'class_treeids', 'class_weights', 'class_weights_as_tensor'],
    ...['classlabels_int64s', 'classlabels_strings'],
  )
  node.arity(1, 2)
  const { aggregate, transform } = ways(node)
  if (aggregate !== 'sum') node.refuse('has classes by other than sums')
  treeClasses(node, {
    lists: forestOfRows(node, 'class'),
    transform,
    base: Array.from(decimals(node, 'base_values')),
  })
}

export const treeOperators: Readonly<Record<string, Operator>> = {
  'ai.onnx.ml.TreeEnsemble': treeEnsemble,
  'ai.onnx.ml.TreeEnsembleRegressor': treeRegressor,
  'ai.onnx.ml.TreeEnsembleClassifier': treeClassifier,
}
