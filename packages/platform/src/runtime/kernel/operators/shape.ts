import type { GraphTensor } from '../../onnx/onnx-graph.ts'
import type { NodeContext, Operator } from '../compiling.ts'
import type { Data, Operand, Piece, ValueType } from '../values.ts'

const identity: Operator = (node) => {
  node.allow()
  node.arity(1, 1)
  node.view(node.operand())
}

/** Element types by their number in onnx.proto. */
const castTypes: Readonly<Record<number, ValueType>> = {
  1: 'float',
  7: 'int64',
  9: 'bool',
  11: 'double',
}

const cast: Operator = (node) => {
  node.allow('to', 'saturate')
  node.arity(1, 1)
  const type = castTypes[node.int('to', 0)] ?? node.refuse('makes something else of its input')
  const from = node.numbers()
  const widens =
    from.type === type || from.type === 'bool' || (type === 'double' && from.type !== 'string')
  if (widens && type !== 'bool') return node.view({ ...from, type })
  if (from.type === 'bool') return node.view({ ...from, type })
  const value = node.compiling.solid(from)
  if (type === 'float') {
    // Numbers of a Float64Array are rounded to the nearest float32 as they are copied.
    return node.output(
      { ...from, type, isSingle: true },
      ({ data }) => new Float32Array(data[value] as Float64Array),
    )
  }
  return node.refuse(`makes ${type} of ${from.type}`)
}

const concat: Operator = (node) => {
  node.allow('axis')
  if (node.node.outputs.length !== 1) node.refuse('has several outputs')
  const parts = node.node.inputs.map((_, i) => node.operand(i))
  const [first] = parts
  if (!first || node.int('axis', 0) !== 1) return node.refuse('joins something other than columns')
  if (parts.some(({ type, rank }) => type !== first.type || rank !== 2)) node.refuse('joins types')
  const width = parts.reduce((sum, part) => sum + part.width, 0)
  node.compiling.reserve(width)
  node.view({
    type: first.type,
    rank: 2,
    width,
    isSingle: parts.every(({ isSingle }) => isSingle),
    pieces: parts.flatMap(({ pieces }) => pieces),
  })
}

/** Row by row as before, as a list of columns or as one element. */
const reshape: Operator = (node) => {
  node.allow('allowzero')
  node.arity(2, 1)
  const from = node.operand()
  const shape = node.constant(1)
  if (shape.type !== 'int64' || node.int('allowzero', 0) !== 0) node.refuse('has no plain shape')
  const [rows, width, ...more] = shape.data.map(Number)
  if (more.length > 0) node.refuse('makes more than two dimensions')
  if (width === undefined) {
    if (from.width !== 1 || rows !== -1) node.refuse('makes another number of rows')
    return node.view({ ...from, rank: 1 })
  }
  const kept =
    rows === -1 ? width === from.width : rows === 0 && (width === from.width || width === -1)
  if (!kept) node.refuse('makes another number of rows')
  node.view({ ...from, rank: 2 })
}

const flatten: Operator = (node) => {
  node.allow('axis')
  node.arity(1, 1)
  const from = node.operand()
  if (node.int('axis', 1) !== 1) node.refuse('flattens another axis')
  node.view({ ...from, rank: 2 })
}

const picked = (
  node: NodeContext,
  from: Operand,
  columns: readonly number[],
): readonly Piece[] | undefined => {
  node.compiling.reserve(columns.length)
  const pieces = columns.map((column) => from.pieces[column < 0 ? column + from.width : column])
  return pieces.every((piece) => piece !== undefined) ? pieces : undefined
}

/** Columns of a value, or elements of a constant list by the index in every row. */
const gather: Operator = (node) => {
  node.allow('axis')
  node.arity(2, 1)
  if (node.isConstant(0)) return pick(node, node.constant(0))
  const from = node.operand()
  const index = node.constant(1)
  if (node.int('axis', 0) !== 1 || from.rank !== 2 || index.type !== 'int64') {
    node.refuse('picks something other than columns')
  }
  if (index.dims.length > 1) node.refuse('picks in two dimensions')
  const pieces =
    picked(node, from, index.data.map(Number)) ?? node.refuse('picks a column that is not there')
  node.view({ ...from, pieces, width: pieces.length, rank: index.dims.length === 0 ? 1 : 2 })
}

const arrayFeatures: Operator = (node) => {
  node.allow()
  node.arity(2, 1)
  // Of a constant it answers one row of all picks.
  const from = node.operand()
  const index = node.constant(1)
  if (index.type !== 'int64' || from.rank !== 2) node.refuse('picks something other than columns')
  const columns = index.data.map(Number)
  // Of no column below zero is said what it means.
  if (columns.some((column) => column < 0)) node.refuse('picks a column that is not there')
  const pieces = picked(node, from, columns) ?? node.refuse('picks a column that is not there')
  node.view({ ...from, pieces, width: pieces.length })
}

function pick(node: NodeContext, list: GraphTensor): void {
  const index = node.operand(1)
  if (index.type !== 'int64' || index.rank !== 1) {
    node.refuse('picks by something other than a number a row')
  }
  if (list.dims.length !== 1 || node.int('axis', 0) !== 0) node.refuse('picks rows of a matrix')
  const type = list.type
  if (type === 'uint8' || type === 'bool') node.refuse(`picks ${type}`)
  const value = node.compiling.solid(index)
  const values = list.data
  const isSingle = type !== 'string' && values.every((each) => Math.fround(Number(each)) === each)
  const make = (length: number): Data =>
    type === 'string'
      ? new Array<string>(length)
      : type === 'float'
        ? new Float32Array(length)
        : new Float64Array(length)
  node.output({ type, width: 1, rank: 1, isSingle }, ({ data, rows }) => {
    const at = data[value] as Float64Array
    const out = make(rows) as (string | number)[]
    for (let row = 0; row < rows; row++) out[row] = values[at[row]!]!
    return out as unknown as Data
  })
}

/** The first of the largest; as soon as one element is NaN the reference runtime answers the first. */
const argMax: Operator = (node) => {
  node.allow('axis', 'keepdims', 'select_last_index')
  node.arity(1, 1)
  const from = node.numbers()
  const axis = node.int('axis', 0)
  if ((axis !== 1 && axis !== -1) || from.rank !== 2 || node.int('select_last_index', 0) !== 0) {
    node.refuse('looks for something other than the largest of a row')
  }
  if (from.type === 'bool') node.refuse('works on bool')
  const value = node.compiling.solid(from)
  const { width } = from
  const rank = node.int('keepdims', 1) === 0 ? 1 : 2
  node.output({ type: 'int64', width: 1, rank, isSingle: true }, ({ data, rows }) => {
    const scores = data[value] as Float64Array
    const out = new Float64Array(rows)
    for (let row = 0; row < rows; row++) {
      let best = 0
      for (let i = 1; i < width; i++) {
        if (scores[row * width + i]! > scores[row * width + best]!) best = i
      }
      out[row] = best
    }
    return out
  })
}

export const shapeOperators: Readonly<Record<string, Operator>> = {
  Identity: identity,
  Cast: cast,
  Concat: concat,
  Reshape: reshape,
  Flatten: flatten,
  Gather: gather,
  ArgMax: argMax,
  'ai.onnx.ml.ArrayFeatureExtractor': arrayFeatures,
}
