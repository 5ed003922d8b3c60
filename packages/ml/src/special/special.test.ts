import { describe, expect, test } from 'vitest'
import { betaQuantile } from './beta-distribution.ts'
import { binomialCdf, binomialMass } from './binomial.ts'
import { chiSquaredLogSurvival, chiSquaredSurvival } from './chi-squared.ts'
import { fisherFCdf, fisherFSurvival } from './fisher-f.ts'
import { kolmogorovSurvival, smirnovSurvival } from './kolmogorov.ts'
import { logBeta, logChoose, logGamma } from './log-gamma.ts'
import { normalCdf, normalLogSurvival, normalQuantile } from './normal.ts'
import { studentTQuantile, studentTTwoSided } from './student-t.ts'

/** Agreement to a number of relative digits. */
const expectClose = (actual: number, expected: number, digits = 12) =>
  expect(actual / expected).toBeCloseTo(1, digits)

describe('gamma and beta', () => {
  test('factorials and their ratios', () => {
    expectClose(logGamma(11), Math.log(3628800))
    expectClose(Math.exp(logChoose(50, 20)), 47129212243960)
    expectClose(logBeta(30, 50), logGamma(30) + logGamma(50) - logGamma(80))
  })
})

describe('distributions', () => {
  test('closed forms', () => {
    expectClose(chiSquaredSurvival(28, 2), Math.exp(-14))
    expect(chiSquaredLogSurvival(4000, 2)).toBeCloseTo(-2000, 6)
    expectClose(studentTTwoSided(1, 1), 0.5)
    expectClose(smirnovSurvival(0.5, 1), 0.5)
    expectClose(binomialMass(3, 5, 0.5), 10 / 32)
    expectClose(binomialCdf(3, 5, 0.5), 26 / 32)
    expectClose(fisherFSurvival(3, 2, 4), (1 + (2 * 3) / 4) ** -2)
    expectClose(fisherFSurvival(3, 2, 4) + fisherFCdf(3, 2, 4), 1)
  })

  test('quantiles undo distribution functions, also in the tails', () => {
    for (const p of [1e-12, 0.01, 0.3, 0.5, 0.975, 1 - 1e-9]) {
      expectClose(normalCdf(normalQuantile(p)), p, 10)
    }
    expectClose(normalQuantile(0.975), 1.959963984540054)
    expectClose(studentTQuantile(0.975, 10), 2.2281388519649385, 10)
    expectClose(betaQuantile(0.5, 1, 1), 0.5)
  })

  test('far tails keep a finite logarithm', () => {
    expect(normalLogSurvival(40)).toBeCloseTo(-804.608442, 5)
    expect(chiSquaredSurvival(4000, 2)).toBe(0)
  })
})

describe('Kolmogorov', () => {
  test('published values', () => {
    expectClose(kolmogorovSurvival(0.3, 22), 0.029817731971163774, 10)
    expectClose(kolmogorovSurvival(0.1, 200), 0.03411035080315383, 10)
  })

  test('the methods meet where one takes over from the other', () => {
    for (const n of [141, 1000, 20_000]) {
      const d = Math.sqrt(2.2 / n)
      const [below, above] = [
        kolmogorovSurvival(d * 0.999999, n),
        kolmogorovSurvival(d * 1.000001, n),
      ]
      expect(Math.abs(below - above)).toBeLessThan(2e-6)
    }
  })
})
