import type { NodeContext, Operator } from '../compiling.ts'
import type { Operand } from '../values.ts'

/** The operators of ai.onnx.ml answer float32; of other inputs each has rules of its own. */
function floatsOf(node: NodeContext): { readonly from: Operand; readonly value: number } {
  node.arity(1, 1)
  const from = node.numbers()
  if (from.type !== 'float' || from.rank !== 2) node.refuse(`works on ${from.type}`)
  return { from, value: node.compiling.solid(from) }
}

const spec = ({ width }: Operand) => ({ type: 'float', width, rank: 2, isSingle: true }) as const

/** One constant a column, or one for all. */
const perColumn = (node: NodeContext, name: string, width: number): Float32Array => {
  const values = node.floats(name)
  if (values.length !== width && values.length !== 1)
    node.refuse(`has ${values.length} values of ${name}`)
  return Float32Array.from({ length: width }, (_, i) => values[values.length === 1 ? 0 : i]!)
}

const scaler: Operator = (node) => {
  node.allow('offset', 'scale')
  const { from, value } = floatsOf(node)
  const { width } = from
  const [offset, scale] = [perColumn(node, 'offset', width), perColumn(node, 'scale', width)]
  node.output(spec(from), ({ data }) => {
    const cells = data[value] as Float32Array
    const out = new Float32Array(cells.length)
    for (let i = 0; i < cells.length; i++) {
      out[i] = Math.fround(cells[i]! - offset[i % width]!) * scale[i % width]!
    }
    return out
  })
}

const imputer: Operator = (node) => {
  node.allow('imputed_value_floats', 'replaced_value_float')
  const { from, value } = floatsOf(node)
  const { width } = from
  const imputed = perColumn(node, 'imputed_value_floats', width)
  const replaced = node.float('replaced_value_float', 0)
  node.output(spec(from), ({ data }) => {
    const cells = data[value] as Float32Array
    const out = new Float32Array(cells.length)
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i]!
      const isReplaced = cell === replaced || (Number.isNaN(cell) && Number.isNaN(replaced))
      out[i] = isReplaced ? imputed[i % width]! : cell
    }
    return out
  })
}

const { fround } = Math

/** Rows whose length is one afterwards, by the sum of sizes or of squares; rows of zeros stay as they are. */
const normalizer: Operator = (node) => {
  node.allow('norm')
  const norm = node.text('norm', 'MAX')
  if (norm !== 'L1' && norm !== 'L2') node.refuse(`divides by the norm ${norm}`)
  const { from, value } = floatsOf(node)
  const { width } = from
  node.output(spec(from), ({ data }) => {
    const cells = data[value] as Float32Array
    const out = Float32Array.from(cells)
    for (let at = 0; at < out.length; at += width) {
      let total = 0
      for (let i = at; i < at + width; i++) {
        const cell = cells[i]!
        total = fround(total + (norm === 'L1' ? Math.abs(cell) : fround(cell * cell)))
      }
      if (total === 0) continue
      for (let i = at; i < at + width; i++) {
        const cell = cells[i]!
        if (norm === 'L1') out[i] = cell / total
        else out[i] = Math.sign(cell) * Math.sqrt(fround(fround(cell * cell) / total))
      }
    }
    return out
  })
}

export const scalingOperators: Readonly<Record<string, Operator>> = {
  'ai.onnx.ml.Scaler': scaler,
  'ai.onnx.ml.Imputer': imputer,
  'ai.onnx.ml.Normalizer': normalizer,
}
