import { softmax } from '@kaizen/ml/forest'
import type { Operator } from '../compiling.ts'
import type { NumberData } from '../values.ts'

const overColumns: Operator = (node) => {
  node.allow('axis')
  node.arity(1, 1)
  const from = node.numbers()
  if (from.type !== 'float' && from.type !== 'double') node.refuse(`works on ${from.type}`)
  const axis = node.int('axis', (node.compiling.graph.operatorSets.get('') ?? 0) < 13 ? 1 : -1)
  if (from.rank !== 2 || (axis !== 1 && axis !== -1))
    node.refuse('works on something other than columns')
  const value = node.compiling.solid(from)
  const { type, width } = from
  node.output({ type, width, rank: 2, isSingle: type === 'float' }, ({ data }) => {
    const out = (data[value] as NumberData).slice() as Float32Array | Float64Array
    for (let at = 0; at < out.length; at += width) softmax(out.subarray(at, at + width))
    return out
  })
}

export const softmaxOperators: Readonly<Record<string, Operator>> = { Softmax: overColumns }
