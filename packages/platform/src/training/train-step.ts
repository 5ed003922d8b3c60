import { tmpdir } from 'node:os'
import type { JsonValue, ModelSignature } from '@kaizen/contracts'
import { KaizenError } from '@kaizen/contracts/errors'
import { columnOf, numericColumn, type Table, tableOf, takeRows } from '@kaizen/ml/data'
import { type FittedModel, fitModel } from '@kaizen/ml/estimators'
import { MlError } from '@kaizen/ml/ml-error'
import { metric, model, step, table, value } from '@kaizen/sdk'
import { parseTrainOptions, type TrainOptions } from './options.ts'
import { lossOf, type Quality, qualityOf } from './quality.ts'
import { type OpenLake, readTrainingRows, type TrainingRows } from './rows.ts'

/** Fewer rows than this teach nothing, and measure nothing. */
const fewestRows = 10

/** The built-in step that trains a model on the rows of a table and writes it as one ONNX graph. */
export const createTrainStep = (openLake: OpenLake) =>
  step('train', {
    in: { data: table() },
    out: {
      model: model(),
      metrics: value<JsonValue>(),
      loss: metric(),
      featureImportance: value<JsonValue>(),
      signature: value<JsonValue>(),
    },
    run: async ({ data, ...given }, { seed, logMetric, logParam }) => {
      const options = parseTrainOptions(given)
      const rows = await readTrainingRows(data.path, options, openLake)
      const { fitted, quality, summary } = train(rows, options, seed)
      console.log(summary)
      for (const [name, measured] of Object.entries(quality)) logMetric(name, measured)
      for (const [tree, loss] of fitted.training.validationLoss.entries())
        logMetric('validationLoss', loss, tree)
      logParam('method', options.method)
      logParam('target', options.target)
      for (const [name, option] of Object.entries(options.own)) logParam(name, textOf(option))
      return {
        model: fitted.toOnnx(),
        metrics: { ...quality, rows: rows.table.rowCount },
        loss: quality[lossOf[fitted.task]] ?? 0,
        featureImportance: fitted.featureImportance().map((share) => ({ ...share })),
        signature: signatureOf(fitted),
      }
    },
  })

export interface TrainedModel {
  readonly fitted: FittedModel
  /** On the last rows, by a model that had not seen them; on the training rows themselves where none are set apart. */
  readonly quality: Quality
  /** One line for the log. */
  readonly summary: string
}

/** Measures the method on the last rows, then trains on all. @throws INVALID_DATA, INVALID_REQUEST */
export function train(rows: TrainingRows, options: TrainOptions, seed: number): TrainedModel {
  const { table: all } = rows
  checkTarget(all, options.target)
  if (all.rowCount < fewestRows) {
    throw new KaizenError(
      'INVALID_DATA',
      `there are ${all.rowCount} rows to train on; at least ${fewestRows} are needed`,
      { hint: 'Take a longer window of the dataset.' },
    )
  }
  const learn = (part: Table): FittedModel => fitRows(part, rows, options, seed)
  const measured = Math.floor(all.rowCount * options.validation)
  const split = all.rowCount - measured
  const fitted = learn(all)
  const quality =
    measured === 0
      ? qualityOf(fitted, all)
      : qualityOf(learn(range(all, 0, split)), range(all, split, all.rowCount))
  const loss = lossOf[fitted.task]
  const where = measured === 0 ? 'the rows it was trained on' : `the last ${measured}`
  const summary =
    `trained ${options.method} on ${all.rowCount} rows and ${rows.features.length} features; ` +
    `${loss} ${quality[loss]?.toPrecision(5) ?? 'unknown'} on ${where}`
  return { fitted, quality, summary }
}

function fitRows(
  table: Table,
  { features, columnTypes }: TrainingRows,
  options: TrainOptions,
  seed: number,
): FittedModel {
  const isGradientBoosting = options.method === 'gradient-boosting'
  const objective = isGradientBoosting ? objectiveOf(table, columnTypes, options) : undefined
  try {
    return fitModel({
      trainer: options.method,
      table,
      target: options.target,
      options: {
        features,
        ...(options.weight === undefined ? {} : { weightColumn: options.weight }),
        ...(objective === undefined ? {} : { objective }),
        ...(isGradientBoosting ? { seed } : {}),
        ...options.own,
      },
    })
  } catch (failure) {
    if (!(failure instanceof MlError)) throw failure
    const code = failure.code === 'invalid_option' ? 'INVALID_REQUEST' : 'INVALID_DATA'
    throw new KaizenError(code, failure.message, { hint: failure.hint, cause: failure })
  }
}

/** Numbers are classes where the task says so, and truth values always are. */
function objectiveOf(
  table: Table,
  types: TrainingRows['columnTypes'],
  { target, task }: TrainOptions,
): string | undefined {
  const column = columnOf(table, target)
  const isClass = task === 'classification' || (!task && types.get(target) === 'boolean')
  if (column.kind !== 'numeric' || !isClass) return undefined
  return new Set(column.values).size === 2 ? 'binary-logloss' : 'softmax'
}

function checkTarget(table: Table, target: string): void {
  const column = columnOf(table, target)
  const missing =
    column.kind === 'numeric'
      ? column.values.filter((label) => !Number.isFinite(label)).length
      : column.codes.filter((code) => code < 0).length
  if (missing === 0) return
  throw new KaizenError(
    'INVALID_DATA',
    `the target "${target}" is missing or not a number in ${missing} of ${table.rowCount} rows`,
    { hint: `Keep such rows out with expect: { ${target}: present } on the dataset.` },
  )
}

const range = (table: Table, from: number, to: number): Table =>
  takeRows(
    table,
    Int32Array.from({ length: to - from }, (_, index) => from + index),
  )

/** The model's inputs and outputs as tensors of the Open Inference Protocol. */
function signatureOf({ features, task, classes }: FittedModel): ModelSignature {
  const inputs = features.map(({ name, kind }) => ({
    name,
    datatype: kind === 'numeric' ? 'FP32' : 'BYTES',
    shape: [-1, 1],
  }))
  if (task === 'regression')
    return { inputs, outputs: [{ name: 'variable', datatype: 'FP32', shape: [-1, 1] }] }
  const label = typeof classes?.[0] === 'number' ? 'INT64' : 'BYTES'
  return {
    inputs,
    outputs: [
      { name: 'label', datatype: label, shape: [-1] },
      { name: 'probabilities', datatype: 'FP32', shape: [-1, classes?.length ?? 0] },
    ],
  }
}

const textOf = (option: unknown): string =>
  typeof option === 'string' ? option : JSON.stringify(option)

/** Loads the analytics engine and has the trainer compiled, so that the step finds both ready. */
export async function warmUp(openLake: OpenLake): Promise<void> {
  const lake = openLake(tmpdir())
  await lake.query('SELECT 1')
  await lake.close()
  const y = Float64Array.from({ length: 500 }, (_, row) => Math.sin(row))
  const practice = tableOf([numericColumn('x', y.toReversed()), numericColumn('y', y)])
  fitModel({
    trainer: 'gradient-boosting',
    table: practice,
    target: 'y',
    options: { iterations: 5 },
  }).toOnnx()
}
