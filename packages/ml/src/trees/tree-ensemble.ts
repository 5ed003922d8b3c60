import type { GraphBuilder, ValueName } from '../onnx/graph-builder.ts'
import type { Attribute } from '../onnx/messages.ts'
import type { Tree, TreeNode } from './tree.ts'

/** Node modes of TreeEnsemble (ai.onnx.ml 5). */
const lessOrEqual = 0
const member = 6

/**
 * Adds the sum of trees as one TreeEnsemble in float64.
 * @param input float64 `[N, F]`: numbers, NaN for missing; categories as code plus one, 0 for none.
 * @param rounds by iteration, one tree by output.
 * @returns raw scores, float64 `[N, outputs]`.
 */
export const addTreeEnsemble = (
  builder: GraphBuilder,
  input: ValueName,
  rounds: readonly (readonly Tree[])[],
  baseline: Float64Array,
): ValueName => {
  const constants = Float64Array.from(baseline)
  const layout = new Layout()
  for (const trees of rounds) {
    for (const [output, tree] of trees.entries()) {
      if (tree.nodes.length > 0) layout.add(tree, output)
      else constants[output]! += tree.leaves[0]!
    }
  }
  const offset = builder.doubles(constants)
  if (layout.isEmpty) return constantScores(builder, input, offset)
  const sum = builder.addMl('TreeEnsemble', [input], layout.attributes(baseline.length))
  return builder.add('Add', [sum, offset])
}

/** Scores of an ensemble that never split: the constants, repeated for each row. */
const constantScores = (builder: GraphBuilder, input: ValueName, offset: ValueName): ValueName => {
  const rows = builder.add('Shape', [input], { start: { int: 0 }, end: { int: 1 } })
  const one = builder.constant({ type: 'int64', dims: [1], data: [1] })
  const shape = builder.add('Concat', [rows, one], { axis: { int: 0 } })
  return builder.add('Expand', [offset, shape])
}

/** The nodes and leaves of all trees as the parallel lists that the operator takes. */
class Layout {
  readonly #roots: number[] = []
  readonly #features: number[] = []
  readonly #modes: number[] = []
  readonly #splits: number[] = []
  readonly #missingTrue: number[] = []
  readonly #trueIds: number[] = []
  readonly #trueIsLeaf: number[] = []
  readonly #falseIds: number[] = []
  readonly #falseIsLeaf: number[] = []
  readonly #members: number[] = []
  readonly #leafOutputs: number[] = []
  readonly #leafValues: number[] = []

  get isEmpty(): boolean {
    return this.#roots.length === 0
  }

  add(tree: Tree, output: number): void {
    const firstNode = this.#features.length
    const firstLeaf = this.#leafValues.length
    this.#roots.push(firstNode)
    for (const node of tree.nodes) {
      this.#addTest(node)
      const [left, right] = [node.left, node.right]
      this.#trueIds.push(left < 0 ? firstLeaf + ~left : firstNode + left)
      this.#trueIsLeaf.push(Number(left < 0))
      this.#falseIds.push(right < 0 ? firstLeaf + ~right : firstNode + right)
      this.#falseIsLeaf.push(Number(right < 0))
    }
    for (const value of tree.leaves) {
      this.#leafOutputs.push(output)
      this.#leafValues.push(value)
    }
  }

  #addTest(node: TreeNode): void {
    this.#features.push(node.feature)
    if (node.kind === 'numeric') {
      this.#modes.push(lessOrEqual)
      this.#splits.push(node.threshold)
      this.#missingTrue.push(Number(node.missingLeft))
    } else {
      this.#modes.push(member)
      this.#splits.push(0)
      this.#missingTrue.push(0)
      this.#members.push(...node.members.map((code) => code + 1), Number.NaN)
    }
  }

  attributes(outputs: number): Record<string, Attribute> {
    const doubles = (data: readonly number[]): Attribute => ({
      tensor: { type: 'double', dims: [data.length], data },
    })
    return {
      aggregate_function: { int: 1 },
      n_targets: { int: outputs },
      post_transform: { int: 0 },
      tree_roots: { ints: this.#roots },
      nodes_featureids: { ints: this.#features },
      nodes_modes: { tensor: { type: 'uint8', dims: [this.#modes.length], data: this.#modes } },
      nodes_splits: doubles(this.#splits),
      nodes_missing_value_tracks_true: { ints: this.#missingTrue },
      nodes_truenodeids: { ints: this.#trueIds },
      nodes_trueleafs: { ints: this.#trueIsLeaf },
      nodes_falsenodeids: { ints: this.#falseIds },
      nodes_falseleafs: { ints: this.#falseIsLeaf },
      leaf_targetids: { ints: this.#leafOutputs },
      leaf_weights: doubles(this.#leafValues),
      ...(this.#members.length > 0 ? { membership_values: doubles(this.#members) } : {}),
    }
  }
}
