import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random/random.ts'
import { betaCdf, logGamma, lowerGamma } from '../special/index.ts'
import {
  bernoulliConfidenceSequence,
  gammaExponentialBound,
  normalMixtureRho,
  oneSidedNormalBound,
  polynomialStitchingBound,
  twoSidedNormalBound,
} from './index.ts'

/**
 * The boundaries of Howard, Ramdas, McAuliffe and Sekhon (2021), derived anew: at the boundary the mixture of the exponential
 * martingales, integrated numerically here, is 1 / alpha; and random walks cross it no more often than alpha.
 */
const TIMES = [0.5, 5, 40, 300, 20_000]

/** Simpson's rule. */
const integral = (f: (x: number) => number, [from, to]: readonly [number, number]): number => {
  const cells = 20_000
  const step = (to - from) / cells
  let sum = f(from) + f(to)
  for (let i = 1; i < cells; i++) sum += (i % 2 === 1 ? 4 : 2) * f(from + i * step)
  return (sum * step) / 3
}

describe.each([
  { alpha: 0.05, vOpt: 10, alphaOpt: 0.05 },
  { alpha: 0.01, vOpt: 250, alphaOpt: 0.1 },
  { alpha: 0.2, vOpt: 1, alphaOpt: 0.05 },
])('at level $alpha, tightest at $vOpt', (options) => {
  const { alpha, vOpt, alphaOpt } = options
  /** The density of a normal of mean 0 and variance 1 / rho. */
  const density = (lambda: number, rho: number) =>
    Math.sqrt(rho / (2 * Math.PI)) * Math.exp((-rho * lambda * lambda) / 2)

  test.each(TIMES)('the two-sided mixture is 1 / alpha at time %d', (v) => {
    const rho = normalMixtureRho(vOpt, alphaOpt)
    const s = twoSidedNormalBound(v, options)
    const reach = 12 / Math.sqrt(v + rho)
    const centre = s / (v + rho)
    const mixed = integral(
      (x) => Math.exp(x * s - (x * x * v) / 2) * density(x, rho),
      [centre - reach, centre + reach],
    )
    expect(mixed * alpha).toBeCloseTo(1, 6)
  })

  test.each(TIMES)('the one-sided mixture over positive slopes is 1 / alpha at time %d', (v) => {
    const rho = normalMixtureRho(vOpt, 2 * alphaOpt)
    const s = oneSidedNormalBound(v, options)
    const centre = Math.max(0, s / (v + rho))
    const reach = 12 / Math.sqrt(v + rho)
    const mixed = integral(
      (x) => 2 * Math.exp(x * s - (x * x * v) / 2) * density(x, rho),
      [Math.max(0, centre - reach), centre + reach],
    )
    expect(mixed * alpha).toBeCloseTo(1, 6)
  })

  test.each([0.5, 1, 2])('the gamma-exponential mixture of scale %d is 1 / alpha', (c) => {
    const rho = normalMixtureRho(vOpt, 2 * alphaOpt)
    const shape = rho / (c * c)
    // y = 1 - c x follows a gamma law of mean 1 that is cut off at 1.
    const norm = shape * Math.log(shape) - logGamma(shape) - Math.log(lowerGamma(shape, shape))
    for (const v of [5, 40, 300]) {
      const s = gammaExponentialBound(v, { ...options, c })
      const log = (y: number) => {
        const x = (1 - y) / c
        const psi = (-Math.log(y) - c * x) / (c * c)
        return x * s - psi * v + norm + (shape - 1) * Math.log(y) - shape * y
      }
      // For shapes below 1 the density has a pole at 0, where the martingale vanishes.
      expect(integral((y) => (y > 0 ? Math.exp(log(y)) : 0), [0, 1]) * alpha).toBeCloseTo(1, 4)
    }
  })
})

test.each([
  [30, 100],
  [3, 9],
  [0, 50],
  [40, 40],
])('the beta-binomial sequence of %d in %d ends where the mixture is 1 / alpha', (k, n) => {
  const options = { alpha: 0.05, tOpt: 100, alphaOpt: 0.05 }
  const { lower, upper } = bernoulliConfidenceSequence(k, n, options)
  for (const p of [lower, upper]) {
    if (p === 0 || p === 1) continue
    const q = 1 - p
    const r = Math.max(1e-3 * p * q, normalMixtureRho(100 * p * q, 0.05) - p * q)
    const ratio = (x: number) => k * Math.log(x / p) + (n - k) * Math.log((1 - x) / q)
    // The mean of the likelihood ratio under the prior, by its distribution function.
    const cells = 4000
    let [mixed, before] = [0, 0]
    for (let i = 1; i <= cells; i++) {
      const after = betaCdf(i / cells, r / q, r / p)
      const x = (i - 0.5) / cells
      mixed += (after - before) * Math.exp(ratio(x))
      before = after
    }
    expect(mixed * options.alpha).toBeGreaterThan(0.98)
    expect(mixed * options.alpha).toBeLessThan(1.02)
  }
})

describe('random walks', () => {
  const WALKS = 1500
  const STEPS = 400
  const alpha = 0.1
  const options = { alpha, vOpt: 30, alphaOpt: alpha }
  const random = seededRandom(77)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  /** The share of walks that ever cross. */
  const crossings = (draw: () => number, bound: (v: number) => number, sides: 1 | 2): number => {
    const bounds = Array.from({ length: STEPS }, (_, i) => bound(i + 1))
    let crossed = 0
    for (let walk = 0; walk < WALKS; walk++) {
      let sum = 0
      for (let i = 0; i < STEPS; i++) {
        sum += draw()
        if ((sides === 1 ? sum : Math.abs(sum)) < bounds[i]!) continue
        crossed++
        break
      }
    }
    return crossed / WALKS
  }
  const most = alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / WALKS)

  test.each([
    ['two-sided normal mixture', normal, (v: number) => twoSidedNormalBound(v, options), 2],
    ['one-sided normal mixture', normal, (v: number) => oneSidedNormalBound(v, options), 1],
    [
      'stitched boundary',
      normal,
      (v: number) => polynomialStitchingBound(v, { alpha, vMin: 1, c: 0, s: 1.4, eta: 2 }),
      1,
    ],
    [
      'gamma-exponential mixture, of waiting times',
      () => -Math.log(1 - random()) - 1,
      (v: number) => gammaExponentialBound(v, { ...options, c: 1 }),
      1,
    ],
  ] as const)('cross the %s no more often than alpha, and not never', (_, draw, bound, sides) => {
    const share = crossings(draw, bound, sides)
    expect(share).toBeLessThanOrEqual(most)
    expect(share).toBeGreaterThan(0.005)
  })
})
