import { aucInterval } from '@kaizen/ml/metrics'
import { proportionIntervals } from '@kaizen/ml/sampling'
import type { Actual, Predictions } from '../../evaluation/index.ts'
import type { PerformanceMetric } from '../model.ts'
import { deviation } from './direct-loss.ts'
import { binaryRows } from './estimated.ts'

type Band = readonly [low: number, high: number]

/** Two-sided 95 % of the normal distribution. */
const reach = 1.959963984540054

/**
 * Between which values a metric lies with 95 % confidence for the number of its rows alone: Wilson's interval of a share,
 * DeLong's of the area under the curve, the normal one of means of losses; null for metrics without a customary one.
 */
export function bandOf(
  metric: PerformanceMetric,
  value: number,
  {
    predictions,
    actual,
  }: { readonly predictions: Predictions; readonly actual: readonly Actual[] },
): Band | null {
  if (predictions.task === 'regression') return lossBand(metric, value, predictions.values, actual)
  if (metric === 'accuracy') {
    const { labels } = predictions
    const known = actual.reduce<number>((sum, one) => sum + Number(one !== null), 0)
    const right = actual.reduce<number>(
      (sum, one, row) => sum + Number(one !== null && String(one) === labels[row]),
      0,
    )
    return known > 0 ? proportionIntervals(right, known).wilson : null
  }
  const rows = metric === 'auc' || metric === 'logLoss' ? binaryRows(predictions, actual) : null
  if (!rows || rows.label.length === 0) return null
  if (metric === 'auc') {
    const found = aucInterval(rows.label, rows.score)
    return found.status === 'ok' ? [found.lower, found.upper] : null
  }
  const losses = rows.score.map((score, row) => {
    const probability = Math.min(1 - 1e-15, Math.max(1e-15, score))
    return -Math.log(rows.label[row] === 1 ? probability : 1 - probability)
  })
  return meanBand(value, losses)
}

function lossBand(
  metric: PerformanceMetric,
  value: number,
  values: Float64Array,
  actual: readonly Actual[],
): Band | null {
  if (metric !== 'mae' && metric !== 'rmse' && metric !== 'mape') return null
  const losses: number[] = []
  actual.forEach((truth, row) => {
    const error = typeof truth === 'number' ? values[row]! - truth : Number.NaN
    if (!Number.isFinite(error)) return
    if (metric === 'rmse') losses.push(error * error)
    else if (metric === 'mae') losses.push(Math.abs(error))
    // A share of nothing is no loss.
    else if (truth !== 0) losses.push(Math.abs(error / (truth as number)))
  })
  if (losses.length < 2) return null
  if (metric !== 'rmse') return meanBand(value, Float64Array.from(losses))
  const error = deviation(Float64Array.from(losses)) / Math.sqrt(losses.length)
  // The root of a mean varies by the mean's error over twice the root.
  const standard = error / (2 * Math.max(value, Number.EPSILON))
  return [Math.max(0, value - reach * standard), value + reach * standard]
}

function meanBand(value: number, losses: Float64Array): Band {
  const error = deviation(losses) / Math.sqrt(losses.length)
  return [Math.max(0, value - reach * error), value + reach * error]
}
