import { KaizenError, type ModelSignature, type TensorSpec } from '@kaizen/contracts'
import {
  type GraphTensor,
  type OnnxGraph,
  type OnnxNode,
  readOnnxGraph,
  UnreadableGraph,
} from '../../runtime/index.ts'
import type { Elementwise, Port, RowProgram, Slot, Step, ValueType } from './row-program.ts'
import { treeLists } from './tree-lists.ts'

/** The leading dimension as a value: what `Shape` and `Concat` make of it is only ever used to repeat a constant. */
const rowCount = Symbol('row count')
type Value = Slot | typeof rowCount

const castTypes: Readonly<Record<number, ValueType>> = {
  1: 'float',
  7: 'int64',
  9: 'bool',
  11: 'double',
}
const elementwise: Readonly<Record<string, Elementwise>> = {
  Add: 'add',
  Sub: 'subtract',
  Mul: 'multiply',
  Div: 'divide',
  Equal: 'equal',
}

/**
 * Turns a graph of preprocessing with trees or a linear model into what it computes on one row.
 * @throws UNSUPPORTED with the operator or type that stands in the way
 */
export function compileGraph(model: Uint8Array, signature: ModelSignature): RowProgram {
  try {
    return new Compiler(readOnnxGraph(model), signature).program()
  } catch (failure) {
    if (!(failure instanceof UnreadableGraph)) throw failure
    throw new KaizenError(
      'UNSUPPORTED',
      `source code cannot be written for this model: ${failure.message}`,
      {
        hint: 'Trees and linear models that Kaizen trained can be written as source; export others with --to onnx.',
        cause: failure,
      },
    )
  }
}

class Compiler {
  readonly #graph: OnnxGraph
  readonly #signature: ModelSignature
  readonly #values = new Map<string, Value>()
  readonly #constants = new Map<number, GraphTensor>()
  readonly #steps: Step[] = []
  #slots = 0

  constructor(graph: OnnxGraph, signature: ModelSignature) {
    this.#graph = graph
    this.#signature = signature
  }

  program(): RowProgram {
    const inputs = this.#signature.inputs.map((spec, index) => this.#input(spec, index))
    for (const node of this.#graph.nodes) {
      const [output, ...more] = node.outputs
      if (output === undefined || more.length > 0) {
        throw new UnreadableGraph(
          `the operator ${node.operator} has ${node.outputs.length} outputs`,
        )
      }
      this.#values.set(output, this.#add(node))
    }
    const outputs = this.#signature.outputs.map(({ name }) => ({ name, slot: this.#slot(name) }))
    const needed = neededSteps(this.#steps, outputs)
    return { inputs, steps: needed, outputs }
  }

  #input({ name, datatype, shape }: TensorSpec, index: number): Port {
    const type = { FP32: 'float', FP64: 'double', BYTES: 'string' }[datatype] as
      | ValueType
      | undefined
    const width = shape.length === 2 ? shape[1]! : shape.length === 1 ? 1 : -1
    if (type === undefined || width < 1 || (type === 'string' && width !== 1)) {
      throw new UnreadableGraph(`its input "${name}" is ${datatype} [${shape.join(', ')}]`)
    }
    const to = this.#fresh(type, width)
    this.#steps.push({ kind: 'input', to, input: index })
    this.#values.set(name, to)
    return { name, slot: to }
  }

  #add(node: OnnxNode): Value {
    const operation = elementwise[node.operator]
    if (operation) return this.#elementwise(node, operation)
    switch (node.operator) {
      case 'Identity':
        return this.#value(node, 0)
      case 'Cast':
        return this.#cast(node)
      case 'IsNaN':
        return this.#map(node, 'is-nan')
      case 'Exp':
        return this.#map(node, 'exp')
      case 'Sigmoid':
        return this.#map(node, 'sigmoid')
      case 'Where':
        return this.#where(node)
      case 'Concat':
        return this.#concat(node)
      case 'MatMul':
        return this.#matrix(node)
      case 'Softmax':
        return this.#softmax(node)
      case 'ArgMax':
        return this.#argMax(node)
      case 'Gather':
        return this.#pick(node)
      case 'Shape':
        return rowCount
      case 'Expand':
        return this.#slotAt(node, 0)
      case 'ai.onnx.ml.LabelEncoder':
        return this.#encode(node)
      case 'ai.onnx.ml.TreeEnsemble':
        return this.#trees(node)
      default:
        throw new UnreadableGraph(`it uses the operator ${node.operator}`)
    }
  }

  #elementwise(node: OnnxNode, operation: Elementwise): Slot {
    const [left, right] = [this.#slotAt(node, 0), this.#slotAt(node, 1)]
    if (left.type !== 'double' || right.type !== 'double') {
      throw new UnreadableGraph(`${node.operator} works on ${left.type} and ${right.type}`)
    }
    const width = widthOf(node, left, right)
    const to = this.#fresh(operation === 'equal' ? 'bool' : 'double', width)
    return this.#push({ kind: 'elementwise', operation, to, left, right })
  }

  #cast(node: OnnxNode): Slot {
    const from = this.#slotAt(node, 0)
    const type = castTypes[attribute(node, 'to')?.int ?? 0]
    const isExact = type === 'double' || type === 'float'
    if (type === undefined || !isExact || from.type === 'string' || from.type === 'int64') {
      throw new UnreadableGraph(`it converts ${from.type} to ${type ?? 'another type'}`)
    }
    return this.#push({ kind: 'map', mapping: 'cast', to: this.#fresh(type, from.width), from })
  }

  #map(node: OnnxNode, mapping: 'is-nan' | 'exp' | 'sigmoid'): Slot {
    const from = this.#doubleAt(node, 0)
    const to = this.#fresh(mapping === 'is-nan' ? 'bool' : 'double', from.width)
    return this.#push({ kind: 'map', mapping, to, from })
  }

  #where(node: OnnxNode): Slot {
    const condition = this.#slotAt(node, 0)
    const [then, otherwise] = [this.#doubleAt(node, 1), this.#doubleAt(node, 2)]
    const to = this.#fresh('double', widthOf(node, condition, then, otherwise))
    return this.#push({ kind: 'where', to, condition, then, otherwise })
  }

  #concat(node: OnnxNode): Value {
    if (node.inputs.some((name) => this.#values.get(name) === rowCount)) return rowCount
    if (attribute(node, 'axis')?.int !== 1) throw new UnreadableGraph('Concat joins rows')
    const parts = node.inputs.map((_, index) => this.#doubleAt(node, index))
    const width = parts.reduce((sum, part) => sum + part.width, 0)
    return this.#push({ kind: 'concat', to: this.#fresh('double', width), parts })
  }

  #matrix(node: OnnxNode): Slot {
    const from = this.#doubleAt(node, 0)
    const weights = this.#constantAt(node, 1)
    const [rows, columns] = weights.dims
    if (weights.type !== 'double' || rows !== from.width || columns === undefined) {
      throw new UnreadableGraph('MatMul multiplies by something other than a constant matrix')
    }
    const to = this.#fresh('double', columns)
    return this.#push({ kind: 'multiply-matrix', to, from, weights: numbersOf(weights) })
  }

  #softmax(node: OnnxNode): Slot {
    const from = this.#doubleAt(node, 0)
    const axis = attribute(node, 'axis')?.int ?? -1
    if (axis !== 1 && axis !== -1) throw new UnreadableGraph('Softmax works across rows')
    return this.#push({ kind: 'softmax', to: this.#fresh('double', from.width), from })
  }

  #argMax(node: OnnxNode): Slot {
    const from = this.#doubleAt(node, 0)
    if (attribute(node, 'axis')?.int !== 1 || attribute(node, 'select_last_index')?.int) {
      throw new UnreadableGraph('ArgMax works in another way than over the classes of a row')
    }
    return this.#push({ kind: 'arg-max', to: this.#fresh('int64', 1), from })
  }

  #pick(node: OnnxNode): Slot {
    const [list, index] = [this.#slotAt(node, 0), this.#slotAt(node, 1)]
    if (!this.#constants.has(list.id) || index.type !== 'int64' || index.width !== 1) {
      throw new UnreadableGraph('Gather picks from something other than a constant list')
    }
    return this.#push({ kind: 'pick', to: this.#fresh(list.type, 1), list, index })
  }

  #encode(node: OnnxNode): Slot {
    const from = this.#slotAt(node, 0)
    const keys = attribute(node, 'keys_tensor')?.tensor
    const values = attribute(node, 'values_tensor')?.tensor
    const otherwise = attribute(node, 'default_tensor')?.tensor
    if (from.type !== 'string' || keys?.type !== 'string' || values?.type !== 'double') {
      throw new UnreadableGraph('LabelEncoder maps something other than text to float64')
    }
    return this.#push({
      kind: 'encode',
      to: this.#fresh('double', 1),
      from,
      keys: keys.data.map(String),
      values: numbersOf(values),
      otherwise: Number(otherwise?.data[0] ?? 0),
    })
  }

  #trees(node: OnnxNode): Slot {
    const from = this.#doubleAt(node, 0)
    const lists = treeLists(node, from.width)
    const to = this.#fresh('double', attribute(node, 'n_targets')?.int ?? 1)
    return this.#push({ kind: 'trees', to, from, lists })
  }

  #push(step: Step): Slot {
    this.#steps.push(step)
    return step.to
  }

  #fresh(type: ValueType, width: number): Slot {
    return { id: this.#slots++, type, width }
  }

  #slotAt(node: OnnxNode, index: number): Slot {
    return this.#slot(node.inputs[index] ?? '')
  }

  #doubleAt(node: OnnxNode, index: number): Slot {
    const slot = this.#slotAt(node, index)
    if (slot.type === 'double') return slot
    throw new UnreadableGraph(`${node.operator} works on ${slot.type}`)
  }

  #constantAt(node: OnnxNode, index: number): GraphTensor {
    const tensor = this.#constants.get(this.#slotAt(node, index).id)
    if (tensor) return tensor
    throw new UnreadableGraph(`${node.operator} needs a constant`)
  }

  #value(node: OnnxNode, index: number): Value {
    return this.#values.get(node.inputs[index] ?? '') ?? this.#slotAt(node, index)
  }

  /** The slot of a name; a constant becomes one when it is first read. */
  #slot(name: string): Slot {
    const value = this.#values.get(name)
    if (value === rowCount) throw new UnreadableGraph('it computes with the number of rows')
    if (value) return value
    const tensor = this.#graph.constants.get(name)
    if (tensor === undefined) throw new UnreadableGraph(`the value "${name}" comes from nowhere`)
    if (tensor.type === 'uint8') throw new UnreadableGraph(`the constant ${name} is uint8`)
    const to = this.#fresh(tensor.type, tensor.data.length)
    this.#steps.push({ kind: 'constant', to, values: tensor.data })
    this.#values.set(name, to)
    this.#constants.set(to.id, tensor)
    return to
  }
}

const attribute = (node: OnnxNode, name: string) => node.attributes.get(name)

const numbersOf = ({ data }: GraphTensor): readonly number[] => data.map(Number)

function widthOf(node: OnnxNode, ...operands: readonly Slot[]): number {
  const width = Math.max(...operands.map((operand) => operand.width))
  if (operands.every((operand) => operand.width === width || operand.width === 1)) return width
  throw new UnreadableGraph(`${node.operator} joins values of different widths`)
}

/** Without what no output depends on: matrices that were read into the steps that use them. */
function neededSteps(steps: readonly Step[], outputs: readonly Port[]): readonly Step[] {
  const needed = new Set(outputs.map(({ slot }) => slot.id))
  const kept = steps.toReversed().filter((step) => {
    if (step.kind !== 'input' && !needed.has(step.to.id)) return false
    for (const slot of operandsOf(step)) needed.add(slot.id)
    return true
  })
  return kept.toReversed()
}

function operandsOf(step: Step): readonly Slot[] {
  switch (step.kind) {
    case 'input':
    case 'constant':
      return []
    case 'concat':
      return step.parts
    case 'elementwise':
      return [step.left, step.right]
    case 'where':
      return [step.condition, step.then, step.otherwise]
    case 'pick':
      return [step.list, step.index]
    case 'encode':
    case 'map':
    case 'multiply-matrix':
    case 'softmax':
    case 'arg-max':
    case 'trees':
      return [step.from]
  }
}
