import { expect, it } from 'vitest'
import { drawnRows, permutation, seededRandom } from './random.ts'

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

it('drawn rows are different, of the asked range, and each as likely', () => {
  const random = seededRandom(4)
  const times = new Float64Array(20)
  for (let i = 0; i < 4000; i++) {
    const drawn = drawnRows(20, 5, random)
    expect(new Set(drawn).size).toBe(5)
    for (const row of drawn) times[row]!++
  }
  for (const count of times) expect(Math.abs(count - 1000)).toBeLessThan(120)
  expect(drawnRows(7, 7, random).toSorted()).toEqual(Int32Array.from([0, 1, 2, 3, 4, 5, 6]))
})
