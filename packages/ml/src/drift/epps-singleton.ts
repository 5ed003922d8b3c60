import type { Numbers } from '../numeric/numbers.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { sortInPlace } from '../numeric/sort.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { finiteOutcome, insufficient, type Outcome } from '../outcome.ts'
import { chiSquaredSurvival } from '../special/chi-squared.ts'
import type { Comparison } from './result.ts'
import { finitePair, pooledOf } from './samples.ts'

const DEFAULT_POINTS = [0.4, 0.8] as const
/** Below this size of both samples the statistic is corrected. */
const SMALL = 25

/**
 * The Epps-Singleton test (1986): empirical characteristic functions at points `t`, in units of half
 * the pooled interquartile range. Also for discrete values.
 */
export const eppsSingleton = (
  reference: Numbers,
  current: Numbers,
  points: readonly number[] = DEFAULT_POINTS,
): Outcome<Comparison> => {
  const method = 'epps-singleton'
  const pair = finitePair(method, [reference, current], 5)
  if ('status' in pair) return pair
  const { x, y } = pair
  const sorted = sortInPlace(pooledOf(x, y))
  const sigma = (quantileOfSorted(sorted, 0.75) - quantileOfSorted(sorted, 0.25)) / 2
  if (!(sigma > 0)) return insufficient(method, 'distinct quartiles', { have: 1, need: 2 })
  const scaled = points.map((t) => t / sigma)
  const [gx, gy] = [characteristic(x, scaled), characteristic(y, scaled)]
  const total = x.length + y.length
  const size = 2 * points.length
  const covariance = gx.covariance.map(
    (c, i) => (total / x.length) * c + (total / y.length) * gy.covariance[i]!,
  )
  const difference = gx.mean.map((mean, i) => mean - gy.mean[i]!)
  const { form, rank } = pseudoInverseForm(covariance, difference, size)
  if (rank === 0) return insufficient(method, 'distinct values in a sample', { have: 1, need: 2 })
  const correction = Math.max(x.length, y.length) < SMALL ? smallSample(x.length, y.length) : 1
  const statistic = total * form * correction
  return finiteOutcome(method, [statistic], {
    status: 'ok',
    method,
    parameters: { t: points.join(', ') },
    statistic,
    pValue: chiSquaredSurvival(statistic, rank),
    degreesOfFreedom: rank,
    effect: { name: 'W per row', value: statistic / total },
    sizes: { reference: x.length, current: y.length },
  })
}

const smallSample = (n: number, m: number): number =>
  1 / (1 + (n + m) ** -0.45 + 10.1 * (n ** -1.7 + m ** -1.7))

/** Means and covariances (divisor n) of the cosines and sines at the points. */
const characteristic = (values: Float64Array, points: readonly number[]) => {
  const size = 2 * points.length
  const n = values.length
  const waves = new Float64Array(size * n)
  const mean = new Float64Array(size)
  points.forEach((t, k) => {
    for (let i = 0; i < n; i++) {
      const [c, s] = [Math.cos(t * values[i]!), Math.sin(t * values[i]!)]
      waves[k * n + i] = c
      waves[(points.length + k) * n + i] = s
      mean[k]! += c / n
      mean[points.length + k]! += s / n
    }
  })
  const covariance = new Float64Array(size * size)
  for (let a = 0; a < size; a++) {
    for (let b = a; b < size; b++) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        sum += (waves[a * n + i]! - mean[a]!) * (waves[b * n + i]! - mean[b]!)
      }
      covariance[a * size + b] = sum / n
      covariance[b * size + a] = sum / n
    }
  }
  return { mean, covariance }
}

/** d' C+ d with the pseudo-inverse of C, and the rank of C. */
const pseudoInverseForm = (covariance: Float64Array, d: Float64Array, size: number) => {
  const { values, vectors } = symmetricEigen(covariance, size)
  const noise = Math.abs(values[0]!) * ROUNDING
  let [form, rank] = [0, 0]
  for (let k = 0; k < size && values[k]! > noise; k++) {
    let projection = 0
    for (let i = 0; i < size; i++) projection += vectors[i * size + k]! * d[i]!
    form += (projection * projection) / values[k]!
    rank++
  }
  return { form, rank }
}

/**
 * Eigenvalues up to this share of the largest are rounding: values of one bit have a covariance of rank 1, whatever the points.
 */
const ROUNDING = 1e-12
