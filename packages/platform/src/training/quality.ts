import { columnOf, type Table } from '@kaizen/ml/data'
import type { FittedModel } from '@kaizen/ml/estimators'
import { binaryRankingMetrics, regressionMetrics } from '@kaizen/ml/metrics'

/** Values of metrics by name; what the rows do not define is absent. */
export type Quality = Readonly<Record<string, number>>

/** The metric by which a model of a task is judged first. */
export const lossOf = { regression: 'rmse', classification: 'logLoss' } as const

/** How good a model is on rows with a target. */
export function qualityOf(model: FittedModel, table: Table): Quality {
  const prediction = model.predict(table)
  const target = columnOf(table, model.target)
  if (prediction.task === 'regression') {
    const labels = target.kind === 'numeric' ? target.values : new Float64Array()
    const metrics = regressionMetrics(labels, prediction.values)
    if (metrics.status !== 'ok') return {}
    const { mae, rmse, medianAbsoluteError, mape, bias, r2 } = metrics
    return defined({ mae, rmse, medianAbsoluteError, mape, bias, r2 })
  }
  const classes = prediction.classes.map(String)
  const labels =
    target.kind === 'categorical'
      ? Array.from(target.codes, (code) => target.dictionary[code] ?? '')
      : Array.from(target.values, String)
  return classQuality(labels, classes, prediction)
}

function classQuality(
  labels: readonly string[],
  classes: readonly string[],
  prediction: { readonly labels: Int32Array; readonly probabilities: Float64Array },
): Quality {
  const rows = labels.length
  if (rows === 0) return {}
  let hits = 0
  let loss = 0
  labels.forEach((label, row) => {
    const index = classes.indexOf(label)
    if (prediction.labels[row] === index) hits++
    // A class that training never saw has probability 0.
    const probability = prediction.probabilities[row * classes.length + index] ?? 0
    loss -= Math.log(Math.max(probability, Number.EPSILON))
  })
  return defined({
    accuracy: hits / rows,
    logLoss: loss / rows,
    auc: classes.length === 2 ? areaUnderCurve(labels, classes, prediction.probabilities) : null,
  })
}

function areaUnderCurve(
  labels: readonly string[],
  classes: readonly string[],
  probabilities: Float64Array,
): number | null {
  const positive = Float64Array.from(labels, (label) => (label === classes[1] ? 1 : 0))
  const scores = Float64Array.from(labels, (_, row) => probabilities[row * 2 + 1] ?? 0)
  const ranking = binaryRankingMetrics(positive, scores)
  return ranking.status === 'ok' ? ranking.rocAuc : null
}

const defined = (metrics: Readonly<Record<string, number | null>>): Quality =>
  Object.fromEntries(
    Object.entries(metrics).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  )
