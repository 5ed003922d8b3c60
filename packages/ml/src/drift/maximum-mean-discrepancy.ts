import { quantileOfSorted } from '../numeric/quantile.ts'
import { sortInPlace } from '../numeric/sort.ts'
import { finiteOutcome, insufficient, type Outcome } from '../outcome.ts'
import { permutation, seededRandom } from '../random/random.ts'
import { normalSurvival } from '../special/normal.ts'
import { type Points, pointsOf, type RowsOfNumbers, squaredDistance } from './points.ts'
import type { Comparison } from './result.ts'
import { meanAndVariance } from './t-test.ts'

export interface MmdOptions {
  /** Width of the Gaussian kernel; by default the median heuristic on the reference. */
  readonly sigma?: number
  /**
   * `linear` pairs neighbouring rows, which should stand in no order: one pass, any size, less power, and a p-value from the
   * normal limit (Gretton et al. 2012, section 6).
   */
  readonly estimator?: 'unbiased' | 'biased' | 'linear'
  /** Random relabellings for the p-value of the other estimators; 0 (the default) gives none. */
  readonly permutations?: number
  readonly seed?: number
}

/**
 * Squared maximum mean discrepancy with the kernel exp(-d^2 / (2 sigma^2)) (Gretton et al. 2012). Memory
 * grows with the square of the rows, except for the linear estimator.
 */
export const maximumMeanDiscrepancy = (
  reference: RowsOfNumbers,
  current: RowsOfNumbers,
  { sigma, estimator = 'unbiased', permutations = 0, seed = 0 }: MmdOptions = {},
): Outcome<Comparison> => {
  const [x, y] = [pointsOf(reference), pointsOf(current)]
  const need = estimator === 'linear' ? 4 : 2
  if (x.rows < need) return insufficient('mmd', 'reference rows', { have: x.rows, need })
  if (y.rows < need) return insufficient('mmd', 'current rows', { have: y.rows, need })
  const width = sigma ?? medianHeuristic(x, estimator === 'linear' ? SAMPLE : x.rows)
  const parameters = { kernel: 'rbf', sigma: width, estimator, permutations, seed }
  const sizes = { reference: x.rows, current: y.rows }
  const result = (mmd2: number, pValue: number | null): Outcome<Comparison> =>
    finiteOutcome('mmd', [mmd2, width], {
      status: 'ok',
      method: 'mmd',
      parameters,
      statistic: mmd2,
      pValue,
      effect: { name: 'mmd', value: Math.sqrt(Math.max(0, mmd2)) },
      sizes,
    })
  if (estimator === 'linear') {
    const { mean, pValue } = linearEstimate(x, y, width)
    return result(mean, pValue)
  }
  const kernel = kernelMatrix(joined(x, y), width)
  const labels = Uint8Array.from({ length: x.rows + y.rows }, (_, i) => (i < x.rows ? 1 : 0))
  const observed = estimate(kernel, labels, { ...sizes, estimator })
  if (permutations === 0) return result(observed, null)
  const random = seededRandom(seed)
  let asExtreme = 0
  for (let i = 0; i < permutations; i++) {
    const order = permutation(labels.length, random)
    const shuffled = labels.map((_, row) => labels[order[row]!]!)
    if (estimate(kernel, shuffled, { ...sizes, estimator }) >= observed) asExtreme++
  }
  return result(observed, (asExtreme + 1) / (permutations + 1))
}

/** Rows from which the linear estimator takes the width. */
const SAMPLE = 1000

/**
 * sqrt(median of the squared distances of all pairs of rows, with themselves, by nearest rank / 2);
 * a median of 0 counts as 1.
 */
const medianHeuristic = (x: Points, most: number): number => {
  const n = Math.min(x.rows, most)
  const distances = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const d = squaredDistance(x, i, x, j)
      distances[i * n + j] = d
      distances[j * n + i] = d
    }
  }
  return Math.sqrt((quantileOfSorted(sortInPlace(distances), 0.5, 'nearest') || 1) / 2)
}

const joined = (x: Points, y: Points): Points => {
  const values = new Float64Array(x.values.length + y.values.length)
  values.set(x.values)
  values.set(y.values, x.values.length)
  return { rows: x.rows + y.rows, dimension: x.dimension, values }
}

const kernelMatrix = (points: Points, sigma: number): Float64Array => {
  const n = points.rows
  const kernel = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    kernel[i * n + i] = 1
    for (let j = 0; j < i; j++) {
      const k = Math.exp(-squaredDistance(points, i, points, j) / (2 * sigma * sigma))
      kernel[i * n + j] = k
      kernel[j * n + i] = k
    }
  }
  return kernel
}

const estimate = (
  kernel: Float64Array,
  isReference: Uint8Array,
  options: {
    readonly reference: number
    readonly current: number
    readonly estimator: 'unbiased' | 'biased'
  },
): number => {
  const { reference: n, current: m, estimator } = options
  const total = n + m
  let [xx, yy, xy] = [0, 0, 0]
  for (let i = 0; i < total; i++) {
    for (let j = 0; j < i; j++) {
      const k = kernel[i * total + j]!
      if (isReference[i] !== isReference[j]) xy += k
      else if (isReference[i] === 1) xx += k
      else yy += k
    }
  }
  if (estimator === 'biased') {
    return (2 * xx + n) / (n * n) + (2 * yy + m) / (m * m) - (2 * xy) / (n * m)
  }
  return (2 * xx) / (n * (n - 1)) + (2 * yy) / (m * (m - 1)) - (2 * xy) / (n * m)
}

/** The mean of independent terms, two rows of each sample in each, and the chance of one as large where nothing differs. */
const linearEstimate = (x: Points, y: Points, sigma: number) => {
  const k = (a: Points, i: number, b: Points, j: number) =>
    Math.exp(-squaredDistance(a, i, b, j) / (2 * sigma * sigma))
  const pairs = Math.floor(Math.min(x.rows, y.rows) / 2)
  const terms = Float64Array.from({ length: pairs }, (_, p) => {
    const [i, j] = [2 * p, 2 * p + 1]
    return k(x, i, x, j) + k(y, i, y, j) - k(x, i, y, j) - k(x, j, y, i)
  })
  const { mean, variance } = meanAndVariance(terms)
  const pValue = variance > 0 ? normalSurvival(mean / Math.sqrt(variance / pairs)) : null
  return { mean, pValue }
}
