import { MlError } from '../ml-error.ts'
import {
  type Arguments,
  columnOf,
  distinctValues,
  type Expectation,
  isMissing,
  presentNumbers,
  rowResult,
  type Value,
  type Values,
} from './expectation.ts'
import { comparePartitions, expectedShares } from './partition-divergence.ts'

type Partition = Readonly<Record<string, unknown>>

const listOf = (partition: Partition, key: string): readonly unknown[] => {
  const list = partition[key]
  if (Array.isArray(list)) return list
  throw new MlError('invalid_option', `partition_object.${key} is no list`, 'give a list')
}

const shareOf = (args: Arguments, key: string): number => Number(args[key] ?? 0)

/**
 * Divergence of a column from a partition (Kullback and Leibler 1951). Intervals of numbers are closed below, the last
 * one also above; what lies beyond them are two tails.
 */
const klDivergence: Expectation = (table, args) => {
  const column = columnOf(table, args)
  const partition = (args['partition_object'] ?? {}) as Partition
  const weights = listOf(partition, 'weights').map(Number)
  const holdouts = {
    tail: shareOf(args, 'tail_weight_holdout'),
    internal: shareOf(args, 'internal_weight_holdout'),
  }
  const observed =
    partition['bins'] === undefined
      ? ofCategories(column, partition, { weights, holdouts })
      : ofIntervals(column, partition, { weights, holdouts })
  const threshold = args['threshold']
  if (observed === null) return { success: false, observed_value: null }
  const { value, details } = observed
  const success = value !== null && (typeof threshold !== 'number' || value <= threshold)
  return { success, observed_value: value, details }
}

interface Divergence {
  readonly value: number | null
  readonly details: Readonly<Record<string, unknown>>
}

interface Expected {
  readonly weights: readonly number[]
  readonly holdouts: { readonly tail: number; readonly internal: number }
}

function ofIntervals(
  column: Values,
  partition: Partition,
  { weights, holdouts }: Expected,
): Divergence {
  const bins = listOf(partition, 'bins').map(Number)
  if (bins.length !== weights.length + 1 || bins.some((bin, i) => i > 0 && !(bin > bins[i - 1]!)))
    throw new MlError(
      'invalid_option',
      'partition_object.bins are not the edges of the weights',
      'give one more edge than weights, rising',
    )
  const counts = new Array<number>(weights.length).fill(0)
  let [below, above] = [0, 0]
  for (const value of presentNumbers(column)) {
    const next = bins.findIndex((edge) => value < edge)
    if (next === 0) below += 1
    else if (next > 0) counts[next - 1]! += 1
    else if (value === bins.at(-1)) counts[weights.length - 1]! += 1
    else above += 1
  }
  const { cells, tails } = expectedShares(weights, holdouts, true)
  return comparePartitions(
    { bins },
    {
      observed: counts,
      expected: cells,
      observedTails: [below, above],
      expectedTails: [tails / 2, tails / 2],
    },
  )
}

function ofCategories(
  column: Values,
  partition: Partition,
  { weights, holdouts }: Expected,
): Divergence | null {
  const values = listOf(partition, 'values')
  if (values.length !== weights.length)
    throw new MlError(
      'invalid_option',
      'partition_object has other values than weights',
      'give one weight a value',
    )
  // Categories of no weight are not spread over: the reference has no answer then.
  if (holdouts.internal > 0) return null
  const unknown = distinctValues(column).filter((value) => !values.includes(value))
  const places = new Map([...values, ...unknown].map((value, place) => [value, place]))
  const counts = new Array<number>(places.size).fill(0)
  for (let row = 0; row < column.length; row++) {
    if (!isMissing(column[row])) counts[places.get(column[row])!]! += 1
  }
  const { cells, tails } = expectedShares(weights, holdouts, unknown.length > 0)
  return comparePartitions(
    { values: [...values, ...unknown] },
    { observed: counts, expected: [...cells, ...unknown.map(() => tails / unknown.length)] },
  )
}

/** Names of types as Python has them, and what they are of single values. */
const elementTypes: Readonly<Record<string, (value: Value) => boolean>> = {
  str: (value) => typeof value === 'string',
  int: (value) => typeof value === 'boolean' || Number.isInteger(value),
  float: (value) => typeof value === 'number' && !Number.isInteger(value),
  bool: (value) => typeof value === 'boolean',
  int64: () => false,
  float64: () => false,
}

/** A column of numbers is `float64` as a whole; of any other each value has a type. */
const ofTypes =
  (typesOf: (args: Arguments) => readonly unknown[]): Expectation =>
  (table, args) => {
    const column = columnOf(table, args)
    const types = typesOf(args)
    const isNumeric = Array.from({ length: column.length }, (_, row) => column[row]).every(
      (value) => isMissing(value) || typeof value === 'number',
    )
    if (isNumeric)
      return {
        success: types.some((type) => type === 'float64' || type === 'float'),
        observed_value: 'float64',
      }
    if (types.includes('object')) return { success: true, observed_value: 'object_' }
    const checks = types.map((type) => {
      const check = elementTypes[String(type).toLowerCase()]
      if (check) return check
      throw new MlError(
        'invalid_option',
        `'${String(type)}' is no type`,
        `use one of ${[...Object.keys(elementTypes), 'object'].join(', ')}`,
      )
    })
    const unexpected: number[] = []
    let missing = 0
    for (let row = 0; row < column.length; row++) {
      const value = column[row]
      if (isMissing(value)) missing++
      else if (!checks.some((check) => check(value))) unexpected.push(row)
    }
    return rowResult({ total: column.length, missing, unexpected }, args, (row) => column[row])
  }

/** Names that pandas reads as the types that columns have here, and those that it reads as others. */
const float64Names = new Set(['float64', 'float', 'double', 'f8', 'd'])
const objectNames = new Set(['object', 'O'])
const otherNames =
  /^(?:u?int(?:8|16|32|64)?|U?Int(?:8|16|32|64)|float(?:16|32)|Float(?:32|64)|bool|boolean|str|string|category|(?:datetime|timedelta)64(?:\[\w+(?:, .+)?\])?)$/u

/** The type of a column as a whole: numbers are `float64`, all else objects. */
const columnType: Expectation = (table, args) => {
  const column = columnOf(table, args)
  const type = String(args['type_'])
  if (!float64Names.has(type) && !objectNames.has(type) && !otherNames.test(type)) {
    throw new MlError('invalid_option', `'${type}' is no type`, "use 'float64' or 'object'")
  }
  const isNumeric = Array.from({ length: column.length }, (_, row) => column[row]).every(
    (value) => isMissing(value) || typeof value === 'number',
  )
  return {
    success: (isNumeric ? float64Names : objectNames).has(type),
    observed_value: isNumeric ? 'float64' : 'object',
  }
}

const typeListOf = ({ type_list: list }: Arguments): readonly unknown[] => {
  if (Array.isArray(list)) return list
  throw new MlError('invalid_option', 'type_list is no list', 'give a list of names of types')
}

/** Expectations of what a column is like as a whole, under the names of Great Expectations. */
export const COLUMN_SHAPE_EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  expect_column_kl_divergence_to_be_less_than: klDivergence,
  expect_column_type_to_be: columnType,
  expect_column_values_to_be_of_type: ofTypes(({ type_: type }) => [type]),
  expect_column_values_to_be_in_type_list: ofTypes(typeListOf),
}
