import type { FittedModel, Table } from '@kaizen/ml'
import * as ort from 'onnxruntime-node'

/** The largest disagreement between a model's own predictions and those of its ONNX export. */
export interface Parity {
  readonly rows: number
  /** Rows beyond absolute 1e-5 + relative 1e-4, or with another label. */
  readonly wrongRows: number
  readonly largestDifference: number
}

/** The table's features as the tensors that the exported graph declares. */
export const tensorsOf = (model: FittedModel, table: Table): Record<string, ort.Tensor> => {
  const feeds: Record<string, ort.Tensor> = {}
  for (const { name } of model.features) {
    const column = table.columns.find((candidate) => candidate.name === name)
    if (!column) throw new Error(`the table has no column '${name}'`)
    const dims = [table.rowCount, 1]
    feeds[name] =
      column.kind === 'numeric'
        ? new ort.Tensor('float32', Float32Array.from(column.values), dims)
        : new ort.Tensor(
            'string',
            Array.from(column.codes, (code) => column.dictionary[code] ?? ''),
            dims,
          )
  }
  return feeds
}

/** Runs the export in onnxruntime on every row and compares. */
export const measureParity = async (model: FittedModel, table: Table): Promise<Parity> => {
  const session = await ort.InferenceSession.create(model.toOnnx())
  const outputs = await session.run(tensorsOf(model, table))
  const own = model.predict(table)
  const expected = own.task === 'regression' ? own.values : own.probabilities
  const name = own.task === 'regression' ? 'variable' : 'probabilities'
  const actual = outputs[name]?.data
  if (!(actual instanceof Float32Array)) throw new Error(`no float output '${name}'`)
  const perRow = expected.length / table.rowCount
  let [wrongRows, largestDifference] = [0, 0]
  for (let row = 0; row < table.rowCount; row++) {
    let wrong = false
    for (let i = row * perRow; i < (row + 1) * perRow; i++) {
      const difference = Math.abs(actual[i]! - expected[i]!)
      largestDifference = Math.max(largestDifference, difference)
      if (!(difference <= 1e-5 + 1e-4 * Math.abs(expected[i]!))) wrong = true
    }
    if (own.task === 'classification') {
      const label = outputs['label']?.data[row]
      const ownLabel = own.classes[own.labels[row]!]
      if (String(label) !== String(ownLabel)) wrong = true
    }
    if (wrong) wrongRows++
  }
  return { rows: table.rowCount, wrongRows, largestDifference }
}
