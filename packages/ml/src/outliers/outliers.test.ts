import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random/random.ts'
import { fitIsolationForest, isolationScores } from './isolation-forest.ts'
import { fitMahalanobis, mahalanobisDistances } from './mahalanobis.ts'
import { neighbourDistances } from './nearest-neighbours.ts'
import { medianFences, tukeyFences } from './quantile-rules.ts'
import { seasonalResiduals } from './seasonal-residuals.ts'

const random = seededRandom(2)
const cloud = Array.from({ length: 300 }, () => {
  const x = random() - 0.5
  return [x, x + 0.1 * random()]
})
/** Ordinary in each column, strange in their relation. */
const stranger = [0.4, -0.4]

describe('multivariate outliers', () => {
  test('Mahalanobis sees a broken relation', () => {
    const { squared, pValues } = mahalanobisDistances(fitMahalanobis(cloud), [stranger, [0, 0.05]])
    expect(squared[0]).toBeGreaterThan(100)
    expect(pValues[0]).toBeLessThan(1e-9)
    expect(pValues[1]).toBeGreaterThan(0.1)
  })

  test('Mahalanobis on independent unit columns is the squared length', () => {
    const fit = { means: Float64Array.of(1, 2), covariance: Float64Array.of(1, 0, 0, 4), rows: 9 }
    expect(mahalanobisDistances(fit, [[4, 6]]).squared[0]).toBeCloseTo(9 + 4, 12)
  })

  test('the isolation forest ranks a far row above all others, the same for a seed', () => {
    const forest = fitIsolationForest(cloud, { seed: 1 })
    const scores = isolationScores(forest, [...cloud, [5, -5]])
    expect(scores.at(-1)).toBe(scores.reduce((a, b) => Math.max(a, b)))
    expect(scores.at(-1)).toBeGreaterThan(0.65)
    expect(fitIsolationForest(cloud, { seed: 1 })).toEqual(forest)
  })

  test('distance to the k-th neighbour', () => {
    expect(neighbourDistances([0, 1, 3, 10], [0, 9], 2)).toEqual(Float64Array.of(1, 6))
    expect(() => neighbourDistances([1], [1], 2)).toThrow('k = 2')
  })
})

describe('fences', () => {
  test('Tukey and median fences on known quartiles', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    expect(tukeyFences(values)).toMatchObject({ lower: -3, upper: 13 })
    const fences = medianFences(values, 1)
    if (fences.status !== 'ok') throw new Error('no fences')
    expect(fences.upper - 5).toBeCloseTo(2 * 1.4826022, 6)
    expect(tukeyFences([1, 2])).toMatchObject({ status: 'insufficient', have: 2, need: 4 })
  })

  test('a value that is ordinary overall is strange for its season', () => {
    const series = Array.from({ length: 240 }, (_, i) => (i % 24) * 10 + 0.1 * ((i * 7) % 5))
    series[100] = 200
    expect(seasonalResiduals(series, { period: 24 })).toMatchObject({ outliers: [100] })
  })
})
