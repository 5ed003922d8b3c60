import { KaizenError, type TensorSpec } from '@kaizen/contracts'
import {
  allocate,
  type Datatype,
  type LoadedModel,
  type Tensor,
  type TensorData,
  type Tensors,
} from '../runtime/index.ts'
import type { Table, TableColumn } from '../storage/index.ts'
import type { Predictions } from './model.ts'

/** Rows that go to the runtime at once. */
const batchRows = 4096
/** Single rows that are timed for the latency of a model. */
const timedRows = 30

/** Answers and, where asked, the median time of a single row. */
export interface ScoredTable {
  readonly predictions: Predictions
  readonly latencyMs: number | null
}

/**
 * Answers of a model for the rows of a table, computed off the event loop; it is loaded for that and let go. Columns are found by the names of the
 * model's inputs; further columns are ignored.
 * @throws INVALID_MODEL, INVALID_DATA when an input has no column, UNSUPPORTED when one takes more than a value a row.
 */
export async function score(
  load: () => Promise<LoadedModel>,
  table: Table,
  options: { readonly latency?: boolean } = {},
): Promise<ScoredTable> {
  const loaded = await load()
  try {
    const parts: Tensors[] = []
    for (let from = 0; from < table.rowCount; from += batchRows) {
      const to = Math.min(table.rowCount, from + batchRows)
      parts.push(await loaded.run(inputsOf(loaded, table, { from, to })))
    }
    const latencyMs = options.latency ? await medianLatency(loaded, table) : null
    return { predictions: joinPredictions(parts.map(predictionsOf)), latencyMs }
  } finally {
    await loaded.close()
  }
}

async function medianLatency(model: LoadedModel, table: Table): Promise<number | null> {
  const rows = Math.min(timedRows, table.rowCount)
  const times: number[] = []
  for (let from = 0; from < rows; from++) {
    const inputs = inputsOf(model, table, { from, to: from + 1 })
    const startedAt = performance.now()
    await model.run(inputs)
    times.push(performance.now() - startedAt)
  }
  return times.sort((a, b) => a - b)[times.length >> 1] ?? null
}

interface RowRange {
  readonly from: number
  readonly to: number
}

function inputsOf(model: LoadedModel, table: Table, range: RowRange): Tensors {
  return Object.fromEntries(
    model.signature.inputs.map((input) => [input.name, tensorOf(input, table, range)]),
  )
}

function tensorOf(input: TensorSpec, table: Table, { from, to }: RowRange): Tensor {
  const column = table.columns.find((candidate) => candidate.name === input.name)
  if (!column) {
    throw new KaizenError(
      'INVALID_DATA',
      `the model asks for "${input.name}", which the rows do not have`,
      {
        hint: `The columns are: ${table.columns
          .map(({ name }) => name)
          .slice(0, 50)
          .join(', ')}.`,
      },
    )
  }
  if (input.shape.slice(1).some((size) => Math.abs(size) !== 1)) {
    throw new KaizenError(
      'UNSUPPORTED',
      `"${input.name}" takes [${input.shape.join(', ')}], and rows have one value a column`,
      { hint: 'Export the model with one input for each column.' },
    )
  }
  const datatype = input.datatype as Datatype
  const shape = input.shape.map((dimension, index) =>
    index === 0 ? to - from : Math.abs(dimension),
  )
  return { datatype, shape, data: elementsOf(column, datatype, { from, to }) }
}

function elementsOf(column: TableColumn, datatype: Datatype, { from, to }: RowRange): TensorData {
  if (datatype === 'BYTES') {
    return Array.from({ length: to - from }, (_, i) => textOf(column.values[from + i]))
  }
  const data = allocate(datatype, to - from)
  for (let i = 0; i < to - from; i++) {
    const value = numberOf(column.values[from + i])
    ;(data as { [index: number]: number | bigint })[i] =
      data instanceof BigInt64Array || data instanceof BigUint64Array
        ? BigInt(Math.trunc(Number.isNaN(value) ? 0 : value))
        : value
  }
  return data
}

type Cell = number | string | boolean | null | undefined

/** Missing categories are the empty text, as in the models that Kaizen trains. */
const textOf = (value: Cell): string =>
  value === null || value === undefined || Number.isNaN(value) ? '' : String(value)

const numberOf = (value: Cell): number =>
  value === null || value === undefined || value === '' ? Number.NaN : Number(value)

/**
 * Reads what a model answered: a regression has one number a row, a classification a `label` and, where it tells them,
 * `probabilities`.
 */
export function predictionsOf(outputs: Tensors): Predictions {
  const label = outputs.label ?? outputs.output_label
  if (label) {
    const labels = Array.from(label.data as Iterable<number | bigint | string>, String)
    const spread = outputs.probabilities ?? outputs.output_probability
    return { task: 'classification', labels, probabilities: spread ? secondClass(spread) : null }
  }
  const value = outputs.variable ?? Object.values(outputs)[0]
  const answers = Object.keys(outputs).length
  if (value?.datatype === 'BYTES' && answers === 1) {
    return {
      task: 'classification',
      labels: [...(value.data as readonly string[])],
      probabilities: null,
    }
  }
  if (!value || value.datatype === 'BYTES') {
    throw new KaizenError('INVALID_MODEL', 'the model answers neither a number nor a label', {
      hint: 'Export a regression with one numeric output, or a classification with an output named "label".',
    })
  }
  return { task: 'regression', values: Float64Array.from(value.data as ArrayLike<number>, Number) }
}

/** Probabilities of the second of two classes; null for more. */
function secondClass({ shape, data }: Tensor): Float64Array | null {
  const classes = shape.at(-1)
  if (shape.length !== 2 || classes !== 2) return null
  const values = data as ArrayLike<number>
  return Float64Array.from({ length: values.length / 2 }, (_, row) => Number(values[2 * row + 1]))
}

function joinPredictions(parts: readonly Predictions[]): Predictions {
  const first = parts[0]
  if (!first) return { task: 'regression', values: new Float64Array(0) }
  if (first.task === 'regression') {
    const all = parts.flatMap((part) => (part.task === 'regression' ? [...part.values] : []))
    return { task: 'regression', values: Float64Array.from(all) }
  }
  const classified = parts.flatMap((part) => (part.task === 'classification' ? [part] : []))
  const spread = classified.flatMap(({ probabilities }) =>
    probabilities ? [...probabilities] : [],
  )
  const labels = classified.flatMap((part) => part.labels)
  return {
    task: 'classification',
    labels,
    probabilities: spread.length === labels.length ? Float64Array.from(spread) : null,
  }
}
