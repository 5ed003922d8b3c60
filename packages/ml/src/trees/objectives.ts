/** The losses that can be boosted. */
export const objectiveNames = ['squared-error', 'poisson', 'binary-logloss', 'softmax'] as const
export type ObjectiveName = (typeof objectiveNames)[number]

/** Targets by row (numbers or class indices) and their weights; null when all rows count the same. */
export interface Labels {
  readonly values: Float64Array
  readonly weights: Float64Array | null
}

/**
 * A loss on raw scores. Scores and derivatives hold `outputs` blocks of one number a row
 * (`output * rowCount + row`).
 */
export interface Objective {
  readonly name: ObjectiveName
  readonly outputs: number
  /** Whether the second derivative is 1 in every row that has no weight: then it is not written. */
  readonly unitHessian: boolean
  /** The constant scores that minimise the loss. */
  baseline(labels: Labels): Float64Array
  derivatives(scores: Float64Array, labels: Labels, out: DerivativeBlocks): void
  /** The mean loss. */
  loss(scores: Float64Array, labels: Labels): number
}

/** Where derivatives are written; `hessian` is empty when it need not be. */
export interface DerivativeBlocks {
  readonly gradient: Float64Array
  readonly hessian: Float64Array
}

/** The objective of a name; `classCount` matters to softmax alone. */
export const objectiveOf = (name: ObjectiveName, classCount: number): Objective => {
  switch (name) {
    case 'squared-error':
      return squaredError
    case 'poisson':
      return poisson
    case 'binary-logloss':
      return binaryLogloss
    case 'softmax':
      return softmax(classCount)
  }
}

/** The probability of a log odds. */
export const sigmoid = (score: number): number => 1 / (1 + Math.exp(-score))

const weightOf = (labels: Labels, row: number): number =>
  labels.weights ? labels.weights[row]! : 1

const weightedMean = (labels: Labels, value: (row: number) => number): number => {
  let sum = 0
  let weights = 0
  for (let row = 0; row < labels.values.length; row++) {
    const weight = weightOf(labels, row)
    sum += weight * value(row)
    weights += weight
  }
  return sum / weights
}

/** The logarithm, of a share that no row has too: held-out rows may take all of a class. */
const finiteLog = (value: number): number => Math.log(Math.max(value, 1e-12))

/** Half the squared difference. */
const squaredError: Objective = {
  name: 'squared-error',
  outputs: 1,
  unitHessian: true,
  baseline: (labels) => Float64Array.of(weightedMean(labels, (row) => labels.values[row]!)),
  derivatives: (scores, labels, { gradient, hessian }) => {
    const { values, weights } = labels
    for (let row = 0; row < values.length; row++) gradient[row] = scores[row]! - values[row]!
    if (!weights) return
    for (let row = 0; row < values.length; row++) gradient[row]! *= weights[row]!
    hessian.set(weights)
  },
  loss: (scores, labels) =>
    weightedMean(labels, (row) => (scores[row]! - labels.values[row]!) ** 2 / 2),
}

/** Poisson deviance of counts, up to a constant; the score is the logarithm of the mean. */
const poisson: Objective = {
  name: 'poisson',
  outputs: 1,
  unitHessian: false,
  baseline: (labels) =>
    Float64Array.of(finiteLog(weightedMean(labels, (row) => labels.values[row]!))),
  derivatives: (scores, labels, { gradient, hessian }) => {
    for (let row = 0; row < labels.values.length; row++) {
      const weight = weightOf(labels, row)
      const mean = Math.exp(scores[row]!)
      gradient[row] = weight * (mean - labels.values[row]!)
      hessian[row] = weight * mean
    }
  },
  loss: (scores, labels) =>
    weightedMean(labels, (row) => Math.exp(scores[row]!) - labels.values[row]! * scores[row]!),
}

/** Logarithmic loss of two classes; the score is the log odds of class 1. */
const binaryLogloss: Objective = {
  name: 'binary-logloss',
  outputs: 1,
  unitHessian: false,
  baseline: (labels) => {
    const share = weightedMean(labels, (row) => labels.values[row]!)
    return Float64Array.of(finiteLog(share) - finiteLog(1 - share))
  },
  derivatives: (scores, labels, { gradient, hessian }) => {
    const { values, weights } = labels
    for (let row = 0; row < values.length; row++) {
      const weight = weights ? weights[row]! : 1
      const probability = 1 / (1 + Math.exp(-scores[row]!))
      gradient[row] = weight * (probability - values[row]!)
      hessian[row] = weight * probability * (1 - probability)
    }
  },
  loss: (scores, labels) =>
    weightedMean(labels, (row) => {
      const score = scores[row]!
      const wrongWay = labels.values[row] === 1 ? -score : score
      return Math.max(wrongWay, 0) + Math.log1p(Math.exp(-Math.abs(score)))
    }),
}

/** Logarithmic loss of several classes; the scores are unnormalised log probabilities. */
const softmax = (classCount: number): Objective => ({
  name: 'softmax',
  outputs: classCount,
  unitHessian: false,
  baseline: (labels) =>
    Float64Array.from({ length: classCount }, (_, c) =>
      finiteLog(weightedMean(labels, (row) => Number(labels.values[row] === c))),
    ),
  derivatives: (scores, labels, { gradient, hessian }) => {
    const rows = labels.values.length
    for (let row = 0; row < rows; row++) {
      const weight = weightOf(labels, row)
      const logSum = logSumOfExponentials(scores, row, rows)
      for (let c = 0, at = row; c < classCount; c++, at += rows) {
        const probability = Math.exp(scores[at]! - logSum)
        gradient[at] = weight * (probability - Number(labels.values[row] === c))
        hessian[at] = weight * probability * (1 - probability)
      }
    }
  },
  loss: (scores, labels) => {
    const rows = labels.values.length
    return weightedMean(
      labels,
      (row) => logSumOfExponentials(scores, row, rows) - scores[labels.values[row]! * rows + row]!,
    )
  },
})

/** log(sum of exp) over the scores of one row, without overflow. */
export const logSumOfExponentials = (
  scores: Float64Array,
  row: number,
  rowCount: number,
): number => {
  let highest = -Infinity
  for (let at = row; at < scores.length; at += rowCount) highest = Math.max(highest, scores[at]!)
  let sum = 0
  for (let at = row; at < scores.length; at += rowCount) sum += Math.exp(scores[at]! - highest)
  return highest + Math.log(sum)
}
