import { pointsOf, type RowsOfNumbers } from '../drift/points.ts'
import { MlError } from '../ml-error.ts'
import { solvePositiveDefinite } from '../numeric/cholesky.ts'
import { chiSquaredSurvival } from '../special/chi-squared.ts'

/** Centre and covariance of ordinary rows; plain data. */
export interface MahalanobisFit {
  readonly means: Float64Array
  /** Row-major, with divisor n - 1. */
  readonly covariance: Float64Array
  readonly rows: number
}

/**
 * Mahalanobis 1936.
 * @throws MlError when there are no more complete rows than columns.
 */
export const fitMahalanobis = (rows: RowsOfNumbers): MahalanobisFit => {
  const { rows: n, dimension: size, values } = pointsOf(rows)
  if (n <= size) {
    throw new MlError(
      'invalid_input',
      `there are ${n} complete rows of ${size} columns`,
      'fit on more rows than columns',
    )
  }
  const means = new Float64Array(size)
  for (let i = 0; i < values.length; i++) means[i % size]! += values[i]! / n
  const covariance = new Float64Array(size * size)
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < size; i++) {
      const a = values[row * size + i]! - means[i]!
      for (let j = 0; j < size; j++) {
        covariance[i * size + j]! += (a * (values[row * size + j]! - means[j]!)) / (n - 1)
      }
    }
  }
  return { means, covariance, rows: n }
}

/**
 * Mahalanobis' squared distance (1936) of each row from the centre, and its chi-squared p-value: small
 * where the row is an outlier among normal rows.
 * @throws MlError when columns depend on each other.
 */
export const mahalanobisDistances = (
  { means, covariance }: MahalanobisFit,
  rows: RowsOfNumbers,
): { readonly squared: Float64Array; readonly pValues: Float64Array } => {
  const { rows: n, dimension: size, values } = pointsOf(rows)
  const squared = Float64Array.from({ length: n }, (_, row) => {
    const d = means.map((mean, i) => values[row * size + i]! - mean)
    const solved = solvePositiveDefinite(covariance, d)
    return d.reduce((sum, value, i) => sum + value * solved[i]!, 0)
  })
  return { squared, pValues: squared.map((d2) => chiSquaredSurvival(d2, size)) }
}
