import { meanOf } from '../numeric/mean.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { sortInPlace } from '../numeric/sort.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { checkRows } from './rows.ts'

/** Errors of numeric predictions, in the unit of the target or its square unless said otherwise. */
export interface RegressionMetrics {
  readonly rows: number
  readonly mae: number
  readonly mse: number
  readonly rmse: number
  readonly medianAbsoluteError: number
  readonly maxError: number
  /** 1 - squared error / variance; null for a single row, 1 or 0 for a constant target. */
  readonly r2: number | null
  /** Share of the variance explained, whatever the bias; 1 for a single row. */
  readonly explainedVariance: number
  /** Mean |error| / |label| (a share, not per cent); labels of 0 count as 2.2e-16. */
  readonly mape: number
  /** Mean of prediction - label. */
  readonly bias: number
  /** Null where a label or prediction is not above -1. */
  readonly msle: number | null
  /** Null unless labels are >= 0 and predictions > 0. */
  readonly poissonDeviance: number | null
  /** Null unless labels and predictions are > 0. */
  readonly gammaDeviance: number | null
}

/** All errors of numeric predictions, rows weighted equally. By definition, in the unit of the target. */
export const regressionMetrics = (
  label: Numbers,
  prediction: Numbers,
): Outcome<RegressionMetrics> => {
  const rows = checkRows({ label, prediction })
  if (rows === 0) return insufficient('regression', 'rows', { have: 0, need: 1 })
  const sums = accumulate(label, prediction)
  const mse = sums.square / rows
  return {
    status: 'ok',
    rows,
    mae: sums.absolute / rows,
    mse,
    rmse: Math.sqrt(mse),
    medianAbsoluteError: medianAbsolute(label, prediction),
    maxError: sums.largest,
    r2: rows < 2 ? null : share(sums.square, sums.labelSquares),
    explainedVariance: share(errorSquares(label, prediction, sums.error / rows), sums.labelSquares),
    mape: sums.relative / rows,
    bias: sums.error / rows,
    msle: sums.isAboveMinusOne ? sums.logSquare / rows : null,
    poissonDeviance: sums.isCount ? (2 * sums.poisson) / rows : null,
    gammaDeviance: sums.isPositive ? (2 * sums.gamma) / rows : null,
  }
}

/**
 * Mean pinball loss of predictions of the `quantile`-quantile of the target. Koenker and Bassett 1978.
 * @throws MlError when lengths differ or a value is not finite.
 */
export const pinballLoss = (label: Numbers, prediction: Numbers, quantile: number): number => {
  const rows = checkRows({ label, prediction })
  let sum = 0
  for (let i = 0; i < rows; i++) {
    const below = label[i]! - prediction[i]!
    sum += below >= 0 ? quantile * below : (quantile - 1) * below
  }
  return sum / rows
}

const EPSILON = Number.EPSILON

const accumulate = (label: Numbers, prediction: Numbers) => {
  const n = label.length
  const mean = meanOf(label)
  const sums = {
    absolute: 0,
    square: 0,
    error: 0,
    largest: 0,
    relative: 0,
    labelSquares: 0,
    logSquare: 0,
    poisson: 0,
    gamma: 0,
    isAboveMinusOne: true,
    isCount: true,
    isPositive: true,
  }
  for (let i = 0; i < n; i++) {
    const [y, p] = [label[i]!, prediction[i]!]
    const error = p - y
    const absolute = Math.abs(error)
    sums.absolute += absolute
    sums.square += error * error
    sums.error += error
    sums.relative += absolute / Math.max(Math.abs(y), EPSILON)
    sums.labelSquares += (y - mean) ** 2
    if (absolute > sums.largest) sums.largest = absolute
    if (y <= -1 || p <= -1) sums.isAboveMinusOne = false
    if (y < 0 || p <= 0) sums.isCount = false
    if (y <= 0 || p <= 0) sums.isPositive = false
    if (sums.isAboveMinusOne) sums.logSquare += (Math.log1p(p) - Math.log1p(y)) ** 2
    if (sums.isCount) sums.poisson += (y > 0 ? y * Math.log(y / p) : 0) - y + p
    if (sums.isPositive) sums.gamma += Math.log(p / y) + y / p - 1
  }
  return sums
}

const share = (unexplained: number, total: number): number =>
  total > 0 ? 1 - unexplained / total : unexplained > 0 ? 0 : 1

/** Sum of the squared deviations of the errors from their mean. */
const errorSquares = (label: Numbers, prediction: Numbers, mean: number): number => {
  let sum = 0
  for (let i = 0; i < label.length; i++) sum += (prediction[i]! - label[i]! - mean) ** 2
  return sum
}

const medianAbsolute = (label: Numbers, prediction: Numbers): number => {
  const errors = Float64Array.from(label, (y, i) => Math.abs(prediction[i]! - y))
  return quantileOfSorted(sortInPlace(errors), 0.5)
}
