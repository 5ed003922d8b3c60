import type { Numbers } from '../numeric/numbers.ts'

/**
 * Count, extremes and central moments of numbers, in a form that merges without loss. Missing and
 * infinite values are counted apart and left out of the rest.
 */
export interface Moments {
  /** Finite values. */
  readonly count: number
  readonly missing: number
  readonly infinite: number
  readonly zeros: number
  readonly negatives: number
  readonly sum: number
  readonly mean: number
  /** Sums of the second to fourth power of the deviations from the mean. */
  readonly m2: number
  readonly m3: number
  readonly m4: number
  /** Infinite and reversed while there are no values. */
  readonly min: number
  readonly max: number
}

export const EMPTY_MOMENTS: Moments = {
  count: 0,
  missing: 0,
  infinite: 0,
  zeros: 0,
  negatives: 0,
  sum: 0,
  mean: 0,
  m2: 0,
  m3: 0,
  m4: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
}

/** Values taken at once: small enough to stay in the cache between the two passes over them. */
const BLOCK = 4096

/** The moments of values; exact to rounding also at large offsets. */
export const momentsOf = (values: Numbers): Moments => {
  let total = EMPTY_MOMENTS
  for (let start = 0; start < values.length; start += BLOCK) {
    total = mergeMoments(total, blockMoments(values, start, Math.min(start + BLOCK, values.length)))
  }
  return total
}

/** Two passes over values[start, end): the mean first, then the powers of the deviations. */
const blockMoments = (values: Numbers, start: number, end: number): Moments => {
  let [count, missing, zeros, negatives, sum] = [0, 0, 0, 0, 0]
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = start; i < end; i++) {
    const value = values[i]!
    if (value - value !== 0) {
      if (Number.isNaN(value)) missing++
      continue
    }
    count++
    sum += value
    if (value <= 0) {
      if (value === 0) zeros++
      else negatives++
    }
    if (value < min) min = value
    if (value > max) max = value
  }
  const infinite = end - start - count - missing
  if (count === 0) return { ...EMPTY_MOMENTS, missing, infinite }
  const mean = sum / count
  let [drift, m2, m3, m4] = [0, 0, 0, 0]
  for (let i = start; i < end; i++) {
    const d = values[i]! - mean
    if (d - d !== 0) continue
    const square = d * d
    drift += d
    m2 += square
    m3 += square * d
    m4 += square * square
  }
  // The mean of the first pass is off by rounding; the deviations say by how much.
  const off = drift / count
  m4 += off * (-4 * m3 + 6 * off * m2)
  m3 -= 3 * off * m2
  m2 -= off * drift
  const found = { count, missing, infinite, zeros, negatives, sum, m2, m3, m4, min, max }
  return { ...found, mean: mean + off }
}

/** The moments of both parts together (Chan, Golub and LeVeque 1979; Pébay 2008). */
export const mergeMoments = (a: Moments, b: Moments): Moments => {
  const missing = a.missing + b.missing
  const infinite = a.infinite + b.infinite
  if (a.count === 0) return { ...b, missing, infinite }
  if (b.count === 0) return { ...a, missing, infinite }
  const n = a.count + b.count
  const delta = b.mean - a.mean
  const step = delta / n
  const cross = delta * step * a.count * b.count
  const difference = a.count - b.count
  return {
    count: n,
    missing,
    infinite,
    zeros: a.zeros + b.zeros,
    negatives: a.negatives + b.negatives,
    sum: a.sum + b.sum,
    mean: a.mean + step * b.count,
    m2: a.m2 + b.m2 + cross,
    m3: a.m3 + b.m3 + cross * step * difference + 3 * step * (a.count * b.m2 - b.count * a.m2),
    m4:
      a.m4 +
      b.m4 +
      cross * step * step * (n * n - 3 * a.count * b.count) +
      6 * step * step * (a.count * a.count * b.m2 + b.count * b.count * a.m2) +
      4 * step * (a.count * b.m3 - b.count * a.m3),
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  }
}

/** The variance with divisor count - ddof; null when there are not enough values. */
export const varianceOf = ({ count, m2 }: Moments, ddof: 0 | 1 = 1): number | null =>
  count > ddof && Number.isFinite(m2) ? Math.max(0, m2) / (count - ddof) : null

/** Skewness and excess kurtosis; null where undefined. Unbiased ones are G1 and G2 of Joanes and Gill (1998). */
export interface Shape {
  readonly skewness: number | null
  readonly skewnessUnbiased: number | null
  readonly kurtosisExcess: number | null
  readonly kurtosisExcessUnbiased: number | null
}

/** Variances below this share of the squared mean are rounding error, not spread. */
const SPREAD_FLOOR = 1e-15

/** Skewness and kurtosis from moments, dimensionless; null where all values are alike to rounding. */
export const shapeOf = ({ count: n, mean, m2, m3, m4 }: Moments): Shape => {
  const isShapeless =
    n === 0 || !Number.isFinite(m4) || m2 / n <= (SPREAD_FLOOR * mean) ** 2 || m2 <= 0
  if (isShapeless) {
    return {
      skewness: null,
      skewnessUnbiased: null,
      kurtosisExcess: null,
      kurtosisExcessUnbiased: null,
    }
  }
  const variance = m2 / n
  const skewness = m3 / n / variance ** 1.5
  const kurtosis = m4 / n / (variance * variance) - 3
  return {
    skewness,
    skewnessUnbiased: n > 2 ? (skewness * Math.sqrt(n * (n - 1))) / (n - 2) : skewness,
    kurtosisExcess: kurtosis,
    kurtosisExcessUnbiased:
      n > 3 ? ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * kurtosis + 6) : kurtosis,
  }
}
