import type { EnsembleNode, EnsembleView, TensorSpec } from '@kaizen/contracts'
import type { GraphItem } from '../../shared/graph/layout.ts'

/** One box of the graph: an input, a part, or an output. */
export interface EnsembleBox extends GraphItem {
  readonly kind: 'input' | 'output' | EnsembleNode['kind']
  readonly title: string
  /** What it stands for, in a word. */
  readonly words: string
  readonly parents: readonly string[]
}

const inputBox = (name: string): string => `input.${name}`
const outputBox = (name: string): string => `output.${name}`

/** `input.NAME` is an input; `NODE.OUTPUT` and `NODE` are a node. */
const boxOf = (ref: string): string => {
  if (ref.startsWith('input.')) return ref
  const dot = ref.indexOf('.')
  return dot < 0 ? ref : ref.slice(0, dot)
}

const typeWords = (spec: TensorSpec | undefined): string =>
  spec ? `${spec.datatype} [${spec.shape.join(', ')}]` : ''

/** The graph of an ensemble: inputs at the left, what it answers at the right. */
export function boxesOf(ensemble: EnsembleView): readonly EnsembleBox[] {
  const { declaration, signature } = ensemble
  const inputs = signature.inputs.map(
    (spec): EnsembleBox => ({
      id: inputBox(spec.name),
      kind: 'input',
      title: spec.name,
      words: typeWords(spec),
      parents: [],
    }),
  )
  const nodes = Object.entries(declaration.nodes).map(
    ([name, node]): EnsembleBox => ({
      id: name,
      kind: node.kind,
      title: name,
      words: wordsOf(name, node, ensemble),
      parents: [...new Set(refsOf(name, node, ensemble).map(boxOf))],
    }),
  )
  const outputs = Object.entries(declaration.outputs).map(
    ([name, ref]): EnsembleBox => ({
      id: outputBox(name),
      kind: 'output',
      title: name,
      words: typeWords(signature.outputs.find((spec) => spec.name === name)),
      parents: [boxOf(ref)],
    }),
  )
  return [...inputs, ...nodes, ...outputs]
}

/** Every tensor that a node takes. */
function refsOf(name: string, node: EnsembleNode, ensemble: EnsembleView): readonly string[] {
  switch (node.kind) {
    case 'model': {
      const member = ensemble.members.find((one) => one.node === name)
      return (member?.signature.inputs ?? []).map(
        ({ name: input }) => node.inputs?.[input] ?? inputBox(input),
      )
    }
    case 'step':
      return Object.values(node.inputs)
    case 'average':
    case 'vote':
    case 'concatenate':
      return node.of
    case 'split':
      return [node.of]
    case 'select':
      return [node.by, ...node.cases.map(({ take }) => take), node.otherwise]
  }
}

function wordsOf(name: string, node: EnsembleNode, ensemble: EnsembleView): string {
  switch (node.kind) {
    case 'model': {
      const member = ensemble.members.find((one) => one.node === name)
      return member ? `${member.modelName} · ${member.version}` : node.model
    }
    case 'step':
      return 'step of the project'
    case 'average':
      return node.weights ? `mean, weighted ${node.weights.join(' : ')}` : 'mean'
    case 'vote':
      return node.weights ? `vote, weighted ${node.weights.join(' : ')}` : 'vote'
    case 'concatenate':
      return 'side by side'
    case 'split':
      return `split in ${Object.keys(node.parts).length}`
    case 'select':
      return `one of ${node.cases.length + 1}`
  }
}
