import { GraphBuilder } from '@kaizen/ml/onnx'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readModelGraph } from './model-graph.ts'

function scaled(): Uint8Array {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'float', shape: [3] })
  const weights = graph.constant({ type: 'float', dims: [1000], data: new Float32Array(1000) })
  const product = graph.add('Mul', [x, weights])
  graph.output(graph.addMl('Scaler', [product]), { name: 'y', type: 'float', shape: [3] })
  return graph.finish('scaled', {})
}

it('reads what a model takes, computes and gives, with the bytes of each node', () => {
  const graph = readModelGraph(scaled())
  expect(graph).toMatchObject({
    producer: 'kaizen',
    operatorSets: [
      { domain: '', version: 21 },
      { domain: 'ai.onnx.ml', version: 5 },
    ],
    inputs: [{ name: 'x', type: 'float32', shape: ['N', 3] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['N', 3] }],
    nodeCount: 3,
    constants: { count: 1 },
  })
  expect(graph.nodes.map(({ operator }) => operator)).toEqual([
    'Mul',
    'ai.onnx.ml.Scaler',
    'Identity',
  ])
  expect(graph.nodes[1]?.inputs).toEqual(graph.nodes[0]?.outputs)
  expect(graph.nodes[0]?.sizeBytes).toBeGreaterThan(4000)
  expect(graph.nodes[1]?.sizeBytes).toBeLessThan(200)
})

it('shows the first of very many nodes, and counts them all', () => {
  const graph = new GraphBuilder()
  let value = graph.input({ name: 'x', type: 'float', shape: [1] })
  for (let i = 0; i < 5000; i++) value = graph.add('Neg', [value])
  graph.output(value, { name: 'y', type: 'float', shape: [1] })
  const read = readModelGraph(graph.finish('deep', {}))
  expect([read.nodes.length, read.nodeCount]).toEqual([400, 5001])
})

it('says of any other bytes that they are no model', () => {
  const whole = scaled()
  fc.assert(
    fc.property(fc.nat(whole.length), fc.uint8Array({ maxLength: 40 }), (cut, noise) => {
      for (const bytes of [whole.subarray(0, cut), noise]) {
        try {
          expect(readModelGraph(bytes).kind).toBe('graph')
        } catch (failure) {
          expect(failure).toMatchObject({ code: 'INVALID_DATA' })
        }
      }
    }),
    { seed: 7, numRuns: 300 },
  )
  expect(() => readModelGraph(Buffer.from('PK'))).toThrow(/not an ONNX model/)
})
