import { regularizedBeta } from './incomplete-beta.ts'
import { stirlingError } from './log-gamma.ts'

/** P(X = k) of the binomial distribution, by Loader's saddle-point expansion (2000). */
export const binomialMass = (k: number, n: number, p: number): number =>
  Math.exp(binomialLogMass(k, n, p))

/** ln P(X = k) of the binomial distribution with `n` trials of probability `p`. */
export const binomialLogMass = (k: number, n: number, p: number): number => {
  const q = 1 - p
  if (p === 0) return k === 0 ? 0 : Number.NEGATIVE_INFINITY
  if (q === 0) return k === n ? 0 : Number.NEGATIVE_INFINITY
  if (k === 0) return n * Math.log1p(-p)
  if (k === n) return n * Math.log(p)
  const correction = stirlingError(n) - stirlingError(k) - stirlingError(n - k)
  const deviance = devianceTerm(k, n * p) + devianceTerm(n - k, n * q)
  return correction - deviance + 0.5 * Math.log(n / (2 * Math.PI * k * (n - k)))
}

/** P(X <= k) of k successes in n trials with chance p each. */
export const binomialCdf = (k: number, n: number, p: number): number =>
  k < 0 ? 0 : k >= n ? 1 : regularizedBeta(1 - p, n - k, k + 1)

/** P(X >= k) of k successes in n trials with chance p each. */
export const binomialSurvival = (k: number, n: number, p: number): number =>
  k <= 0 ? 1 : k > n ? 0 : regularizedBeta(p, k, n - k + 1)

/** x ln(x / m) + m - x, without cancellation where x is close to m. */
const devianceTerm = (x: number, m: number): number => {
  if (Math.abs(x - m) >= 0.1 * (x + m)) return x * Math.log(x / m) + m - x
  const v = (x - m) / (x + m)
  let sum = (x - m) * v
  let term = 2 * x * v
  for (let j = 1; j < 1000; j++) {
    term *= v * v
    const next = sum + term / (2 * j + 1)
    if (next === sum) break
    sum = next
  }
  return sum
}
