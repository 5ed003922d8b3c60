import { applyPostTransform, type PostTransform } from '@kaizen/ml/forest'
import type { GraphTensor } from '../../onnx/onnx-graph.ts'
import type { NodeContext, Operator } from '../compiling.ts'
import type { Data, Frame, NumberData, Operand } from '../values.ts'
import { classNames, namesOf } from './classes.ts'

interface Weights {
  /** One row a score: weights of all columns. */
  readonly rows: Float64Array
  readonly scores: number
  readonly intercepts: ArrayLike<number>
}

/** Columns by weights, added up in float64: the reference runtime adds in an order of its own, in float32. */
function product(node: NodeContext, from: Operand, weights: Weights): (frame: Frame) => NumberData {
  const { rows: matrix, scores, intercepts } = weights
  const { width } = from
  if (from.rank !== 2 || matrix.length !== width * scores)
    node.refuse('has weights of another shape')
  if (intercepts.length !== 0 && intercepts.length !== scores) node.refuse('has other intercepts')
  const value = node.compiling.solid(from)
  node.compiling.holdsModel = true
  node.compiling.costPerRowUs += 0.001 * matrix.length
  const Numbers = from.type === 'double' ? Float64Array : Float32Array
  return ({ data, rows }) => {
    const cells = data[value] as NumberData
    const out = new Numbers(rows * scores)
    for (let row = 0; row < rows; row++) {
      for (let score = 0; score < scores; score++) {
        let sum = 0
        for (let i = 0; i < width; i++) sum += cells[row * width + i]! * matrix[score * width + i]!
        out[row * scores + score] = sum + (intercepts[score] ?? 0)
      }
    }
    return out
  }
}

const specOf = ({ type }: Operand, width: number) =>
  ({ type, width, rank: 2, isSingle: type === 'float' }) as const

/** The columns of a constant matrix as rows. */
function turned(node: NodeContext, { type, dims, data }: GraphTensor): Weights {
  const [height, width, ...more] = dims
  if (type === 'string' || height === undefined || width === undefined || more.length > 0) {
    node.refuse('takes something other than a constant matrix')
  }
  const rows = new Float64Array(data.length)
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) rows[j * height + i] = data[i * width + j] as number
  }
  return { rows, scores: width, intercepts: [] }
}

function matrixOf(node: NodeContext, from: Operand): GraphTensor {
  const tensor = node.constant(1)
  if ((from.type !== 'float' && from.type !== 'double') || tensor.type !== from.type) {
    node.refuse('takes different types')
  }
  return tensor
}

const matMul: Operator = (node) => {
  node.allow()
  node.arity(2, 1)
  const from = node.numbers()
  const weights = turned(node, matrixOf(node, from))
  node.output(specOf(from, weights.scores), product(node, from, weights))
}

const gemm: Operator = (node) => {
  node.allow('alpha', 'beta', 'transA', 'transB')
  node.arity(3, 1)
  const from = node.numbers()
  const isPlain =
    node.float('alpha', 1) === 1 && node.float('beta', 1) === 1 && node.int('transA', 0) === 0
  if (!isPlain) node.refuse('scales or turns its input')
  const tensor = matrixOf(node, from)
  const isTurned = node.int('transB', 0) === 1
  const weights = isTurned
    ? {
        rows: Float64Array.from(tensor.data as number[]),
        scores: tensor.dims[0] ?? 0,
        intercepts: [],
      }
    : turned(node, tensor)
  const bias = node.constant(2)
  const isRow = bias.dims.length === 1 || (bias.dims.length === 2 && bias.dims[0] === 1)
  if (bias.type !== from.type || !isRow || bias.data.length !== weights.scores) {
    node.refuse('adds something other than intercepts')
  }
  const intercepts = bias.data as readonly number[]
  node.output(specOf(from, weights.scores), product(node, from, { ...weights, intercepts }))
}

const transforms: Readonly<Record<string, PostTransform>> = {
  NONE: 'none',
  SOFTMAX: 'softmax',
  LOGISTIC: 'logistic',
}

const transformOf = (node: NodeContext): PostTransform =>
  transforms[node.text('post_transform', 'NONE')] ?? node.refuse('transforms in a way of its own')

const regressor: Operator = (node) => {
  node.allow('coefficients', 'intercepts', 'targets', 'post_transform')
  node.arity(1, 1)
  const from = node.numbers()
  if (from.type !== 'float' || transformOf(node) !== 'none') node.refuse(`works on ${from.type}`)
  const scores = node.int('targets', 1)
  const weights = {
    rows: Float64Array.from(node.floats('coefficients')),
    scores,
    intercepts: node.floats('intercepts'),
  }
  node.output(specOf(from, scores), product(node, from, weights))
}

/** Labels are those of the largest scores before they are transformed. */
const classifier: Operator = (node) => {
  node.allow(
    ...['coefficients', 'intercepts', 'multi_class', 'post_transform'],
    ...['classlabels_ints', 'classlabels_strings'],
  )
  node.arity(1, 2)
  const from = node.numbers()
  if (from.type !== 'float') node.refuse(`works on ${from.type}`)
  const names = classNames(node, 'classlabels_ints', 'classlabels_strings')
  const scores = names.names.length
  const intercepts = node.floats('intercepts')
  // One score for two classes is another way of deciding.
  if (scores < 2 || intercepts.length !== scores) node.refuse('has not one score a class')
  const transform = transformOf(node)
  const weights = { rows: Float64Array.from(node.floats('coefficients')), scores, intercepts }
  const compute = product(node, from, weights)
  let chosen = new Int32Array(0)
  const scored = (frame: Frame): Data => {
    const out = compute(frame) as Float32Array
    chosen = new Int32Array(frame.rows)
    for (let row = 0; row < frame.rows; row++) {
      const part = out.subarray(row * scores, (row + 1) * scores)
      let best = 0
      for (let i = 1; i < scores; i++) if (part[i]! > part[best]!) best = i
      chosen[row] = best
      applyPostTransform(part, transform)
    }
    return out
  }
  node.output(specOf(from, scores), scored, 1)
  node.output({ type: names.type, width: 1, rank: 1, isSingle: false }, () =>
    namesOf(names, chosen),
  )
}

export const linearOperators: Readonly<Record<string, Operator>> = {
  MatMul: matMul,
  Gemm: gemm,
  'ai.onnx.ml.LinearRegressor': regressor,
  'ai.onnx.ml.LinearClassifier': classifier,
}
