import { MlError } from '../ml-error.ts'
import { columnOf, type Table } from './table.ts'

/** The labels of a classification, in the order of the probabilities: text, or integers. */
export type Classes = readonly string[] | readonly number[]

/** What is to be learnt from each row: class indices or numbers, as float64. */
export interface Target {
  readonly values: Float64Array
  readonly classes: Classes | null
}

/**
 * The numbers of a target, which need not vary: that of a validation table, say.
 * @throws MlError when the column is categorical, or holds a missing value or one that is infinite
 * in float32, the precision of predictions.
 */
export const numericValues = (table: Table, name: string): Float64Array => {
  const column = columnOf(table, name)
  if (column.kind !== 'numeric') {
    throw new MlError(
      'invalid_input',
      `target '${name}' is categorical, a regression needs numbers`,
      'choose a numeric target, or a classification objective',
    )
  }
  const values = Float64Array.from(column.values)
  refuseMissing(name, values, (value) => !Number.isFinite(Math.fround(value)))
  return values
}

/**
 * A numeric target to learn from.
 * @throws MlError as `numericValues`, and when it holds only one value.
 */
export const numericTarget = (table: Table, name: string): Target => {
  const values = numericValues(table, name)
  if (values.every((value) => value === values[0])) {
    throw new MlError(
      'invalid_input',
      `target '${name}' is ${values[0]} in every row`,
      'there is nothing to learn: choose rows in which the target varies',
    )
  }
  return { values, classes: null }
}

/**
 * A class target: a categorical column, or a numeric one of integers. Classes that no row has are dropped.
 * @throws MlError when a label is missing or no integer, or there are fewer than two classes.
 */
export const classTarget = (table: Table, name: string): Target => {
  const column = columnOf(table, name)
  const raw = column.kind === 'categorical' ? column.codes : column.values
  const labels = Float64Array.from(raw)
  refuseMissing(name, labels, (label) =>
    column.kind === 'categorical' ? label < 0 : !Number.isFinite(label),
  )
  const distinct = [...new Set(labels)].sort((a, b) => a - b)
  if (distinct.length < 2) {
    throw new MlError(
      'invalid_input',
      `target '${name}' has a single class`,
      'a classification needs rows of at least two classes',
    )
  }
  const fraction =
    column.kind === 'numeric' && distinct.find((label) => !Number.isSafeInteger(label))
  if (typeof fraction === 'number') {
    throw new MlError(
      'invalid_input',
      `target '${name}' holds ${fraction}, class labels are text or integers`,
      'use a regression objective, or turn the labels into categories',
    )
  }
  const indexOf = new Map(distinct.map((label, index) => [label, index]))
  return {
    values: labels.map((label) => indexOf.get(label)!),
    classes: column.kind === 'categorical' ? distinct.map((c) => column.dictionary[c]!) : distinct,
  }
}

/**
 * The class indices of a further table, by the classes of a fitted target.
 * @throws MlError when a label is missing or is none of the classes.
 */
export const classIndices = (table: Table, name: string, classes: Classes): Float64Array => {
  const column = columnOf(table, name)
  const indexOf = new Map<string | number, number>(classes.map((label, index) => [label, index]))
  const rows = column.kind === 'categorical' ? column.codes : column.values
  return Float64Array.from(rows, (cell, row) => {
    const label = column.kind === 'categorical' ? column.dictionary[cell] : cell
    const index = label === undefined ? undefined : indexOf.get(label)
    if (index !== undefined) return index
    throw new MlError(
      'invalid_input',
      `target '${name}' has the unknown label '${label}' in row ${row}`,
      'use only rows whose label occurs in the training table',
    )
  })
}

const refuseMissing = (
  name: string,
  values: Float64Array,
  isMissing: (value: number) => boolean,
): void => {
  const row = values.findIndex(isMissing)
  if (row < 0) return
  throw new MlError(
    'invalid_input',
    `target '${name}' has no finite value in row ${row}`,
    'remove the rows whose target is missing or beyond the range of float32',
  )
}
