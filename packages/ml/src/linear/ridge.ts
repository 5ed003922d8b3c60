import { MlError } from '../ml-error.ts'
import { solveSymmetric } from './cholesky.ts'
import { type Design, momentsOf } from './design.ts'

/** Scores `intercepts + coefficients x`; coefficients row-major, one row by output. */
export interface LinearParameters {
  readonly intercepts: Float64Array
  readonly coefficients: Float64Array
  readonly iterations: number
}

/**
 * Ridge regression: minimises the weighted sum of squared residuals plus `l2` times the squared
 * coefficients (not the intercept), by the normal equations of the centred columns.
 * @throws MlError when `l2` is 0 and columns depend on each other.
 */
export const fitRidge = (design: Design, target: Float64Array, l2: number): LinearParameters => {
  const { width } = design
  const { means, weight: totalWeight } = momentsOf(design)
  const gram = new Float64Array(width * width)
  const right = new Float64Array(width)
  let targetSum = 0
  design.each((_, row, weight) => {
    targetSum += weight * target[row]!
  })
  const targetMean = targetSum / totalWeight
  const centred = new Float64Array(width)
  design.eachDense((numbers, row, weight) => {
    for (let i = 0; i < width; i++) centred[i] = numbers[i]! - means[i]!
    for (let i = 0; i < width; i++) {
      const scaled = weight * centred[i]!
      right[i]! += scaled * (target[row]! - targetMean)
      for (let j = 0; j <= i; j++) gram[i * width + j]! += scaled * centred[j]!
    }
  })
  for (let i = 0; i < width; i++) gram[i * width + i]! += l2
  const coefficients = solveSymmetric(gram, right)
  if (!coefficients) {
    throw new MlError(
      'invalid_option',
      `features depend on each other, which 'l2' = ${l2} cannot resolve`,
      "use 'l2' above 0, or leave out constant and redundant features",
    )
  }
  const offset = coefficients.reduce((sum, coefficient, i) => sum + coefficient * means[i]!, 0)
  return { intercepts: Float64Array.of(targetMean - offset), coefficients, iterations: 1 }
}
