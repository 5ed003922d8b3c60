import { MlError } from '../ml-error.ts'
import { type Design, momentsOf, scoreOf } from './design.ts'
import { minimiseByLbfgs } from './lbfgs.ts'
import type { Differentiable } from './line-search.ts'
import { minimiseByNewton, type SecondDerivatives } from './newton.ts'
import type { LinearParameters } from './ridge.ts'

/** Beyond this many parameters the matrix of second derivatives costs more than it saves. */
const newtonLimit = 1000

export interface LogisticSetup {
  readonly classCount: number
  readonly l2: number
  readonly tolerance: number
  readonly maxIterations: number
}

/**
 * Logistic regression: minimises the weighted sum of log losses plus `l2 / 2` times the squared
 * coefficients (not the intercepts). Two classes share one score, the log odds of class 1; more
 * have one score each (softmax). By Newton's method, or L-BFGS when there are many parameters.
 * @param target class indices.
 * @throws MlError when it does not converge.
 */
export const fitLogistic = (
  design: Design,
  target: Float64Array,
  setup: LogisticSetup,
): LinearParameters => {
  const outputs = setup.classCount === 2 ? 1 : setup.classCount
  const { width } = design
  const { maxIterations } = setup
  const problem = { design, target, outputs, l2: setup.l2 }
  // The coefficients and then the intercept of an output lie together.
  const start = new Float64Array(outputs * (width + 1))
  const weight = design.weights?.reduce((sum, one) => sum + one, 0) ?? design.rowCount
  const stop = { tolerance: setup.tolerance * weight, maxIterations }
  const found =
    start.length <= newtonLimit
      ? minimiseByNewton(lossOf(problem), curvatureOf(problem), start, stop)
      : minimiseByLbfgs(lossOf(problem), start, {
          ...stop,
          preconditioner: inverseCurvature(problem),
        })
  if (!found.converged && found.iterations >= maxIterations) {
    throw new MlError(
      'invalid_option',
      `logistic regression did not converge in ${maxIterations} iterations`,
      "raise 'maxIterations' or 'l2', or scale the features ('scale': 'standard')",
    )
  }
  return unpack(found.point, outputs, width, found.iterations)
}

interface Problem {
  readonly design: Design
  readonly target: Float64Array
  readonly outputs: number
  readonly l2: number
}

const lossOf = ({ design, target, outputs, l2 }: Problem): Differentiable => {
  const { width } = design
  const scores = new Float64Array(outputs)
  return (point, gradient) => {
    gradient.fill(0)
    let loss = 0
    design.each((prepared, row, weight) => {
      const { columns, values, count } = prepared
      for (let o = 0; o < outputs; o++) {
        const from = o * (width + 1)
        scores[o] = point[from + width]! + scoreOf(prepared, point, from)
      }
      loss += weight * rowLoss(scores, target[row]!)
      toProbabilities(scores)
      for (let o = 0; o < outputs; o++) {
        const actual = outputs === 1 ? target[row]! : Number(o === target[row])
        const slope = weight * (scores[o]! - actual)
        const from = o * (width + 1)
        for (let i = 0; i < count; i++) gradient[from + columns[i]!]! += slope * values[i]!
        gradient[from + width]! += slope
      }
    })
    for (let o = 0; o < outputs; o++) {
      for (let at = o * (width + 1), end = at + width; at < end; at++) {
        loss += (l2 / 2) * point[at]! ** 2
        gradient[at]! += l2 * point[at]!
      }
    }
    return loss
  }
}

const curvatureOf = ({ design, outputs, l2 }: Problem): SecondDerivatives => {
  const { width } = design
  const size = outputs * (width + 1)
  const scores = new Float64Array(outputs)
  return (point, hessian) => {
    hessian.fill(0)
    design.each((prepared, _, weight) => {
      for (let o = 0; o < outputs; o++) {
        const from = o * (width + 1)
        scores[o] = point[from + width]! + scoreOf(prepared, point, from)
      }
      toProbabilities(scores)
      for (let a = 0; a < outputs; a++) {
        for (let b = 0; b <= a; b++) {
          const factor = weight * scores[a]! * (Number(a === b) - scores[b]!)
          addOuter(hessian, size, prepared, { a, b, width, factor })
        }
      }
    })
    for (let at = 0; at < size; at++) {
      if (at % (width + 1) !== width) hessian[at * size + at]! += l2
    }
  }
}

/** Adds `factor` times the outer product of a row, intercept included, to block (a, b). */
const addOuter = (
  hessian: Float64Array,
  size: number,
  { columns, values, count }: Parameters<Parameters<Design['each']>[0]>[0],
  block: {
    readonly a: number
    readonly b: number
    readonly width: number
    readonly factor: number
  },
): void => {
  const { width, factor } = block
  const [top, left] = [block.a * (width + 1), block.b * (width + 1)]
  for (let i = 0; i < count; i++) {
    const scaled = factor * values[i]!
    const line = (top + columns[i]!) * size + left
    for (let j = 0; j < count; j++) hessian[line + columns[j]!]! += scaled * values[j]!
    hessian[line + width]! += scaled
    hessian[(top + width) * size + left + columns[i]!]! += scaled
  }
  hessian[(top + width) * size + left + width]! += factor
}

/** The log loss of one row; a single score is the log odds of class 1. */
const rowLoss = (scores: Float64Array, label: number): number => {
  if (scores.length === 1) {
    const value = scores[0]!
    return Math.max(label === 1 ? -value : value, 0) + Math.log1p(Math.exp(-Math.abs(value)))
  }
  let highest = -Infinity
  for (let o = 0; o < scores.length; o++) highest = Math.max(highest, scores[o]!)
  let sum = 0
  for (let o = 0; o < scores.length; o++) sum += Math.exp(scores[o]! - highest)
  return highest + Math.log(sum) - scores[label]!
}

/** Turns the scores of one row into probabilities, in place; one score into that of class 1. */
export const toProbabilities = (scores: Float64Array): void => {
  if (scores.length === 1) {
    scores[0] = 1 / (1 + Math.exp(-scores[0]!))
    return
  }
  let highest = -Infinity
  for (let o = 0; o < scores.length; o++) highest = Math.max(highest, scores[o]!)
  let sum = 0
  for (let o = 0; o < scores.length; o++) {
    scores[o] = Math.exp(scores[o]! - highest)
    sum += scores[o]!
  }
  for (let o = 0; o < scores.length; o++) scores[o]! /= sum
}

/** The inverse second derivatives along each coordinate where all scores are 0. */
const inverseCurvature = ({ design, outputs, l2 }: Problem): Float64Array => {
  const { means, deviations, weight } = momentsOf(design)
  const share = outputs === 1 ? 1 / 2 : 1 / outputs
  const curvature = weight * share * (1 - share)
  const one = Float64Array.from({ length: design.width + 1 }, (_, i) =>
    i === design.width
      ? 1 / curvature
      : 1 / (curvature * (deviations[i]! ** 2 + means[i]! ** 2) + l2 || 1),
  )
  return Float64Array.from({ length: outputs * one.length }, (_, i) => one[i % one.length]!)
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
