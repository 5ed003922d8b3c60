import type { EnsembleView } from '@kaizen/contracts'
import { expect, it } from 'vitest'
import { boxesOf } from './prepare.ts'

const signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
}
const member = (node: string, version: number) => ({
  node,
  model: `models:/${node}@champion`,
  modelName: node,
  version,
  digest: 'd',
  signature,
})

const ensemble: EnsembleView = {
  name: 'both',
  version: 2,
  project: null,
  digest: 'd',
  createdAt: 0,
  createdBy: 'user:ann',
  members: [member('a', 3), member('b', 1)],
  signature: { ...signature, outputs: [{ name: 'mean', datatype: 'FP32', shape: [-1, 2] }] },
  declaration: {
    name: 'both',
    description: '',
    inputs: {},
    nodes: {
      a: { kind: 'model', model: 'models:/a@champion' },
      b: { kind: 'model', model: 'models:/b/1', inputs: { x: 'a.y' } },
      mean: { kind: 'average', of: ['a.y', 'b'], weights: [1, 3] },
      pick: {
        kind: 'select',
        by: 'input.x',
        cases: [{ below: 1, take: 'a.y' }],
        otherwise: 'mean',
      },
    },
    outputs: { mean: 'pick' },
  },
}

it('draws inputs, parts and outputs with what each takes', () => {
  const boxes = boxesOf(ensemble)
  expect(boxes.map(({ id, words, parents }) => [id, words, parents])).toEqual([
    ['input.x', 'FP32 [-1, 2]', []],
    ['a', 'a · 3', ['input.x']],
    ['b', 'b · 1', ['a']],
    ['mean', 'mean, weighted 1 : 3', ['a', 'b']],
    ['pick', 'one of 2', ['input.x', 'a', 'mean']],
    ['output.mean', 'FP32 [-1, 2]', ['pick']],
  ])
})
