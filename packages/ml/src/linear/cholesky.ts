/**
 * Solves `matrix x = right` for a symmetric positive definite matrix (row-major, `size * size`,
 * only the lower triangle is read) by Cholesky's factorisation. Null when it is not positive
 * definite to working precision.
 */
export const solveSymmetric = (matrix: Float64Array, right: Float64Array): Float64Array | null => {
  const size = right.length
  const lower = Float64Array.from(matrix)
  for (let j = 0; j < size; j++) {
    const original = lower[j * size + j]!
    let diagonal = original
    for (let k = 0; k < j; k++) diagonal -= lower[j * size + k]! ** 2
    if (!(diagonal > original * size * Number.EPSILON)) return null
    const pivot = Math.sqrt(diagonal)
    lower[j * size + j] = pivot
    for (let i = j + 1; i < size; i++) {
      let sum = lower[i * size + j]!
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!
      lower[i * size + j] = sum / pivot
    }
  }
  const solution = Float64Array.from(right)
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) solution[i]! -= lower[i * size + k]! * solution[k]!
    solution[i]! /= lower[i * size + i]!
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) solution[i]! -= lower[k * size + i]! * solution[k]!
    solution[i]! /= lower[i * size + i]!
  }
  return solution
}
