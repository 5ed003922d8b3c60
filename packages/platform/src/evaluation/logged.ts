import type { Table, TableColumn } from '../storage/index.ts'
import type { Predictions } from './model.ts'

const labelNames: ReadonlySet<string> = new Set(['label', 'output_label'])

/** The column of logged outputs that says what a model answered: the label of a classification, else the first number. */
export const answerColumn = (outputs: Table): TableColumn | null =>
  outputs.columns.find(({ name }) => labelNames.has(name)) ??
  outputs.columns.find(({ values }) => values instanceof Float64Array) ??
  outputs.columns[0] ??
  null

/** Answers as the prediction log keeps them: one column an output, probabilities spread over `probabilities[n]`. */
export function loggedPredictions(outputs: Table): Predictions {
  const answer = answerColumn(outputs)
  if (!answer)
    return { task: 'regression', values: new Float64Array(outputs.rowCount).fill(Number.NaN) }
  if (!labelNames.has(answer.name) && answer.values instanceof Float64Array) {
    return { task: 'regression', values: answer.values }
  }
  const labels = Array.from(answer.values as ArrayLike<unknown>, (value) => String(value ?? ''))
  return { task: 'classification', labels, probabilities: secondProbability(outputs) }
}

/** For models of two classes. */
function secondProbability(outputs: Table): Float64Array | null {
  const spread = outputs.columns.filter(({ name }) =>
    /^(probabilities|output_probability)\[\d+\]$/.test(name),
  )
  const second = spread.length === 2 ? spread[1]?.values : undefined
  return second instanceof Float64Array ? second : null
}
