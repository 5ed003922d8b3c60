import { GraphBuilder } from '@kaizen/ml'

/** Computes for a while, by a chain of matrix products; its answer is the input. */
export function slowModel(products = 4): Uint8Array {
  const graph = new GraphBuilder()
  const temp = graph.input({ name: 'temp', type: 'float', shape: [1] })
  const season = graph.input({ name: 'season', type: 'string', shape: [1] })
  graph.add('Identity', [season])
  // Made of the input, or the runtime would compute it all when it loads the model.
  const value = graph.cast(temp, 'double')
  const zero = graph.add('ReduceMax', [graph.add('Sub', [value, value])], { keepdims: { int: 0 } })
  const size = graph.constant({ type: 'int64', dims: [2], data: [400, 400] })
  let square = graph.add('Expand', [zero, size])
  for (let i = 0; i < products; i++) square = graph.add('MatMul', [square, square])
  const nothing = graph.add('ReduceMax', [square], { keepdims: { int: 0 } })
  const sum = graph.add('Add', [value, nothing])
  graph.output(graph.cast(sum, 'float'), { name: 'variable', type: 'float', shape: [1] })
  return graph.finish('slow', {})
}
