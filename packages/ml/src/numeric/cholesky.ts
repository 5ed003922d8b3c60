import { MlError } from '../ml-error.ts'

/**
 * Solves A x = b for a symmetric positive definite A (row-major).
 * @throws MlError when A is not positive definite.
 */
export const solvePositiveDefinite = (a: Float64Array, b: Float64Array): Float64Array => {
  return solveWithCholesky(cholesky(a, b.length), b)
}

/** Solves L L' x = b for the lower triangle L of `cholesky`. */
export const solveWithCholesky = (lower: Float64Array, b: Float64Array): Float64Array => {
  const size = b.length
  const x = b.slice()
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i * size + k]! * x[k]!
    x[i]! /= lower[i * size + i]!
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i]! -= lower[k * size + i]! * x[k]!
    x[i]! /= lower[i * size + i]!
  }
  return x
}

/** The lower triangle L with L L' = A. */
export const cholesky = (a: Float64Array, size: number): Float64Array => {
  const lower = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * size + j]!
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!
      if (i !== j) lower[i * size + j] = sum / lower[j * size + j]!
      else if (sum > 0) lower[i * size + i] = Math.sqrt(sum)
      else throw notPositive(i)
    }
  }
  return lower
}

const notPositive = (row: number) =>
  new MlError(
    'invalid_input',
    `the matrix is not positive definite in row ${row}`,
    'remove columns that are constant or combinations of others, or add a ridge',
  )
