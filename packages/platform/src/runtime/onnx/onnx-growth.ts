import type { OnnxProblem } from './onnx-problem.ts'
import { eachField, nested, textOf, WireError } from './onnx-wire.ts'

/** Constants of more elements than this are refused: the runtime computes them as soon as it loads the model. */
const maxElements = 1 << 28
const int64 = 7

/** The input of an operator that says how large its output becomes. */
const sizeInputs: Readonly<Record<string, number>> = { ConstantOfShape: 0, Expand: 1, Tile: 1 }

const product = (sizes: readonly number[]): number =>
  sizes.reduce((total, size) => total * Math.max(0, size), 1)

/** A tensor (TensorProto) that claims more elements than its bytes can hold. */
export function findEmptyClaim(tensor: Uint8Array): OnnxProblem | undefined {
  const dims = integers(tensor, 1)
  // Two 4-bit elements are the most that a byte holds.
  if (product(dims) <= tensor.length * 2 && dims.every((size) => size >= 0)) return undefined
  const [name = ''] = nested(tensor, 8).map(textOf)
  return {
    message: `the tensor "${name.slice(0, 100)}" claims the shape [${dims.slice(0, 8).join(', ')}], which its ${tensor.length} bytes cannot hold`,
    hint: 'The file is damaged or was made to exhaust memory; export the model again.',
  }
}

/** An operator of a graph (GraphProto) whose output is as large as constants in the file say, and too large. */
export function findGrowth(graph: Uint8Array): OnnxProblem | undefined {
  let constants: ReadonlyMap<string, number> | undefined
  for (const node of nested(graph, 1)) {
    const [operator = ''] = nested(node, 4).map(textOf)
    if (!Object.hasOwn(sizeInputs, operator)) continue
    constants ??= constantSizes(graph)
    const size = nested(node, 1).map(textOf)[sizeInputs[operator]!]
    const elements = size === undefined ? 0 : (constants.get(size) ?? 0)
    if (elements <= maxElements) continue
    return {
      message: `the operator ${operator} would make a constant of ${elements} elements`,
      hint: `Constants may have at most ${maxElements} elements.`,
    }
  }
  return undefined
}

/** What the constant vectors of a graph multiply to, by name. */
function constantSizes(graph: Uint8Array): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const tensor of nested(graph, 5)) {
    const [name] = nested(tensor, 8).map(textOf)
    if (name !== undefined) sizes.set(name, product(valuesOf(tensor)))
  }
  for (const node of nested(graph, 1)) {
    if (nested(node, 4).map(textOf)[0] !== 'Constant') continue
    const [output] = nested(node, 2).map(textOf)
    if (output === undefined) continue
    for (const attribute of nested(node, 5)) {
      const [tensor] = nested(attribute, 5)
      sizes.set(output, product(tensor ? valuesOf(tensor) : integers(attribute, 8)))
    }
  }
  return sizes
}

/** The elements of a small tensor of 64-bit integers. */
function valuesOf(tensor: Uint8Array): readonly number[] {
  if (integers(tensor, 2)[0] !== int64) return []
  const [raw] = nested(tensor, 9)
  if (!raw) return integers(tensor, 7)
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  return Array.from({ length: Math.min(64, Math.floor(raw.length / 8)) }, (_, i) =>
    Number(view.getBigInt64(i * 8, true)),
  )
}

/** A repeated integer field, packed or not. */
function integers(message: Uint8Array, wanted: number): number[] {
  const found: number[] = []
  eachField(message, (field, content) => {
    if (field !== wanted) return
    if (typeof content === 'number') found.push(signed(content))
    else found.push(...packed(content))
  })
  return found
}

function packed(bytes: Uint8Array): number[] {
  const values: number[] = []
  let value = 0
  let scale = 1
  for (const byte of bytes) {
    value += (byte & 0x7f) * scale
    scale *= 128
    if (byte >= 0x80) continue
    if (values.length >= 64) throw new WireError('a shape in it has more than 64 dimensions')
    values.push(signed(value))
    value = 0
    scale = 1
  }
  return values
}

/** Negative integers travel as 64 bits in two's complement. */
const signed = (value: number): number => (value >= 2 ** 63 ? value - 2 ** 64 : value)
