import { expect, test } from 'vitest'
import {
  powerOfMeans,
  powerOfProportions,
  sampleSizeOfMeans,
  sampleSizeOfProportions,
} from './index.ts'

// statsmodels 0.15.0: NormalIndPower().power(proportion_effectsize(p1, p0), n, alpha, ratio).
test.each([
  [[0.1, 0.12], 2000, { alpha: 0.05 }, 0.5252812352177123],
  [[0.5, 0.55], 300, { alpha: 0.01, ratio: 2 }, 0.12321024815100366],
] as const)('the power of %j with %d rows', (shares, n, options, expected) => {
  expect(powerOfProportions(shares, n, options)).toBeCloseTo(expected, 10)
})

test('the power at the sample size for it is that power', () => {
  const size = sampleSizeOfProportions(0.2, 0.27, { alpha: 0.05, power: 0.9, ratio: 1.5 })
  expect(powerOfProportions([0.2, 0.27], size.n1, { alpha: 0.05, ratio: 1.5 })).toBeCloseTo(0.9, 8)
  const rows = sampleSizeOfMeans(0.3, { alpha: 0.05, power: 0.8 })
  expect(powerOfMeans(0.3, rows, 0.05)).toBeCloseTo(0.8, 8)
  expect(powerOfProportions([0.3, 0.3], 100, { alpha: 0.05 })).toBeCloseTo(0.05, 10)
})
