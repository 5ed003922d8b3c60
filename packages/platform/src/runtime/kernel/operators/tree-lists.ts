import { type Forest, splitTests } from '@kaizen/ml/forest'
import type { NodeContext } from '../compiling.ts'

/** What a forest takes besides its width and precision. */
export type ForestLists = Omit<Forest, 'features' | 'targets' | 'precision'>

/** Splits and weights as floats, or as tensors of another type. */
export function decimals(node: NodeContext, name: string): ArrayLike<number> {
  const tensor = node.tensor(`${name}_as_tensor`) ?? node.tensor(name)
  const floats = node.floats(name)
  if (!tensor) return floats
  if (floats.length > 0 || (tensor.type !== 'double' && tensor.type !== 'float')) {
    node.refuse(`has ${name} of ${tensor.type}`)
  }
  return tensor.data as readonly number[]
}

/** TreeEnsemble of ai.onnx.ml 5: nodes and leaves in lists of their own. */
export function forestOfLists(node: NodeContext): ForestLists {
  const modes = node.tensor('nodes_modes')
  if (modes?.type !== 'uint8') node.refuse('has no modes of nodes')
  const test = Uint8Array.from(modes.data as readonly number[])
  const child = (ids: readonly number[], leafs: readonly number[]): Int32Array => {
    if (ids.length !== test.length || leafs.length !== test.length) node.refuse('lacks children')
    const children = wholes(node, ids)
    for (let i = 0; i < leafs.length; i++) if (leafs[i] === 1) children[i] = ~children[i]!
    return children
  }
  const missing = node.ints('nodes_missing_value_tracks_true')
  const weight = decimals(node, 'leaf_weights')
  const targets = node.ints('leaf_targetids')
  if (targets.length !== weight.length) node.refuse('has leaves without a target')
  return {
    roots: wholes(node, node.ints('tree_roots')),
    feature: wholes(node, node.ints('nodes_featureids')),
    test,
    split: Float64Array.from(decimals(node, 'nodes_splits')),
    missingTrue: missing.length === 0 ? new Uint8Array(test.length) : Uint8Array.from(missing),
    whenTrue: child(node.ints('nodes_truenodeids'), node.ints('nodes_trueleafs')),
    whenFalse: child(node.ints('nodes_falsenodeids'), node.ints('nodes_falseleafs')),
    members: membersOf(node, test),
    weightStart: Int32Array.from({ length: weight.length + 1 }, (_, i) => i),
    weightTarget: wholes(node, targets),
    weight: Float64Array.from(weight),
  }
}

/** Numbers of nodes, features and targets fit 31 bits. */
const whole = (node: NodeContext, id: number): number =>
  Number.isInteger(id) && id >= 0 && id < 2 ** 31 ? id : node.refuse(`has the number ${id}`)

function wholes(node: NodeContext, ids: readonly number[]): Int32Array {
  const numbers = new Int32Array(ids.length)
  for (let i = 0; i < ids.length; i++) numbers[i] = whole(node, ids[i]!)
  return numbers
}

const member = splitTests.indexOf('member')

/** Sets of the nodes that test membership stand one after the other, each ended by NaN. */
function membersOf(node: NodeContext, test: Uint8Array): ForestLists['members'] {
  if (!test.includes(member)) return undefined
  const values = decimals(node, 'membership_values')
  let at = 0
  return Array.from(test, (mode) => {
    if (mode !== member) return undefined
    const members = new Set<number>()
    for (; at < values.length && !Number.isNaN(values[at]); at++) members.add(values[at]!)
    if (at >= values.length) node.refuse('has a set without an end')
    at++
    return members
  })
}

const modeNames = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ']
const leafMode = modeNames.length

/** TreeEnsembleRegressor and TreeEnsembleClassifier: nodes of all trees in one table, values of leaves in another. */
export function forestOfRows(node: NodeContext, side: 'class' | 'target'): ForestLists {
  const trees = node.ints('nodes_treeids')
  const ids = node.ints('nodes_nodeids')
  const modes = node.texts('nodes_modes')
  const count = modes.length
  const test = Uint8Array.from(modes, (mode) => {
    const known = modeNames.indexOf(mode)
    return mode === 'LEAF' ? leafMode : known < 0 ? node.refuse(`has nodes of mode ${mode}`) : known
  })
  if (ids.length !== count || trees.length !== count) node.refuse('has lists of different lengths')
  const places = new NodePlaces(node, trees, ids)
  const leaves = leavesOf(node, { side, places, test })
  const [trueIds, falseIds] = [node.ints('nodes_truenodeids'), node.ints('nodes_falsenodeids')]
  const missing = node.ints('nodes_missing_value_tracks_true')
  const numberOf = (place: number): number =>
    test[place] === leafMode ? ~leaves.numberOf[place]! : place
  const child = (children: readonly number[]): Int32Array =>
    Int32Array.from(test, (mode, i) => {
      if (mode === leafMode) return ~leaves.numberOf[i]!
      return numberOf(places.of(trees[i]!, children[i] ?? -1))
    })
  const roots: number[] = []
  for (let i = 0; i < count; i++) if (i === 0 || trees[i] !== trees[i - 1]) roots.push(numberOf(i))
  if (new Set(trees).size !== roots.length) node.refuse('has trees in several pieces')
  return {
    ...leaves,
    roots: Int32Array.from(roots),
    feature: Int32Array.from(node.ints('nodes_featureids'), (id, i) =>
      test[i] === leafMode ? 0 : whole(node, id),
    ),
    test: test.map((mode) => (mode === leafMode ? 0 : mode)),
    split: Float64Array.from(decimals(node, 'nodes_values')),
    missingTrue: Uint8Array.from(test, (_, i) => Number(missing[i] === 1)),
    whenTrue: child(trueIds),
    whenFalse: child(falseIds),
    members: undefined,
  }
}

/** Finds nodes by their tree and number: usually those of a tree stand in order. */
class NodePlaces {
  readonly #node: NodeContext
  readonly #byKey = new Map<number, number>()

  constructor(node: NodeContext, trees: readonly number[], ids: readonly number[]) {
    this.#node = node
    for (let i = 0; i < trees.length; i++) {
      const key = this.#keyOf(trees[i]!, ids[i]!)
      if (this.#byKey.has(key)) node.refuse('has a node twice')
      this.#byKey.set(key, i)
    }
  }

  /** @throws UnreadableGraph for a node that is not there */
  of(tree: number, id: number): number {
    return (
      this.#byKey.get(this.#keyOf(tree, id)) ?? this.#node.refuse('names a node that is not there')
    )
  }

  #keyOf(tree: number, id: number): number {
    const isSmall = tree >= 0 && tree < 2 ** 26 && id >= 0 && id < 2 ** 26
    return isSmall ? tree * 2 ** 26 + id : this.#node.refuse(`has the node ${id} of tree ${tree}`)
  }
}

interface Leaves extends Pick<ForestLists, 'weightStart' | 'weightTarget' | 'weight'> {
  /** By place of a node. */
  readonly numberOf: Int32Array
}

/** Values of leaves, those of each in the order of the file. Every leaf has some. */
function leavesOf(
  node: NodeContext,
  {
    side,
    places,
    test,
  }: { readonly side: string; readonly places: NodePlaces; readonly test: Uint8Array },
): Leaves {
  const ids = node.ints(`${side}_ids`)
  const [trees, nodes] = [node.ints(`${side}_treeids`), node.ints(`${side}_nodeids`)]
  const weights = decimals(node, `${side}_weights`)
  if ([trees, nodes, weights].some(({ length }) => length !== ids.length)) {
    node.refuse('has lists of different lengths')
  }
  const byLeaf = new Map<number, number[]>()
  ids.forEach((_, i) => {
    const place = places.of(trees[i]!, nodes[i]!)
    if (test[place] !== leafMode) node.refuse('has a value that no leaf holds')
    const values = byLeaf.get(place)
    if (values) values.push(i)
    else byLeaf.set(place, [i])
  })
  const numberOf = new Int32Array(test.length)
  const [start, target, weight]: number[][] = [[0], [], []]
  for (let place = 0; place < test.length; place++) {
    if (test[place] !== leafMode) continue
    numberOf[place] = start!.length - 1
    for (const i of byLeaf.get(place) ?? node.refuse('has a leaf without a value')) {
      target!.push(whole(node, ids[i]!))
      weight!.push(weights[i]!)
    }
    start!.push(target!.length)
  }
  return {
    numberOf,
    weightStart: Int32Array.from(start!),
    weightTarget: Int32Array.from(target!),
    weight: Float64Array.from(weight!),
  }
}
