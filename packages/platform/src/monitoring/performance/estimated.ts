import { type EstimatedMetric, expectedMetric, samplingError } from '@kaizen/ml/estimation'
import {
  applyIsotonic,
  areProbabilities,
  calibrationError,
  type IsotonicFit,
} from '@kaizen/ml/metrics'
import type { Actual, Predictions } from '../../evaluation/index.ts'
import type { Calibration, PerformanceMetric, Sampling, Statistic } from '../model.ts'
import { lacking, statisticOf } from '../statistic.ts'

/** Metrics that can be told from probabilities alone, and what the estimation calls them. */
const estimable: Readonly<Partial<Record<PerformanceMetric, EstimatedMetric>>> = {
  accuracy: 'accuracy',
  f1: 'f1',
  auc: 'roc_auc',
}
const calibrationCells = 10
/** Fewer labelled rows tell nothing of how figures spread. */
const samplingRows = 100

export interface EstimateInput {
  readonly predictions: Predictions
  readonly metrics: readonly PerformanceMetric[]
  readonly minSamples: number
  /** Learned on labelled rows of the reference; null takes the model's probabilities as they are. */
  readonly calibration: Calibration | null
  readonly sampling: Sampling | null
}

/**
 * What the metrics should be by the model's own probabilities, without a single label: confidence-based estimation
 * (CBPE). It holds while only the inputs shift; a changed relation of inputs and truth it cannot see.
 */
export function estimatesOf(input: EstimateInput): readonly Statistic[] {
  const { predictions, metrics, minSamples, calibration, sampling } = input
  if (predictions.task !== 'classification' || !predictions.probabilities) return []
  const score = predictions.probabilities.filter(Number.isFinite)
  const probability = calibration ? applyIsotonic(isotonicOf(calibration), score) : score
  const isPredicted = score.map((value) => Number(value >= 0.5))
  const note = calibration
    ? `calibrated on ${calibration.rows} labelled rows`
    : 'by the probabilities as the model gives them, not calibrated'
  return metrics.flatMap((metric) => {
    const name = estimable[metric]
    if (!name) return []
    const named = { metric: `estimated:${metric}`, method: 'cbpe', rows: score.length }
    if (score.length < minSamples)
      return [lacking(named, { have: score.length, need: minSamples, of: 'rows' })]
    const value = expectedMetric(name, { isPredicted, probability, score })
    if (Number.isNaN(value)) return [statisticOf({ ...named, value })]
    const band = sampledBand(value, sampling?.[name], score.length)
    return [statisticOf({ ...named, value, band, note })]
  })
}

/** Two-sided 95 % of the normal distribution. */
const reach = 1.959963984540054

const sampledBand = (value: number, error: number | undefined, rows: number) =>
  error === undefined
    ? null
    : ([
        Math.max(0, value - (reach * error) / Math.sqrt(rows)),
        Math.min(1, value + (reach * error) / Math.sqrt(rows)),
      ] as const)

/** By metric what a single labelled row contributes of spread; null where labels are few or the answers no scores. */
export function samplingOf(predictions: Predictions, actual: readonly Actual[]): Sampling | null {
  const rows = binaryRows(predictions, actual)
  if (!rows || rows.label.length < samplingRows) return null
  const { label, score } = rows
  const isPredicted = score.map((value) => Number(value >= 0.5))
  return Object.fromEntries(
    Object.values(estimable).flatMap((metric) => {
      const error = samplingError(metric, { label, isPredicted, score }, 1)
      return Number.isFinite(error) ? [[metric, error]] : []
    }),
  )
}

/** How far probabilities are from the frequencies that came true. */
export function calibrationOf(
  predictions: Predictions,
  actual: readonly Actual[],
  minSamples: number,
): readonly Statistic[] {
  const rows = binaryRows(predictions, actual)
  if (!rows) return []
  const named = {
    metric: 'calibration:error',
    method: 'expected-calibration-error',
    rows: rows.label.length,
  }
  if (rows.label.length < minSamples) {
    const have = rows.label.length
    return [lacking(named, { have, need: minSamples, of: 'labelled rows' })]
  }
  if (!areProbabilities(rows.score)) return [statisticOf({ ...named, value: null })]
  const found = calibrationError(rows.label, rows.score, calibrationCells)
  return [statisticOf({ ...named, value: found.status === 'ok' ? found.ece : null })]
}

/** Truth as 0 and 1 with the probability of 1, of the rows that have both; null where the answers have none. */
export function binaryRows(
  predictions: Predictions,
  actual: readonly Actual[],
): { readonly label: Float64Array; readonly score: Float64Array } | null {
  if (predictions.task !== 'classification' || !predictions.probabilities) return null
  const { labels, probabilities } = predictions
  const truths = actual.map((one) => (one === null ? null : String(one)))
  const classes = [...new Set([...labels, ...truths])].filter((name) => name !== null).sort()
  if (classes.length > 2) return null
  const rows = truths.flatMap((truth, row) =>
    truth !== null && Number.isFinite(probabilities[row]) ? [row] : [],
  )
  return {
    label: Float64Array.from(rows, (row) => Number(truths[row] === classes[1])),
    score: Float64Array.from(rows, (row) => probabilities[row]!),
  }
}

const isotonicOf = ({ knots, values }: Calibration): IsotonicFit => ({
  knots: Float64Array.from(knots),
  values: Float64Array.from(values),
})
