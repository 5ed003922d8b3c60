import {
  type GraphTensor,
  type OnnxGraph,
  type OnnxNode,
  UnreadableGraph,
} from '../onnx/onnx-graph.ts'
import { type Data, type Frame, newData, type Operand, type Piece, type Step } from './values.ts'

/** Most that all constants and values of a row may hold, so that a small file cannot ask for much. */
const mostWidth = 65_536
/** Most columns of all values: each is an object while a model is compiled, and a small file can name many. */
const mostColumns = 1 << 20

/** Compiles one node: reads its operands, adds steps, and names its outputs. */
export type Operator = (node: NodeContext) => void

/** A program while it is being made: steps in order, and the values that names stand for. */
export class Compiling {
  readonly steps: Step[] = []
  readonly graph: OnnxGraph
  /** What all steps of a row take, roughly. */
  costPerRowUs = 0
  /** Whether it holds a model at all, not only arithmetic. */
  holdsModel = false
  readonly #values = new Map<string, Operand>()
  readonly #solid = new Map<Operand, Piece>()
  #count = 0
  #columns = 0

  constructor(graph: OnnxGraph) {
    this.graph = graph
  }

  get valueCount(): number {
    return this.#count
  }

  /** @throws UnreadableGraph for a name that is taken */
  name(name: string, operand: Operand): void {
    if (this.#values.has(name) || this.graph.constants.has(name)) {
      throw new UnreadableGraph(`two values are called "${name}"`)
    }
    this.#values.set(name, operand)
  }

  /** @throws UnreadableGraph */
  operand(name: string): Operand {
    const operand = this.#values.get(name)
    if (operand) return operand
    throw new UnreadableGraph(`the value "${name}" has no row for every row of the request`)
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** To be asked before columns are made. @throws UnreadableGraph where there are too many */
  reserve(width: number): void {
    this.#columns += width
    if (width >= 1 && width <= mostWidth && this.#columns <= mostColumns) return
    throw new UnreadableGraph('its values have too many columns')
  }

  /** A new value that a step fills: all its columns side by side. */
  fresh(spec: Omit<Operand, 'pieces'>): { readonly operand: Operand; readonly value: number } {
    this.reserve(spec.width)
    const value = this.#count++
    const pieces = Array.from({ length: spec.width }, (_, at) => ({
      value,
      stride: spec.width,
      at,
    }))
    const operand = { ...spec, pieces }
    this.#solid.set(operand, pieces[0]!)
    this.costPerRowUs += 0.005 * spec.width
    return { operand, value }
  }

  /** The number of a value that holds the columns of an operand side by side in its own type. */
  solid(operand: Operand): number {
    const there = this.#solid.get(operand)
    if (there) return there.value
    const { operand: made, value } = this.fresh(operand)
    this.#solid.set(operand, made.pieces[0]!)
    const { type, width, pieces } = operand
    this.steps.push((frame) => {
      frame.data[value] = gathered(frame, { type, width, pieces })
    })
    return value
  }
}

/** Copies columns next to each other. */
function gathered(
  frame: Frame,
  { type, width, pieces }: Pick<Operand, 'type' | 'width' | 'pieces'>,
): Data {
  const to = newData(type, frame.rows * width) as unknown as number[]
  for (let column = 0; column < width; column++) {
    const { value, stride, at } = pieces[column]!
    const from = frame.data[value] as unknown as number[]
    for (let row = 0; row < frame.rows; row++) to[row * width + column] = from[row * stride + at]!
  }
  return to as unknown as Data
}

/** One node as operators see it. */
export class NodeContext {
  readonly compiling: Compiling
  readonly node: OnnxNode

  constructor(compiling: Compiling, node: OnnxNode) {
    this.compiling = compiling
    this.node = node
  }

  /** @throws UnreadableGraph */
  refuse(why: string): never {
    throw new UnreadableGraph(`${this.node.operator} ${why}`)
  }

  /** Only these attributes may stand there. */
  allow(...names: readonly string[]): void {
    for (const name of this.node.attributes.keys()) {
      if (!names.includes(name)) this.refuse(`has the attribute ${name}`)
    }
  }

  /** @throws UnreadableGraph where the node has another number of inputs or outputs */
  arity(inputs: number, outputs: number): void {
    const given = this.node.inputs.filter((name) => name !== '')
    if (given.length !== inputs || this.node.inputs.length !== inputs) {
      this.refuse(`has ${given.length} inputs`)
    }
    if (this.node.outputs.length !== outputs) this.refuse(`has ${this.node.outputs.length} outputs`)
  }

  operand(index = 0): Operand {
    return this.compiling.operand(this.node.inputs[index] ?? '')
  }

  numbers(index = 0): Operand {
    const operand = this.operand(index)
    if (operand.type === 'string') this.refuse('works on text')
    return operand
  }

  isConstant(index: number): boolean {
    return this.compiling.graph.constants.has(this.node.inputs[index] ?? '')
  }

  constant(index: number): GraphTensor {
    const tensor = this.compiling.graph.constants.get(this.node.inputs[index] ?? '')
    return tensor ?? this.refuse('needs a constant')
  }

  int(name: string, otherwise: number): number {
    return this.node.attributes.get(name)?.int ?? otherwise
  }

  float(name: string, otherwise: number): number {
    return this.node.attributes.get(name)?.float ?? otherwise
  }

  text(name: string, otherwise: string): string {
    return this.node.attributes.get(name)?.text ?? otherwise
  }

  ints(name: string): readonly number[] {
    return this.node.attributes.get(name)?.ints ?? []
  }

  floats(name: string): readonly number[] {
    return this.node.attributes.get(name)?.floats ?? []
  }

  texts(name: string): readonly string[] {
    return this.node.attributes.get(name)?.texts ?? []
  }

  tensor(name: string): GraphTensor | undefined {
    return this.node.attributes.get(name)?.tensor
  }

  /** An output that stands for columns that lie elsewhere already. */
  view(operand: Operand, index = 0): void {
    // A view is an operand of its own, so that it may be named and made solid by itself.
    this.compiling.name(this.node.outputs[index] ?? '', { ...operand })
  }

  /** An output that a step fills with one array. */
  output(spec: Omit<Operand, 'pieces'>, compute: (frame: Frame) => Data, index = 0): void {
    const { operand, value } = this.compiling.fresh(spec)
    this.compiling.steps.push((frame) => {
      frame.data[value] = compute(frame)
    })
    this.compiling.name(this.node.outputs[index] ?? '', operand)
  }
}
