import { logGamma, stirlingError } from './log-gamma.ts'

const EPSILON = 1e-17
const TINY = 1e-300
const HALF_LOG_TWO_PI = 0.9189385332046728

/** The regularised incomplete gamma function in both tails, and the logarithm of the smaller tail's scale. */
interface GammaTails {
  readonly lower: number
  readonly upper: number
  readonly logUpper: number
}

/** P(a, x) = γ(a, x) / Γ(a), for a > 0, x >= 0: the share of a gamma distribution below x. */
export const lowerGamma = (a: number, x: number): number => gammaTails(a, x).lower

/** Q(a, x) = 1 - P(a, x), accurate in the far tail. */
export const upperGamma = (a: number, x: number): number => gammaTails(a, x).upper

/** ln Q(a, x), finite where Q itself underflows. */
export const logUpperGamma = (a: number, x: number): number => gammaTails(a, x).logUpper

/** Series below the mean, Lentz' continued fraction above it (DLMF 8.11.4 and 8.9.2). */
const gammaTails = (a: number, x: number): GammaTails => {
  if (Number.isNaN(x)) return { lower: Number.NaN, upper: Number.NaN, logUpper: Number.NaN }
  if (x <= 0) return { lower: 0, upper: 1, logUpper: 0 }
  if (x === Number.POSITIVE_INFINITY) return { lower: 1, upper: 0, logUpper: -x }
  const logScale = logGammaDensity(a, x)
  if (x < a + 1) {
    const lower = Math.min(1, Math.exp(logScale + Math.log(series(a, x))))
    return { lower, upper: 1 - lower, logUpper: Math.log1p(-lower) }
  }
  const logUpper = Math.min(0, logScale + Math.log(continuedFraction(a, x)))
  const upper = Math.exp(logUpper)
  return { lower: 1 - upper, upper, logUpper }
}

/** ln(x^a e^-x / Γ(a)); for large a through the deviance, so that no large terms cancel (Loader 2000). */
const logGammaDensity = (a: number, x: number): number => {
  if (a < 10) return a * Math.log(x) - x - logGamma(a)
  const ratio = (x - a) / a
  const deviance = Math.abs(ratio) < 0.1 ? logOnePlusMinus(ratio) : Math.log(x / a) - ratio
  return a * deviance + 0.5 * Math.log(a) - HALF_LOG_TWO_PI - stirlingError(a)
}

/** ln(1 + u) - u for small u, by its series. */
const logOnePlusMinus = (u: number): number => {
  let power = u
  let sum = 0
  for (let k = 2; k < 60; k++) {
    power *= -u
    sum += power / k
    if (Math.abs(power) < EPSILON * Math.abs(sum)) break
  }
  return sum
}

const series = (a: number, x: number): number => {
  let term = 1 / a
  let sum = term
  for (let n = 1; n < 1e6; n++) {
    term *= x / (a + n)
    sum += term
    if (term < sum * EPSILON) break
  }
  return sum
}

const continuedFraction = (a: number, x: number): number => {
  let b = x + 1 - a
  let c = 1 / TINY
  let d = 1 / b
  let fraction = d
  for (let i = 1; i < 1e6; i++) {
    const numerator = -i * (i - a)
    b += 2
    d = 1 / nonZero(numerator * d + b)
    c = nonZero(b + numerator / c)
    const step = d * c
    fraction *= step
    if (Math.abs(step - 1) < 1e-16) break
  }
  return fraction
}

const nonZero = (x: number): number => (Math.abs(x) < TINY ? TINY : x)
