import { binaryRankingMetrics } from '../metrics/binary-ranking.ts'
import { confusionMetrics } from '../metrics/binary-threshold.ts'
import { applyIsotonic, fitIsotonic, type IsotonicFit } from '../metrics/isotonic.ts'
import { checkRows } from '../metrics/rows.ts'
import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { type EstimatedMetric, expectedConfusion, expectedRanking } from './expected-performance.ts'
import { plainSamplingError, samplingError } from './sampling-error.ts'

/** Metrics of several classes: accuracy, and means over classes of one against the rest. */
export type MulticlassEstimatedMetric = Exclude<EstimatedMetric, 'average_precision'>

export interface MulticlassCbpeReference {
  readonly metric: MulticlassEstimatedMetric
  /** By class. */
  readonly calibrations: readonly (IsotonicFit | null)[]
  readonly samplingError: number
  readonly rows: number
}

/** Areas of one class against the rest go together, which their single errors do not know: NannyML widens them by a fifth. */
const DEPENDENCE = 1.2

/**
 * Learns from reference rows: labels as class indices, one column of probabilities a class. NannyML's documentation, one
 * class against the rest.
 * @throws MlError when lengths differ or there are fewer than two classes.
 */
export const fitMulticlassCbpe = (
  label: Numbers,
  probabilities: readonly Numbers[],
  options: {
    readonly metric: MulticlassEstimatedMetric
    readonly chunkSize: number
    readonly calibrate: readonly boolean[]
  },
): Outcome<MulticlassCbpeReference> => {
  const rows = checkColumns(probabilities, label)
  if (rows < 2) return insufficient('cbpe', 'reference rows', { have: rows, need: 2 })
  const { metric, chunkSize, calibrate } = options
  const predicted = mostProbable(probabilities)
  const errors = probabilities.map((score, k) =>
    plainSamplingError(
      metric,
      { label: isClass(label, k), isPredicted: isClass(predicted, k), score },
      chunkSize,
    ),
  )
  const isRight = Float64Array.from(label, (y, i) => (y === predicted[i] ? 1 : 0))
  const ones = isRight.map(() => 1)
  const whole = { label: isRight, isPredicted: ones, score: ones }
  return {
    status: 'ok',
    metric,
    rows,
    calibrations: probabilities.map((score, k) =>
      calibrate[k] ? fitIsotonic(score, isClass(label, k)) : null,
    ),
    samplingError:
      metric === 'accuracy'
        ? samplingError('accuracy', whole, chunkSize)
        : (Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0)) / errors.length) *
          (metric === 'roc_auc' ? DEPENDENCE : 1),
  }
}

/** Estimates the metric of rows without labels from their probabilities. */
export const estimateMulticlassCbpe = (
  { metric, calibrations }: MulticlassCbpeReference,
  probabilities: readonly Numbers[],
): number => {
  checkColumns(probabilities)
  const predicted = mostProbable(probabilities)
  const calibrated = normalised(
    probabilities.map((score, k) => {
      const calibration = calibrations[k]
      return calibration ? applyIsotonic(calibration, score) : Float64Array.from(score)
    }),
  )
  if (metric === 'accuracy') {
    let sum = 0
    predicted.forEach((k, row) => {
      sum += calibrated[k]![row]!
    })
    return sum / predicted.length
  }
  return meanOver(probabilities, (score, k) => {
    if (metric === 'roc_auc') return expectedRanking(calibrated[k]!, score).rocAuc
    const confusion = expectedConfusion(isClass(predicted, k), calibrated[k]!)
    return confusionMetrics(confusion)[metric] ?? Number.NaN
  })
}

/** The metric of rows with labels (class indices) and a column of probabilities a class. @throws MlError when lengths differ. */
export const realizedMulticlassMetric = (
  metric: MulticlassEstimatedMetric,
  label: Numbers,
  probabilities: readonly Numbers[],
): number => {
  checkColumns(probabilities, label)
  const predicted = mostProbable(probabilities)
  if (metric === 'accuracy') {
    let right = 0
    predicted.forEach((k, row) => {
      if (k === label[row]) right++
    })
    return right / predicted.length
  }
  return meanOver(probabilities, (score, k) => {
    const truth = isClass(label, k)
    if (metric === 'roc_auc') {
      const ranking = binaryRankingMetrics(truth, score)
      return ranking.status === 'ok' ? ranking.rocAuc : Number.NaN
    }
    return confusionMetrics(expectedConfusion(isClass(predicted, k), truth))[metric] ?? Number.NaN
  })
}

const checkColumns = (probabilities: readonly Numbers[], label?: Numbers): number => {
  if (probabilities.length < 2) {
    throw new MlError(
      'invalid_input',
      `there are ${probabilities.length} columns of probabilities`,
      'give one for each class, at least two',
    )
  }
  const named = probabilities.map((column, k) => [`class ${k}`, column] as const)
  return checkRows({ ...Object.fromEntries(named), label })
}

const isClass = (classes: Numbers, k: number): Float64Array =>
  Float64Array.from(classes, (index) => (index === k ? 1 : 0))

const mostProbable = (probabilities: readonly Numbers[]): Int32Array =>
  Int32Array.from(probabilities[0]!, (_, row) => {
    let best = 0
    probabilities.forEach((column, k) => {
      if (column[row]! > probabilities[best]![row]!) best = k
    })
    return best
  })

const normalised = (columns: readonly Float64Array[]): Float64Array[] => {
  const totals = columns[0]!.map((_, row) => columns.reduce((sum, c) => sum + c[row]!, 0))
  return columns.map((column) =>
    column.map((value, row) => (totals[row]! > 0 ? value / totals[row]! : 1 / columns.length)),
  )
}

const meanOver = (
  columns: readonly Numbers[],
  figure: (column: Numbers, k: number) => number,
): number => columns.reduce((sum, column, k) => sum + figure(column, k), 0) / columns.length
