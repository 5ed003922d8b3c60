import { MlError } from '../ml-error.ts'
import {
  type Arguments,
  columnOf,
  type Expectation,
  isMissing,
  rowCount,
  rowResult,
  type Value,
  type Values,
} from './expectation.ts'

type PairConforms = (a: Value, b: Value) => boolean

/** Whatever stands for a missing value is listed as null. */
const shownOf = (value: Value): Value => (isMissing(value) ? null : value)

/** A check of two columns row by row; rows are left out as `ignore_row_if` says. */
const eachPair =
  (make: (args: Arguments) => PairConforms): Expectation =>
  (table, args) => {
    const [a, b] = [columnOf(table, args, 'column_A'), columnOf(table, args, 'column_B')]
    const conforms = make(args)
    const isIgnored = pairRule(args)
    const unexpected: number[] = []
    let missing = 0
    for (let row = 0; row < a.length; row++) {
      if (isIgnored(isMissing(a[row]), isMissing(b[row]))) missing++
      else if (!conforms(a[row], b[row])) unexpected.push(row)
    }
    const shown = (row: number) => [shownOf(a[row]), shownOf(b[row])]
    return rowResult({ total: a.length, missing, unexpected }, args, shown)
  }

const pairRule = ({ ignore_row_if: rule = 'both_values_are_missing' }: Arguments) => {
  switch (rule) {
    case 'both_values_are_missing':
      return (a: boolean, b: boolean) => a && b
    case 'either_value_is_missing':
      return (a: boolean, b: boolean) => a || b
    case 'neither':
      return () => false
    default:
      throw unknownRule(rule)
  }
}

/** A check of several columns row by row. */
const eachTuple =
  (make: (columns: readonly Values[], args: Arguments) => (row: number) => boolean): Expectation =>
  (table, args) => {
    const names = namesOf(args)
    const columns = names.map((name) => columnOf(table, { column: name }))
    const conforms = make(columns, args)
    const isIgnored = tupleRule(args)
    const unexpected: number[] = []
    let missing = 0
    for (let row = 0; row < rowCount(table); row++) {
      if (isIgnored(columns, row)) missing++
      else if (!conforms(row)) unexpected.push(row)
    }
    const shown = (row: number) =>
      Object.fromEntries(names.map((name, i) => [name, shownOf(columns[i]![row])]))
    return rowResult({ total: rowCount(table), missing, unexpected }, args, shown)
  }

const namesOf = ({ column_list: names }: Arguments): readonly string[] => {
  if (Array.isArray(names) && names.length > 0) return names
  throw new MlError('invalid_option', 'column_list is no list', 'name at least one column')
}

const tupleRule = ({ ignore_row_if: rule = 'all_values_are_missing' }: Arguments) => {
  switch (rule) {
    case 'all_values_are_missing':
      return (columns: readonly Values[], row: number) => columns.every((c) => isMissing(c[row]))
    case 'any_value_is_missing':
      return (columns: readonly Values[], row: number) => columns.some((c) => isMissing(c[row]))
    case 'never':
      return () => false
    default:
      throw unknownRule(rule)
  }
}

const unknownRule = (rule: unknown) =>
  new MlError(
    'invalid_option',
    `ignore_row_if is '${String(rule)}'`,
    'see the expectation for the rules that it knows',
  )

const greater = ({ or_equal: orEqual }: Arguments): PairConforms => {
  return (a, b) => !isMissing(a) && !isMissing(b) && (a > b || (orEqual === true && a === b))
}

const inPairSet = (args: Arguments): PairConforms => {
  const pairs = args['value_pairs_set'] as readonly (readonly [Value, Value])[]
  const keys = new Set(pairs.map((pair) => JSON.stringify(pair)))
  return (a, b) => keys.has(JSON.stringify([a, b]))
}

const uniqueTuples = (columns: readonly Values[]): ((row: number) => boolean) => {
  const keyOf = (row: number) =>
    JSON.stringify(columns.map((column) => [typeof column[row], column[row] ?? null]))
  const counts = new Map<string, number>()
  const rows = columns[0]?.length ?? 0
  for (let row = 0; row < rows; row++) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1)
  return (row) => counts.get(keyOf(row)) === 1
}

/** A missing value makes a sum that equals nothing. */
const numberIn = (value: Value): number => (isMissing(value) ? Number.NaN : Number(value))

/** Expectations over several columns, under the names of Great Expectations. */
export const MULTI_COLUMN_EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  expect_column_pair_values_to_be_equal: eachPair(() => (a, b) => a === b),
  expect_column_pair_values_a_to_be_greater_than_b: eachPair(greater),
  expect_column_pair_values_to_be_in_set: eachPair(inPairSet),
  expect_compound_columns_to_be_unique: eachTuple(uniqueTuples),
  expect_select_column_values_to_be_unique_within_record: eachTuple((columns) => (row) => {
    return new Set(columns.map((column) => column[row])).size === columns.length
  }),
  // Two missing values are equal, a missing and a present one are not.
  expect_multicolumn_values_to_be_equal: eachTuple(([first, ...others]) => (row) => {
    const wanted = shownOf(first?.[row])
    return others.every((column) => shownOf(column[row]) === wanted)
  }),
  expect_multicolumn_sum_to_equal: eachTuple((columns, { sum_total: total }) => (row) => {
    return columns.reduce((sum, column) => sum + numberIn(column[row]), 0) === total
  }),
}
