import { describe, expect, test } from 'vitest'
import { eppsSingleton, tTest } from '../drift/index.ts'
import { regressionMetrics } from '../metrics/index.ts'
import { correlations } from '../profile/index.ts'
import { seededRandom } from '../random/random.ts'
import { bootstrapIntervals } from '../sampling/index.ts'
import { meanOf } from './mean.ts'
import { pairwiseSum } from './pairwise-sum.ts'

const constant = (value: number, n = 30) => new Float64Array(n).fill(value)

describe('means', () => {
  test.each([0.1, 1e-8, 1e15 + 1, -1 / 3])(
    'the mean of a column of %d alone is that number',
    (value) => expect(meanOf(constant(value))).toBe(value),
  )

  test('far from zero the last digits hold', () => {
    const levels = Float64Array.from({ length: 150 }, (_, i) => 1e15 + (i % 3))
    expect(meanOf(levels)).toBe(1e15 + 1)
    expect(meanOf([])).toBeNaN()
    expect(meanOf([1e308, 1e308, 1e308])).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('figures that rest on a mean', () => {
  const random = seededRandom(8)
  const levels = Float64Array.from({ length: 150 }, () => Math.floor(3 * random()))
  const far = levels.map((value) => value + 1e15)
  const other = levels.map((value) => value + random())

  test('do not change where all values lie far from zero', () => {
    const [near, moved] = [correlations(levels, other), correlations(far, other)]
    if (near.status !== 'ok' || moved.status !== 'ok') throw new Error('no correlation')
    expect(moved.pearson).toBeCloseTo(near.pearson, 3)
    const [t, s] = [
      tTest(levels, other),
      tTest(
        far,
        levels.map((value) => value + 1e15 + 1),
      ),
    ]
    if (t.status !== 'ok' || s.status !== 'ok') throw new Error('no t test')
    expect(s.effect!.value).toBeCloseTo(1 / Math.sqrt(varianceOf(levels)), 1)
  })

  test('know a constant target, whose mean a plain sum misses', () => {
    const label = constant(0.1)
    const prediction = label.map((value, i) => value + i / 100)
    expect(regressionMetrics(label, prediction)).toMatchObject({ r2: 0, explainedVariance: 0 })
    expect(regressionMetrics(label, label)).toMatchObject({ r2: 1 })
  })

  test('sums by pairs are those of whole numbers, whatever their count', () => {
    for (const n of [0, 1, 7, 8, 9, 127, 128, 129, 1000, 4097]) {
      const values = Float64Array.from({ length: n }, (_, i) => i + 1)
      expect(pairwiseSum(values)).toBe((n * (n + 1)) / 2)
    }
    // 0.1 a million times: a plain sum is off by 1.3e-6.
    expect(Math.abs(pairwiseSum(constant(0.1, 1_000_000)) - 1e5)).toBeLessThan(1e-9)
  })

  test('a jackknife that does not vary has no accelerated interval', () => {
    const sample = Float64Array.from({ length: 500 }, (_, i) => [0.5, 0.75, 1][i % 3]!)
    const middle = (values: Float64Array) => values.sort()[values.length >> 1]!
    const found = bootstrapIntervals(sample, middle, { resamples: 200, confidence: 0.9, seed: 1 })
    expect(found).toMatchObject({ status: 'ok', bca: null })
  })

  test('Epps and Singleton find the rank of values of one bit, and no negative statistic', () => {
    const bits = (n: number, share: number) =>
      Float64Array.from({ length: n }, () => (random() < share ? 1 : 0))
    for (const points of [
      [0.4, 0.8],
      [0.3, 0.6, 0.9],
    ]) {
      const found = eppsSingleton(bits(300, 0.5), bits(200, 0.5), points)
      expect(found).toMatchObject({ status: 'ok', degreesOfFreedom: 1 })
      if (found.status === 'ok') expect(found.statistic).toBeGreaterThanOrEqual(0)
    }
    const months = Float64Array.from({ length: 300 }, (_, i) => [5, 6, 7][i % 3]!)
    const apart = eppsSingleton(constant(12), months)
    expect(apart.status === 'ok' && apart.statistic > 0).toBe(true)
  })
})

const varianceOf = (values: Float64Array): number => {
  const mean = meanOf(values)
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
}
