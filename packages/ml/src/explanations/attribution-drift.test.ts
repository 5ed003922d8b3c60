import { expect, test } from 'vitest'
import { requireOk } from '../outcome.ts'
import { attributionDrift } from './attribution-drift.ts'

const drift = (reference: readonly number[], current: readonly number[]) =>
  requireOk(attributionDrift(reference, current))

test('nothing has moved where all are as they were, in whatever unit', () => {
  const found = drift([3, 2, 1], [300, 200, 100])
  expect(found.ndcg).toBeCloseTo(1, 15)
  expect(found.shift).toBeCloseTo(0, 15)
})

test('the gain of a swapped order, by hand', () => {
  // Relevance 0.5, 0.3, 0.2; now the order is third, first, second.
  const { ndcg, shift } = drift([0.5, 0.3, 0.2], [0.3, 0.1, 0.6])
  const ideal = 0.5 + 0.3 / Math.log2(3) + 0.2 / 2
  expect(ndcg).toBeCloseTo((0.2 + 0.5 / Math.log2(3) + 0.3 / 2) / ideal, 14)
  expect(shift).toBeCloseTo(0.4, 14)
})

test('a swap among features that count little costs little', () => {
  expect(drift([90, 5, 4, 1], [90, 4, 5, 1]).ndcg).toBeGreaterThan(0.99)
  expect(drift([60, 30, 9, 1], [1, 9, 30, 60]).ndcg).toBeLessThan(0.75)
})

test('the order of features is irrelevant', () => {
  const a = drift([4, 3, 2, 1], [1, 2, 5, 3])
  const b = drift([1, 3, 4, 2], [3, 2, 1, 5])
  expect(b.ndcg).toBeCloseTo(a.ndcg, 14)
  expect(b.shift).toBeCloseTo(a.shift, 14)
})

test('no attribution is no answer; what cannot be one is refused', () => {
  expect(attributionDrift([0, 0], [1, 2])).toMatchObject({ status: 'insufficient', have: 0 })
  expect(attributionDrift([], [])).toMatchObject({ status: 'insufficient' })
  expect(() => attributionDrift([1], [1, 2])).toThrow('1 and 2 features')
  expect(() => attributionDrift([-1], [1])).toThrow('feature 0 is -1')
  expect(() => attributionDrift([1], [Number.NaN])).toThrow('feature 0 is NaN')
})
