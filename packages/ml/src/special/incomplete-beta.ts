import { logBeta } from './log-gamma.ts'

const TINY = 1e-300

/** I_x(a, b), the regularised incomplete beta function: the share of a Beta(a, b) below x. */
export const regularizedBeta = (x: number, a: number, b: number): number =>
  Math.exp(logRegularizedBeta(x, a, b))

/** ln I_x(a, b) for a, b > 0 and x in [0, 1]; finite where I_x itself underflows. */
export const logRegularizedBeta = (x: number, a: number, b: number): number =>
  logBetaTail(x, 1 - x, a, b)

/**
 * ln I_x(a, b) with both x and y = 1 - x given, so that neither loses digits
 * (Lentz' continued fraction, DLMF 8.17.22).
 */
export const logBetaTail = (x: number, y: number, a: number, b: number): number => {
  if (Number.isNaN(x)) return Number.NaN
  if (x <= 0) return Number.NEGATIVE_INFINITY
  if (y <= 0) return 0
  const logScale = a * logOf(x, y) + b * logOf(y, x) - logBeta(a, b)
  if (x <= (a + 1) / (a + b + 2)) {
    return Math.min(0, logScale + Math.log(continuedFraction(x, a, b) / a))
  }
  const complement = Math.exp(logScale) * (continuedFraction(y, b, a) / b)
  return Math.log1p(-Math.min(1, complement))
}

const logOf = (x: number, y: number): number => (x > 0.5 ? Math.log1p(-y) : Math.log(x))

const continuedFraction = (x: number, a: number, b: number): number => {
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m < 1e6; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nonZero(1 + even * d)
    c = nonZero(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonZero(1 + odd * d)
    c = nonZero(1 + odd / c)
    const step = d * c
    fraction *= step
    if (Math.abs(step - 1) < 1e-16) break
  }
  return fraction
}

const nonZero = (x: number): number => (Math.abs(x) < TINY ? TINY : x)
