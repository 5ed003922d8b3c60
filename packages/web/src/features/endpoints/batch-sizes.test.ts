import { expect, it } from 'vitest'
import { perRun, sizesOf } from './batch-sizes.ts'

const batching = {
  queued: 0,
  runs: 13,
  requests: 39,
  rows: 39,
  runsBySize: [10, 0, 2, 0, 0, 0, 0, 1],
}

it('says how requests shared runs', () => {
  expect(perRun(batching)).toBe(3)
  expect(perRun({ ...batching, runs: 0, requests: 0 })).toBeNull()
  expect(sizesOf(batching)).toBe('Runs by requests in them: 10 of 1, 2 of 3–4, 1 of over 64')
  expect(sizesOf({ ...batching, runsBySize: [0, 0] })).toBeUndefined()
  expect(sizesOf(null)).toBeUndefined()
})
