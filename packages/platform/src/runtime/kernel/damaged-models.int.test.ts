import { readFileSync } from 'node:fs'
import { GraphBuilder } from '@kaizen/ml/onnx'
import { seededRandom } from '@kaizen/ml/random'
import { describe, expect, it } from 'vitest'
import { allocate, type Datatype } from '../datatypes.ts'
import { SessionFailure } from '../session-failure.ts'
import { KernelModel } from './kernel-model.ts'

const file = new URL('./fixtures/foreign-models.json', import.meta.url)
const { models } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly models: Record<string, string>
}
const kinds = [
  'nodes of every mode',
  'columns, boosting',
  'lightgbm with categories',
  'classes LOGISTIC',
]
const changesOfEach = 300

/** The bytes with some of them changed, left out or put in twice. */
function damaged(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  for (let i = 0; i < 1 + random() * 4; i++) {
    copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256)
  }
  const at = Math.floor(random() * copy.length)
  if (random() < 0.2) return copy.subarray(0, at)
  if (random() < 0.2) return Buffer.concat([copy.subarray(0, at), copy.subarray(at / 2)])
  return copy
}

describe.each(kinds)('%s, damaged', (name) => {
  it('is refused or computes, and never hangs or fails in another way', () => {
    const bytes = Buffer.from(models[name]!, 'base64')
    const random = seededRandom(name.length)
    let opened = 0
    const longestMs = { open: 0, run: 0 }
    for (let i = 0; i < changesOfEach; i++) {
      const beganAt = performance.now()
      const kernel = KernelModel.open(damaged(bytes, random))
      longestMs.open = Math.max(longestMs.open, performance.now() - beganAt)
      if (!kernel) continue
      opened++
      const inputs = kernel.signature.inputs.map((spec) => {
        const shape = [3, spec.shape[1]!]
        const datatype = spec.datatype as Datatype
        return { datatype, shape, data: allocate(datatype, 3 * shape[1]!) }
      })
      const ranAt = performance.now()
      try {
        for (const tensor of kernel.run(inputs).outputs) expect(tensor.shape[0]).toBe(3)
      } catch (failure) {
        expect(failure).toBeInstanceOf(SessionFailure)
      }
      longestMs.run = Math.max(longestMs.run, performance.now() - ranAt)
    }
    // Some changes hit a number alone, most make a file that onnxruntime is to judge.
    expect(opened).toBeGreaterThan(0)
    expect(opened).toBeLessThan(changesOfEach)
    expect(longestMs.open).toBeLessThan(2000)
    expect(longestMs.run).toBeLessThan(2000)
  })
})

it('refuses columns that double with every node before they are made', () => {
  const graph = new GraphBuilder()
  let value = graph.input({ name: 'x', type: 'float', shape: [1] })
  for (let i = 0; i < 60; i++) value = graph.add('Concat', [value, value], { axis: { int: 1 } })
  graph.output(value, { name: 'y', type: 'float', shape: [1] })
  expect(KernelModel.open(graph.finish('doubling', {}))).toBeUndefined()
})

it('refuses more targets than there can be', () => {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'double', shape: [1] })
  const doubles = (data: number[]) => ({
    tensor: { type: 'double' as const, dims: [data.length], data },
  })
  const sum = graph.addMl('TreeEnsemble', [x], {
    n_targets: { int: 2 ** 31 - 1 },
    tree_roots: { ints: [0] },
    nodes_featureids: { ints: [0] },
    nodes_modes: { tensor: { type: 'uint8', dims: [1], data: [0] } },
    nodes_splits: doubles([0]),
    nodes_truenodeids: { ints: [0] },
    nodes_trueleafs: { ints: [1] },
    nodes_falsenodeids: { ints: [1] },
    nodes_falseleafs: { ints: [1] },
    leaf_targetids: { ints: [0, 0] },
    leaf_weights: doubles([1, 2]),
  })
  graph.output(sum, { name: 'y', type: 'double', shape: [1] })
  expect(KernelModel.open(graph.finish('targets', {}))).toBeUndefined()
})
