import type { GraphPreview } from '@kaizen/contracts'
import { expect, it } from 'vitest'
import { modelNodes } from './model-graph.ts'

const preview: GraphPreview = {
  kind: 'graph',
  sizeBytes: 900,
  producer: 'kaizen',
  operatorSets: [{ domain: '', version: 21 }],
  inputs: [{ name: 'x', type: 'float32', shape: ['N', 3] }],
  outputs: [
    { name: 'y', type: 'float32', shape: ['', 1] },
    { name: 'lost', type: 'float32', shape: [] },
  ],
  nodeCount: 2,
  nodes: [
    { name: 'a', operator: 'Mul', inputs: ['x', 'weights'], outputs: ['t'], sizeBytes: 80 },
    { name: 'b', operator: 'ai.onnx.ml.Scaler', inputs: ['t'], outputs: ['y'], sizeBytes: 2048 },
  ],
  constants: { count: 1, sizeBytes: 12 },
}

it('ties each box to those whose values it takes; constants are no boxes', () => {
  const nodes = modelNodes(preview)
  const parents = Object.fromEntries([...nodes].map(([id, node]) => [id, [...node.parents]]))
  expect(parents).toEqual({
    'input x': [],
    'node 0': ['input x'],
    'node 1': ['node 0'],
    'output y': ['node 1'],
    'output lost': [],
  })
})

it('names boxes as a reader of models does', () => {
  const nodes = modelNodes(preview)
  expect(nodes.get('input x')?.detail).toBe('input, float32 [N, 3]')
  expect(nodes.get('output y')?.detail).toBe('output, float32 [?, 1]')
  expect(nodes.get('node 1')).toMatchObject({ title: 'Scaler', name: 'b' })
})
