import type { ModelSignature } from '@kaizen/contracts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { batchKey, differ, mergeInputs, sameAnswers, splitOutputs } from './batching.ts'
import { allocate, type Datatype, datatypes } from './datatypes.ts'
import type { Tensor } from './model.ts'
import { type Job, RunQueue } from './onnx/run-queue.ts'

const signature = (shape: number[], outputs: number[] = [-1, 1]): ModelSignature => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: outputs }],
})
const floats = (shape: number[], length = shape.reduce((a, b) => a * b, 1)): Tensor => ({
  datatype: 'FP32',
  shape,
  data: new Float32Array(length),
})

it('lets requests share a run only where rows can stand one below the other', () => {
  expect(batchKey(signature([-1, 2]), [floats([3, 2])])).toBe('')
  expect(batchKey(signature([-1, -1]), [floats([3, 7])])).toBe('7 ')
  expect(batchKey(signature([-1, 2]), [floats([0, 2])])).toBeUndefined()
  expect(batchKey(signature([2]), [floats([2])])).toBeUndefined()
  expect(batchKey(signature([-1, 2], [1]), [floats([3, 2])])).toBeUndefined()
  // What the model would refuse is told to who sent it, and to nobody else.
  expect(batchKey(signature([-1, 2]), [floats([3, 3])])).toBeUndefined()
  expect(batchKey(signature([-1, 2]), [floats([3, 2], 5)])).toBeUndefined()
  expect(batchKey(signature([-1, 2]), [{ ...floats([3, 2]), datatype: 'INT32' }])).toBeUndefined()
})

const numbered = (datatype: Datatype, rows: number, seed: number): Tensor => {
  const data = allocate(datatype, rows * 2)
  const target = data as unknown as { [i: number]: unknown }
  for (let i = 0; i < rows * 2; i++) {
    const value = (seed + i) % 2
    target[i] =
      datatype === 'BYTES' ? `${value}é` : datatype.endsWith('T64') ? BigInt(value) : value
  }
  return { datatype, shape: [rows, 2], data }
}

it('cuts merged rows into what was merged, for every datatype and any sizes', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(fc.constantFrom(...datatypes), sizes, (datatype, rows) => {
      const requests = rows.map((count, i) => [numbered(datatype, count, i)])
      const merged = mergeInputs(requests)
      expect(merged[0]?.shape).toEqual([rows.reduce((a, b) => a + b, 0), 2])
      expect(splitOutputs(merged, rows)).toEqual(requests)
    }),
  )
})

it('refuses to cut what is not one answer a row, and compares but for the last digits', () => {
  expect(splitOutputs([floats([3])], [1, 1])).toBeUndefined()
  const one = floats([1])
  const near = { ...one, data: Float32Array.of(1e-7) }
  const far = { ...one, data: Float32Array.of(0.1) }
  expect(sameAnswers([one], [near])).toBe(true)
  expect(sameAnswers([one], [far])).toBe(false)
  expect(differ([one], [far])).toBe(true)
  expect(differ([one], [{ ...one }])).toBe(false)
})

const job = (rows: number, arrivedAt: number, rule = { maxRows: 4, maxDelayMs: 0 }): Job => ({
  inputs: [],
  rows,
  elements: rows,
  rule,
  arrivedAt,
  resolve: () => undefined,
  reject: () => undefined,
})

it('takes what fits of the group whose turn it is, oldest first, and loses nothing', () => {
  const queue = new RunQueue()
  const a = [job(2, 0), job(2, 1), job(1, 2)]
  const b = [job(9, 3), job(1, 4)]
  for (const each of a) queue.push('a', each)
  for (const each of b) queue.push('b', each)
  expect(queue.size).toBe(5)
  expect(queue.take(5)).toEqual(a.slice(0, 2))
  // One that is larger than a run may be is computed alone.
  expect(queue.take(5)).toEqual(b.slice(0, 1))
  expect(queue.take(5, { mostElements: 0 })).toEqual(a.slice(2))
  expect(queue.take(5)).toEqual(b.slice(1))
  expect(queue.take(5)).toBeUndefined()
  expect(queue.size).toBe(0)
})

it('waits for more only as long as the rule says, and not for a full run', () => {
  const queue = new RunQueue()
  const rule = { maxRows: 3, maxDelayMs: 10 }
  queue.push('a', job(1, 0, rule))
  expect(queue.take(4)).toBeUndefined()
  expect(queue.dueInMs(4)).toBe(6)
  queue.push('a', job(2, 5, rule))
  expect(queue.take(5)).toHaveLength(2)
  queue.push('a', job(1, 5, rule))
  expect(queue.take(15)).toHaveLength(1)
  queue.push('a', job(1, 5, rule))
  queue.push('a', job(1, 8, rule))
  expect(queue.expire(8)).toHaveLength(1)
  expect(queue.size).toBe(1)
})
