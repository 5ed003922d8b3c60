import {
  categoricalColumn,
  type Table as NumberTable,
  numericColumn,
  tableOf,
} from '@kaizen/ml/data'
import { estimateDirectLoss, fitDirectLoss, type RegressionLoss } from '@kaizen/ml/estimation'
import { restoreModel } from '@kaizen/ml/estimators'
import { loggedPredictions } from '../../evaluation/index.ts'
import type { Table } from '../../storage/index.ts'
import type { LoggedPredictions, LossModels, PerformanceMetric, Statistic } from '../model.ts'
import { lacking, statisticOf } from '../statistic.ts'

/** Metrics whose value is a mean of losses of rows, which a model can learn to foresee. */
const estimable = ['mae', 'rmse', 'mape'] as const satisfies readonly (PerformanceMetric &
  RegressionLoss)[]
type EstimableLoss = (typeof estimable)[number]
const isEstimable = (metric: PerformanceMetric): metric is EstimableLoss =>
  estimable.some((one) => one === metric)

/** Labelled rows that learning takes at least, and at most: the newest ones. */
const leastRows = 200
const mostRows = 20_000
/** Two-sided 95 % of the normal distribution. */
const reach = 1.959963984540054

/** Learns from labelled rows what the error of a row will be; null where they are few, or the answers are no numbers. */
export function lossModelsOf(rows: LoggedPredictions): LossModels | null {
  const predictions = loggedPredictions(rows.outputs)
  if (predictions.task !== 'regression') return null
  const labelled = rows.actual.flatMap((actual, row) =>
    typeof actual === 'number' &&
    Number.isFinite(actual) &&
    Number.isFinite(predictions.values[row])
      ? [row]
      : [],
  )
  if (labelled.length < leastRows) return null
  const taken = labelled.slice(-mostRows)
  const features = featuresOf(rows.inputs, taken)
  const prediction = Float64Array.from(taken, (row) => predictions.values[row]!)
  const label = Float64Array.from(taken, (row) => rows.actual[row] as number)
  const learned = (metric: EstimableLoss) => {
    const losses = label.map((y, row) => lossOf(metric, y, prediction[row]!))
    const state = fitDirectLoss(features, { prediction, label }, metric).toJSON()
    return { state, spread: deviation(losses) }
  }
  return {
    rows: taken.length,
    models: { mae: learned('mae'), rmse: learned('rmse'), mape: learned('mape') },
  }
}

/**
 * What the error should be by a model of each row's loss, without a single label: direct loss estimation (DLE). It holds
 * while only the inputs shift; a changed relation of inputs and truth it cannot see.
 */
export function lossEstimates(
  loss: LossModels | null | undefined,
  rows: LoggedPredictions,
  declared: { readonly metrics: readonly PerformanceMetric[]; readonly minSamples: number },
): readonly Statistic[] {
  const predictions = loggedPredictions(rows.outputs)
  if (!loss || predictions.task !== 'regression') return []
  const answered = Array.from(predictions.values.keys()).filter((row) =>
    Number.isFinite(predictions.values[row]),
  )
  const features = answered.length > 0 ? featuresOf(rows.inputs, answered) : null
  const prediction = Float64Array.from(answered, (row) => predictions.values[row]!)
  return declared.metrics.filter(isEstimable).map((metric) => {
    const named = { metric: `estimated:${metric}`, method: 'dle', rows: answered.length }
    if (!features || answered.length < declared.minSamples) {
      const have = answered.length
      return lacking(named, { have, need: declared.minSamples, of: 'answered rows' })
    }
    const { state, spread } = loss.models[metric]
    const absent = state.features.find(
      ({ name }) => !features.columns.some((column) => column.name === name) && !isOwn(name),
    )
    if (absent) return statisticOf({ ...named, value: null, note: `the rows lack ${absent.name}` })
    const value = estimateDirectLoss(restoreModel(state), features, { prediction, metric })
    const error = spread / Math.sqrt(answered.length)
    // The root of a mean varies by the mean's error over twice the root.
    const standard = metric === 'rmse' ? error / (2 * Math.max(value, Number.EPSILON)) : error
    return statisticOf({
      ...named,
      value,
      band: [Math.max(0, value - reach * standard), value + reach * standard],
      note: `learned on ${loss.rows} labelled rows`,
    })
  })
}

/** The column that the estimation adds itself. */
const isOwn = (name: string): boolean => name === 'prediction of the model'

function lossOf(metric: EstimableLoss, label: number, prediction: number): number {
  const error = prediction - label
  if (metric === 'rmse') return error * error
  const size = Math.abs(error)
  return metric === 'mae' ? size : size / Math.max(Math.abs(label), Number.EPSILON)
}

/** With divisor n. */
export function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}

function featuresOf(inputs: Table, rows: readonly number[]): NumberTable {
  return tableOf(
    inputs.columns.map((column) =>
      column.values instanceof Float64Array
        ? numericColumn(
            column.name,
            Float64Array.from(rows, (row) => {
              const value = column.values[row] as number
              return Number.isFinite(value) ? value : Number.NaN
            }),
          )
        : categoricalColumn(
            column.name,
            rows.map((row) => {
              const value = column.values[row]
              return value === null || value === undefined ? null : String(value)
            }),
          ),
    ),
  )
}
