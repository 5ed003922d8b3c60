import { type PerformanceMetric, performanceMetrics } from '@kaizen/contracts'
import {
  areProbabilities,
  binaryRankingMetrics,
  binaryThresholdMetrics,
  probabilityLoss,
  regressionMetrics,
} from '@kaizen/ml/metrics'
import type { Actual, MetricValues, Predictions } from './model.ts'

/** Metrics that make sense for what a model answers. */
export const metricsOf = (task: Predictions['task']): readonly PerformanceMetric[] =>
  performanceMetrics.filter(
    (metric) => ['mae', 'rmse', 'mape', 'r2'].includes(metric) === (task === 'regression'),
  )

/** Predictions and truth of the rows that have both, as numbers that metrics are made of. */
export type Scored =
  | {
      readonly task: 'regression'
      /** Row numbers in the input. */
      readonly rows: Int32Array
      readonly actual: Float64Array
      readonly predicted: Float64Array
    }
  | {
      readonly task: 'classification'
      readonly rows: Int32Array
      /** 1 where the predicted label is the true one. */
      readonly hit: Float64Array
      /** For two classes: 1 where the truth, or the predicted label, is the second one; null for more classes. */
      readonly binary: {
        readonly actual: Float64Array
        readonly predicted: Float64Array
        readonly probability: Float64Array | null
      } | null
    }

/** Keeps the rows that can be judged: those with a truth and a usable answer. */
export function pair(predictions: Predictions, actuals: readonly Actual[]): Scored {
  if (predictions.task === 'regression') {
    const truths = Float64Array.from(actuals, numberOf)
    const rows = rowsWhere(
      actuals.length,
      (row) => Number.isFinite(truths[row]) && Number.isFinite(predictions.values[row]),
    )
    return {
      task: 'regression',
      rows,
      actual: Float64Array.from(rows, (row) => truths[row]!),
      predicted: Float64Array.from(rows, (row) => predictions.values[row]!),
    }
  }
  const { labels, probabilities } = predictions
  const truths = actuals.map((actual) => (actual === null ? null : labelOf(actual)))
  const rows = rowsWhere(actuals.length, (row) => truths[row] !== null)
  const classes = [...new Set([...labels, ...truths.filter((truth) => truth !== null)])].sort()
  const second = classes[1]
  return {
    task: 'classification',
    rows,
    hit: Float64Array.from(rows, (row) => (labels[row] === truths[row] ? 1 : 0)),
    binary:
      classes.length > 2
        ? null
        : {
            actual: Float64Array.from(rows, (row) => (truths[row] === second ? 1 : 0)),
            predicted: Float64Array.from(rows, (row) => (labels[row] === second ? 1 : 0)),
            probability: probabilities && Float64Array.from(rows, (row) => probabilities[row]!),
          },
  }
}

/**
 * Metrics of predictions against the truth, over the rows that have both. A metric is null where the rows do not
 * define it: no row at all, one class only, or a metric of another task.
 */
export function evaluate(
  predictions: Predictions,
  actuals: readonly Actual[],
  metrics: readonly PerformanceMetric[] = metricsOf(predictions.task),
): { readonly rows: number; readonly values: MetricValues } {
  const scored = pair(predictions, actuals)
  const all = valuesOf(scored)
  const values = Object.fromEntries(metrics.map((metric) => [metric, all[metric] ?? null]))
  return { rows: scored.rows.length, values }
}

function valuesOf(scored: Scored): MetricValues {
  if (scored.rows.length === 0) return {}
  if (scored.task === 'regression') {
    const found = regressionMetrics(scored.actual, scored.predicted)
    if (found.status !== 'ok') return {}
    return { mae: found.mae, rmse: found.rmse, mape: found.mape, r2: found.r2 }
  }
  const accuracy = scored.hit.reduce((sum, hit) => sum + hit, 0) / scored.hit.length
  if (!scored.binary) return { accuracy }
  const { actual, predicted, probability } = scored.binary
  const decided = binaryThresholdMetrics(actual, predicted)
  const ranked = probability && binaryRankingMetrics(actual, probability)
  // A score that is no probability ranks rows, but has no likelihood.
  const loss =
    probability && areProbabilities(probability) ? probabilityLoss(actual, probability) : undefined
  return {
    accuracy,
    f1: decided.status === 'ok' ? decided.f1 : null,
    auc: ranked?.status === 'ok' ? ranked.rocAuc : null,
    logLoss: loss?.status === 'ok' ? loss.logLoss : null,
  }
}

const numberOf = (actual: Actual): number =>
  typeof actual === 'number' ? actual : typeof actual === 'boolean' ? Number(actual) : Number.NaN

/** Labels as the models write them: booleans are the classes 0 and 1. */
const labelOf = (actual: number | string | boolean): string =>
  typeof actual === 'boolean' ? String(Number(actual)) : String(actual)

function rowsWhere(count: number, keep: (row: number) => boolean): Int32Array {
  const rows: number[] = []
  for (let row = 0; row < count; row++) if (keep(row)) rows.push(row)
  return Int32Array.from(rows)
}
