import { numericColumn } from '../data/column.ts'
import { type Table, tableOf } from '../data/table.ts'
import type { FittedModel } from '../estimators/estimator.ts'
import { checkRows } from '../metrics/rows.ts'
import { MlError } from '../ml-error.ts'
import { meanOf } from '../numeric/mean.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { finiteOutcome, insufficient, type Outcome } from '../outcome.ts'
import { gradientBoosting } from '../trees/gradient-boosting.ts'

export const REGRESSION_LOSSES = ['mae', 'mape', 'mse', 'rmse', 'msle', 'rmsle'] as const
export type RegressionLoss = (typeof REGRESSION_LOSSES)[number]

const LOSS = 'loss of the row'
const PREDICTION = 'prediction of the model'

/**
 * Learns to predict the loss of each row from features and prediction (direct loss estimation, NannyML
 * documentation): what a regression model's error will be, without labels.
 * @throws MlError when lengths differ or a value is not finite.
 */
export const fitDirectLoss = (
  features: Table,
  rows: { readonly prediction: Numbers; readonly label: Numbers },
  metric: RegressionLoss,
): FittedModel => {
  checkRows(rows)
  const losses = Float64Array.from(rows.label, (y, i) => rowLoss(metric, y, rows.prediction[i]!))
  const table = withColumns(features, { [PREDICTION]: rows.prediction, [LOSS]: losses })
  return gradientBoosting.fit(table, LOSS)
}

/** The estimated loss of rows without labels, in the unit of the metric. @throws MlError when lengths differ. */
export const estimateDirectLoss = (
  model: FittedModel,
  features: Table,
  { prediction, metric }: { readonly prediction: Numbers; readonly metric: RegressionLoss },
): number => {
  const result = model.predict(withColumns(features, { [PREDICTION]: prediction }))
  if (result.task !== 'regression') {
    throw new MlError(
      'invalid_input',
      'the loss model is no regression',
      'fit it with fitDirectLoss',
    )
  }
  const mean = result.values.reduce((sum, loss) => sum + loss, 0) / result.values.length
  return isRoot(metric) ? Math.sqrt(Math.max(0, mean)) : mean
}

/**
 * The standard error of the metric over `rows` rows, in the unit of the metric, from labelled rows: the deviation (divisor n) of
 * their losses over the root of `rows`; of a root by the delta method. What lies within three of these is chance.
 * @throws MlError when lengths differ or a value is not finite.
 */
export const directLossSamplingError = (
  metric: RegressionLoss,
  { label, prediction }: { readonly label: Numbers; readonly prediction: Numbers },
  rows: number,
): Outcome<{ readonly samplingError: number }> => {
  const have = checkRows({ label, prediction })
  if (have < 2 || rows < 1) return insufficient('dle', 'labelled rows', { have, need: 2 })
  const losses = Float64Array.from(label, (y, i) => rowLoss(metric, y, prediction[i]!))
  const mean = meanOf(losses)
  const squares = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0)
  const ofMean = Math.sqrt(squares / have / rows)
  const samplingError = isRoot(metric) && mean > 0 ? ofMean / (2 * Math.sqrt(mean)) : ofMean
  return finiteOutcome('dle', [samplingError], { status: 'ok', samplingError })
}

/** The loss of rows with labels. */
export const realizedLoss = (
  metric: RegressionLoss,
  label: Numbers,
  prediction: Numbers,
): number => {
  const rows = checkRows({ label, prediction })
  if (rows === 0) return Number.NaN
  let sum = 0
  for (let i = 0; i < rows; i++) sum += rowLoss(metric, label[i]!, prediction[i]!)
  return isRoot(metric) ? Math.sqrt(sum / rows) : sum / rows
}

const isRoot = (metric: RegressionLoss): boolean => metric === 'rmse' || metric === 'rmsle'

const rowLoss = (metric: RegressionLoss, label: number, prediction: number): number => {
  const error = prediction - label
  switch (metric) {
    case 'mae':
      return Math.abs(error)
    case 'mape':
      return Math.abs(error) / Math.max(Math.abs(label), Number.EPSILON)
    case 'mse':
    case 'rmse':
      return error * error
    case 'msle':
    case 'rmsle':
      return logSquare(label, prediction)
  }
}

const logSquare = (label: number, prediction: number): number => {
  if (label > -1 && prediction > -1) return (Math.log1p(prediction) - Math.log1p(label)) ** 2
  throw new MlError(
    'invalid_input',
    `label ${label} or prediction ${prediction} is not above -1`,
    'use a loss without logarithms',
  )
}

const withColumns = (table: Table, added: Readonly<Record<string, Numbers>>): Table =>
  tableOf([
    ...table.columns,
    ...Object.entries(added).map(([name, values]) =>
      numericColumn(name, Float64Array.from(values)),
    ),
  ])
