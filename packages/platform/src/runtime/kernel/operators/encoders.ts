import type { NodeContext, Operator } from '../compiling.ts'
import { type Data, newData, type ValueType } from '../values.ts'

/** A list of an encoder: from the attribute of its type, or from a tensor. */
interface List {
  readonly type: ValueType
  readonly values: readonly (string | number)[]
}

function listOf(node: NodeContext, stem: 'keys' | 'values'): List {
  const tensor = node.tensor(`${stem}_tensor`)
  const lists: List[] = [
    { type: 'string', values: node.texts(`${stem}_strings`) },
    { type: 'int64', values: node.ints(`${stem}_int64s`) },
    { type: 'float', values: node.floats(`${stem}_floats`) },
  ]
  if (tensor) {
    if (tensor.type === 'uint8' || tensor.type === 'bool') node.refuse(`maps ${tensor.type}`)
    lists.push({ type: tensor.type, values: tensor.data })
  }
  const [given, ...more] = lists.filter(({ values }) => values.length > 0)
  if (!given || more.length > 0) node.refuse(`has no ${stem}, or two lists of them`)
  return given
}

function defaultOf(node: NodeContext, type: ValueType): string | number {
  const tensor = node.tensor('default_tensor')
  if (tensor) {
    const [value] = tensor.data
    if (tensor.type !== type || value === undefined) node.refuse('has a default of another type')
    return value
  }
  if (type === 'string') return node.text('default_string', '_Unused')
  if (type === 'int64') return node.int('default_int64', -1)
  return node.float('default_float', -0)
}

const labelEncoder: Operator = (node) => {
  node.allow(
    ...['keys_strings', 'keys_int64s', 'keys_floats', 'keys_tensor'],
    ...['values_strings', 'values_int64s', 'values_floats', 'values_tensor'],
    ...['default_string', 'default_int64', 'default_float', 'default_tensor'],
  )
  node.arity(1, 1)
  const from = node.operand()
  const [keys, values] = [listOf(node, 'keys'), listOf(node, 'values')]
  // Of fractions and NaN as keys each runtime has rules of its own.
  if (keys.type !== from.type || (keys.type !== 'string' && keys.type !== 'int64')) {
    node.refuse(`looks up ${from.type}`)
  }
  if (keys.values.length !== values.values.length) node.refuse('has keys without values')
  const otherwise = defaultOf(node, values.type)
  const found = new Map<string | number, string | number>()
  keys.values.forEach((key, i) => {
    if (found.has(key)) node.refuse('has a key twice')
    found.set(key, values.values[i]!)
  })
  const value = node.compiling.solid(from)
  const { type } = values
  const isSingle =
    type !== 'string' &&
    [otherwise, ...values.values].every((each) => Math.fround(Number(each)) === Number(each))
  const { width, rank } = from
  node.output({ type, width, rank, isSingle }, ({ data }) => {
    const cells = data[value] as readonly (string | number)[]
    const out = newData(type, cells.length) as (string | number)[]
    for (let i = 0; i < cells.length; i++) out[i] = found.get(cells[i]!) ?? otherwise
    return out as unknown as Data
  })
}

/** A column a category; all are zero for what is none of them. */
const oneHotEncoder: Operator = (node) => {
  node.allow('cats_int64s', 'cats_strings', 'zeros')
  node.arity(1, 1)
  const from = node.operand()
  const [ints, texts] = [node.ints('cats_int64s'), node.texts('cats_strings')]
  const categories = from.type === 'string' ? texts : ints
  const isClear = categories.length > 0 && (ints.length === 0 || texts.length === 0)
  if (!isClear || (from.type !== 'string' && from.type !== 'int64'))
    node.refuse(`encodes ${from.type}`)
  if (node.int('zeros', 1) !== 1 || from.width !== 1 || from.rank > 2)
    node.refuse('encodes several columns')
  const places = new Map<string | number, number>(categories.map((category, i) => [category, i]))
  if (places.size !== categories.length) node.refuse('has a category twice')
  const value = node.compiling.solid(from)
  const width = categories.length
  const rank = from.rank === 1 ? 2 : 3
  node.output({ type: 'float', width, rank, isSingle: true }, ({ data, rows }) => {
    const cells = data[value] as readonly (string | number)[]
    const out = new Float32Array(rows * width)
    for (let row = 0; row < rows; row++) {
      const place = places.get(cells[row]!)
      if (place !== undefined) out[row * width + place] = 1
    }
    return out
  })
}

export const encoderOperators: Readonly<Record<string, Operator>> = {
  'ai.onnx.ml.LabelEncoder': labelEncoder,
  'ai.onnx.ml.OneHotEncoder': oneHotEncoder,
}
