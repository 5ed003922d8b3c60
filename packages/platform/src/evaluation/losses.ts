import type { PerformanceMetric } from '@kaizen/contracts'
import { binaryLogLoss } from '@kaizen/ml/metrics'
import type { Scored } from './metrics.ts'

/**
 * A metric as a mean over rows, which is what can be resampled. Metrics that are no mean are judged by the loss that
 * they follow: r2 by squared errors, f1 by wrong labels, auc by log loss.
 */
interface RowLoss {
  /** In words, for the reasons of a decision. */
  readonly name: string
  readonly of: (scored: Scored) => Float64Array | null
  /** Improvement as a share of the champion's value, from the champion's mean loss and the difference of mean losses. */
  readonly share: (championLoss: number, difference: number) => number
}

const divided = (championLoss: number, difference: number): number =>
  championLoss > 0 ? difference / championLoss : Math.sign(difference)

const regressionLoss =
  (loss: (error: number, actual: number) => number) =>
  (scored: Scored): Float64Array | null =>
    scored.task === 'regression'
      ? scored.actual.map((actual, row) => loss(scored.predicted[row]! - actual, actual))
      : null

const absolute: RowLoss = {
  name: 'absolute error',
  of: regressionLoss((error) => Math.abs(error)),
  share: divided,
}
const relative: RowLoss = {
  name: 'relative error',
  of: regressionLoss(
    (error, actual) => Math.abs(error) / Math.max(Math.abs(actual), Number.EPSILON),
  ),
  share: divided,
}
const squared: RowLoss = {
  name: 'squared error',
  of: regressionLoss((error) => error * error),
  // A share of the root, so that it reads as a share of the RMSE.
  share: (championLoss, difference) => {
    const rest = 1 - divided(championLoss, difference)
    return 1 - Math.sqrt(Math.max(0, rest))
  },
}
const wrongLabel: RowLoss = {
  name: 'wrong labels',
  of: (scored) => (scored.task === 'classification' ? scored.hit.map((hit) => 1 - hit) : null),
  // A share of the accuracy, not of the error rate.
  share: (championLoss, difference) =>
    championLoss < 1 ? difference / (1 - championLoss) : Math.sign(difference),
}
const logarithmic: RowLoss = {
  name: 'log loss',
  of: (scored) => {
    if (scored.task !== 'classification' || !scored.binary?.probability) return null
    const { actual, probability } = scored.binary
    return actual.map((label, row) => binaryLogLoss(label, probability[row]!))
  },
  share: divided,
}

export const rowLosses: Readonly<Record<PerformanceMetric, RowLoss>> = {
  mae: absolute,
  mape: relative,
  rmse: squared,
  r2: squared,
  accuracy: wrongLabel,
  f1: wrongLabel,
  auc: logarithmic,
  logLoss: logarithmic,
}
