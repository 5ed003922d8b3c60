import type { GraphPreview } from '@kaizen/contracts'
import { formatBytes } from '../../../shared/format/number.ts'
import type { GraphItem } from '../../../shared/graph/layout.ts'

/** A box of a model's graph: an operator, or a tensor that goes in or comes out. */
export interface ModelNode extends GraphItem {
  readonly side?: 'input' | 'output'
  readonly title: string
  readonly detail: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

const shapeText = (shape: readonly (number | string)[]): string =>
  `[${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`

/** The boxes of a model by id, each after those whose values it takes. */
export function modelNodes(preview: GraphPreview): ReadonlyMap<string, ModelNode> {
  const boxes = new Map<string, ModelNode>()
  /** Which box makes a value. */
  const makers = new Map<string, string>()
  const parentsOf = (values: readonly string[]): readonly string[] =>
    values.flatMap((value) => makers.get(value) ?? [])
  for (const { name, type, shape } of preview.inputs) {
    const id = `input ${name}`
    const detail = `input, ${type} ${shapeText(shape)}`
    const side = 'input'
    boxes.set(id, { id, parents: [], side, title: name, detail, name, inputs: [], outputs: [name] })
    makers.set(name, id)
  }
  for (const [place, { name, operator, inputs, outputs, sizeBytes }] of preview.nodes.entries()) {
    const id = `node ${place}`
    const detail = formatBytes(sizeBytes)
    const title = operator.split('.').at(-1) ?? operator
    boxes.set(id, { id, parents: parentsOf(inputs), title, detail, name, inputs, outputs })
    for (const value of outputs) makers.set(value, id)
  }
  for (const { name, type, shape } of preview.outputs) {
    const id = `output ${name}`
    const detail = `output, ${type} ${shapeText(shape)}`
    const parents = parentsOf([name])
    const side = 'output'
    boxes.set(id, { id, parents, side, title: name, detail, name, inputs: [name], outputs: [] })
  }
  return boxes
}
