import { expect, it } from 'vitest'
import { permutation, seededRandom } from './random.ts'

it('repeats itself under a seed and differs under another', () => {
  const draw = (seed: number): number[] => {
    const random = seededRandom(seed)
    return Array.from({ length: 5 }, random)
  }
  expect(draw(3)).toEqual(draw(3))
  expect(draw(3)).not.toEqual(draw(4))
})

it('fills [0, 1) evenly', () => {
  const random = seededRandom(1)
  const counts = new Float64Array(16)
  for (let i = 0; i < 160_000; i++) counts[Math.floor(random() * 16)]!++
  const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
  // The 0.999 quantile of chi-squared with 15 degrees of freedom.
  expect(chiSquared).toBeLessThan(37.7)
})

it('permutes without loss', () => {
  const order = permutation(1000, seededRandom(9))
  expect(order.toSorted()).toEqual(Int32Array.from({ length: 1000 }, (_, i) => i))
  expect(order).not.toEqual(order.toSorted())
})
