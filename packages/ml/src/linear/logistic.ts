import { MlError } from '../ml-error.ts'
import { type Design, scoreOf } from './design.ts'
import { minimise } from './minimise.ts'
import type { LinearParameters } from './ridge.ts'

/**
 * Logistic regression: minimises the weighted sum of log losses plus `l2 / 2` times the squared
 * coefficients (not the intercepts). Two classes share one score, the log odds of class 1; more
 * have one score each (softmax).
 * @param target class indices.
 * @throws MlError when it does not converge.
 */
export const fitLogistic = (
  design: Design,
  target: Float64Array,
  setup: {
    readonly classCount: number
    readonly l2: number
    readonly tolerance: number
    readonly maxIterations: number
  },
): LinearParameters => {
  const outputs = setup.classCount === 2 ? 1 : setup.classCount
  const { width } = design
  const scores = new Float64Array(outputs)
  const objective = (point: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0)
    let loss = 0
    design.each((prepared, row, weight) => {
      const { columns, values, count } = prepared
      for (let o = 0; o < outputs; o++) {
        const from = o * (width + 1)
        scores[o] = point[from + width]! + scoreOf(prepared, point, from)
      }
      loss += weight * (outputs === 1 ? binary(scores, target[row]!) : multi(scores, target[row]!))
      // `scores` now hold the derivatives of this row's loss.
      for (let o = 0; o < outputs; o++) {
        const slope = weight * scores[o]!
        const from = o * (width + 1)
        for (let i = 0; i < count; i++) gradient[from + columns[i]!]! += slope * values[i]!
        gradient[from + width]! += slope
      }
    })
    for (let o = 0; o < outputs; o++) {
      for (let at = o * (width + 1), end = at + width; at < end; at++) {
        loss += (setup.l2 / 2) * point[at]! ** 2
        gradient[at]! += setup.l2 * point[at]!
      }
    }
    return loss
  }
  // Coefficients and then the intercept of an output lie together.
  const start = new Float64Array(outputs * (width + 1))
  const rows = design.weights?.reduce((sum, weight) => sum + weight, 0) ?? design.rowCount
  const { maxIterations } = setup
  const found = minimise(objective, start, { tolerance: setup.tolerance * rows, maxIterations })
  if (!found.converged && found.iterations >= maxIterations) {
    throw new MlError(
      'invalid_option',
      `logistic regression did not converge in ${maxIterations} iterations`,
      "raise 'maxIterations' or 'l2', or scale the features ('scale': 'standard')",
    )
  }
  return unpack(found.point, outputs, width, found.iterations)
}

/** The log loss of one row; turns its score into the derivative. */
const binary = (scores: Float64Array, label: number): number => {
  const value = scores[0]!
  scores[0] = 1 / (1 + Math.exp(-value)) - label
  return Math.max(label === 1 ? -value : value, 0) + Math.log1p(Math.exp(-Math.abs(value)))
}

const multi = (scores: Float64Array, label: number): number => {
  const highest = scores.reduce((most, value) => Math.max(most, value), -Infinity)
  const own = scores[label]! - highest
  let sum = 0
  for (let o = 0; o < scores.length; o++) {
    scores[o] = Math.exp(scores[o]! - highest)
    sum += scores[o]!
  }
  for (let o = 0; o < scores.length; o++) scores[o] = scores[o]! / sum - Number(o === label)
  return Math.log(sum) - own
}

const unpack = (
  point: Float64Array,
  outputs: number,
  width: number,
  iterations: number,
): LinearParameters => {
  const coefficients = new Float64Array(outputs * width)
  const intercepts = new Float64Array(outputs)
  for (let o = 0; o < outputs; o++) {
    const from = o * (width + 1)
    coefficients.set(point.subarray(from, from + width), o * width)
    intercepts[o] = point[from + width]!
  }
  return { intercepts, coefficients, iterations }
}
