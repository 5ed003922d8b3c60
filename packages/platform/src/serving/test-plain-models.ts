import { fitModel, GraphBuilder, numericColumn, tableOf } from '@kaizen/ml'

/** A regression `y = 2a - 3b + 1` over two columns. */
export function linearModel(): Uint8Array<ArrayBuffer> {
  const a = Float64Array.from({ length: 60 }, (_, i) => (i * 7) % 11)
  const b = Float64Array.from({ length: 60 }, (_, i) => ((i * 5) % 13) / 13 - 0.5)
  const y = a.map((value, i) => 2 * value - 3 * b[i]! + 1)
  const table = tableOf([numericColumn('a', a), numericColumn('b', b), numericColumn('y', y)])
  return Uint8Array.from(fitModel({ trainer: 'linear', table, target: 'y' }).toOnnx())
}

/** Squares of one matrix of pairs. */
export function pairsModel(): Uint8Array<ArrayBuffer> {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'float', shape: [2] })
  graph.output(graph.add('Mul', [x, x]), { name: 'y', type: 'float', shape: [2] })
  return Uint8Array.from(graph.finish('pairs', {}))
}
