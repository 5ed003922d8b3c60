import { MlError } from '../ml-error.ts'
import { meanOf } from '../numeric/mean.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { sortInPlace } from '../numeric/sort.ts'
import { columnListMismatch, columnSetMismatch } from './column-mismatch.ts'
import {
  type Arguments,
  betweenOf,
  columnOf,
  distinctValues,
  type Expectation,
  type ExpectationResult,
  isMissing,
  presentNumbers,
  rowCount,
  setOf,
  type Value,
  type Values,
} from './expectation.ts'

/** Fields list at most this many examples of values. */
const EXAMPLES = 20

/** A figure of a column that must lie between bounds. */
const figureBetween =
  (figure: (column: Values) => number | null): Expectation =>
  (table, args) => {
    const isBetween = betweenOf(args)
    const observed = figure(columnOf(table, args))
    return { success: observed !== null && isBetween(observed), observed_value: observed }
  }

/** A figure of present numbers, or null where there are fewer than it needs. */
const ofNumbers =
  (need: number, figure: (values: Float64Array) => number) =>
  (column: Values): number | null => {
    const present = presentNumbers(column)
    return present.length < need ? null : figure(present)
  }

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0)

const standardDeviation = (values: Float64Array): number => {
  const mean = meanOf(values)
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1))
}

const presentCount = (column: Values): number => {
  let count = 0
  for (let i = 0; i < column.length; i++) if (!isMissing(column[i])) count++
  return count
}

const uniqueShare = (column: Values): number => {
  const present = presentCount(column)
  return present > 0 ? distinctValues(column).length / present : 0
}

/** Which distinct values are outside the set, and which of the set do not occur. */
const againstSet = (column: Values, args: Arguments) => {
  const distinct = distinctValues(column)
  const wanted = setOf(args)
  const seen = new Set<unknown>(distinct)
  return {
    unexpected: distinct.filter((value) => !wanted.has(value)),
    missing: distinctValues([...wanted] as Value[]).filter((value) => !seen.has(value)),
    distinct,
  }
}

const unexpectedFields = (unexpected: readonly unknown[]) => ({
  unexpected_count: unexpected.length,
  partial_unexpected_list: unexpected.slice(0, EXAMPLES),
})

const missingFields = (missing: readonly unknown[]) => ({
  missing_count: missing.length,
  partial_missing_list: missing.slice(0, EXAMPLES),
})

const mostCommon: Expectation = (table, args) => {
  const counts = new Map<Value, number>()
  const column = columnOf(table, args)
  for (let i = 0; i < column.length; i++) {
    if (!isMissing(column[i])) counts.set(column[i], (counts.get(column[i]) ?? 0) + 1)
  }
  const highest = Math.max(...counts.values())
  const observed = distinctValues([...counts.keys()]).filter(
    (value) => counts.get(value) === highest,
  )
  const wanted = setOf(args)
  const found = observed.filter((value) => wanted.has(value))
  const success =
    args['ties_okay'] === true ? found.length > 0 : found.length === 1 && observed.length === 1
  return { success, observed_value: observed }
}

const quantilesBetween: Expectation = (table, args) => {
  const ranges = args['quantile_ranges'] as
    | { readonly quantiles: number[]; readonly value_ranges: (number | null)[][] }
    | undefined
  if (!ranges || ranges.quantiles.length !== ranges.value_ranges.length) {
    throw new MlError(
      'invalid_option',
      'quantile_ranges needs as many value_ranges as quantiles',
      'give { quantiles: [...], value_ranges: [[low, high], ...] }',
    )
  }
  const sorted = sortInPlace(presentNumbers(columnOf(table, args)))
  const observed = ranges.quantiles.map((q) => quantileOfSorted(sorted, q, 'nearest'))
  const details = observed.map((value, i) => {
    const [low, high] = ranges.value_ranges[i]!
    return (low === null || value >= low!) && (high === null || value <= high!)
  })
  return {
    success: sorted.length > 0 && details.every(Boolean),
    observed_value: { quantiles: ranges.quantiles, values: observed },
    details: { success_details: details },
  }
}

const columnSet: Expectation = ({ columns }, args) => {
  const names = Object.keys(columns).sort()
  const found = columnSetMismatch(names, [...setOf(args, 'column_set')])
  const success =
    found.missing.length === 0 && (args['exact_match'] === false || found.unexpected.length === 0)
  return { success, observed_value: names, ...found.details }
}

const columnList: Expectation = ({ columns }, args) => {
  const names = Object.keys(columns)
  const { success, details } = columnListMismatch(names, args['column_list'] as readonly string[])
  return { success, observed_value: names, ...details }
}

const columnExists: Expectation = ({ columns }, args) => {
  const index = Object.keys(columns).indexOf(String(args['column']))
  const wanted = args['column_index']
  return { success: index >= 0 && (wanted === undefined || wanted === null || wanted === index) }
}

const equal = (observed: number, args: Arguments): ExpectationResult => ({
  success: observed === args['value'],
  observed_value: observed,
})

const between = (observed: number, args: Arguments): ExpectationResult => ({
  success: betweenOf(args)(observed),
  observed_value: observed,
})

/** Expectations of figures of columns and tables, under the names of Great Expectations. */
export const AGGREGATE_EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  expect_column_mean_to_be_between: figureBetween(ofNumbers(1, (v) => sum(v) / v.length)),
  expect_column_stdev_to_be_between: figureBetween(ofNumbers(2, standardDeviation)),
  expect_column_median_to_be_between: figureBetween(
    ofNumbers(1, (values) => quantileOfSorted(sortInPlace(values), 0.5)),
  ),
  expect_column_min_to_be_between: figureBetween(
    ofNumbers(1, (values) => values.reduce((least, value) => Math.min(least, value))),
  ),
  expect_column_max_to_be_between: figureBetween(
    ofNumbers(1, (values) => values.reduce((most, value) => Math.max(most, value))),
  ),
  expect_column_sum_to_be_between: figureBetween(ofNumbers(0, sum)),
  expect_column_unique_value_count_to_be_between: figureBetween(
    (column) => distinctValues(column).length,
  ),
  expect_column_proportion_of_unique_values_to_be_between: figureBetween(uniqueShare),
  expect_column_proportion_of_non_null_values_to_be_between: figureBetween((column) =>
    column.length > 0 ? presentCount(column) / column.length : null,
  ),
  expect_column_distinct_values_to_be_in_set: (table, args) => {
    const { unexpected, distinct } = againstSet(columnOf(table, args), args)
    if (setOf(args).size === 0) {
      throw new MlError('invalid_option', 'value_set is empty', 'name the values that may occur')
    }
    const success = unexpected.length === 0
    return { success, observed_value: distinct, ...unexpectedFields(unexpected) }
  },
  expect_column_distinct_values_to_contain_set: (table, args) => {
    const { missing, distinct } = againstSet(columnOf(table, args), args)
    return { success: missing.length === 0, observed_value: distinct, ...missingFields(missing) }
  },
  expect_column_distinct_values_to_equal_set: (table, args) => {
    const { missing, unexpected, distinct } = againstSet(columnOf(table, args), args)
    return {
      success: missing.length === 0 && unexpected.length === 0,
      observed_value: distinct,
      ...unexpectedFields(unexpected),
      ...missingFields(missing),
    }
  },
  expect_column_most_common_value_to_be_in_set: mostCommon,
  expect_column_quantile_values_to_be_between: quantilesBetween,
  expect_table_row_count_to_equal: (table, args) => equal(rowCount(table), args),
  expect_table_row_count_to_be_between: (table, args) => between(rowCount(table), args),
  expect_table_column_count_to_equal: ({ columns }, args) =>
    equal(Object.keys(columns).length, args),
  expect_table_column_count_to_be_between: ({ columns }, args) =>
    between(Object.keys(columns).length, args),
  expect_table_columns_to_match_set: columnSet,
  expect_table_columns_to_match_ordered_list: columnList,
  expect_column_to_exist: columnExists,
}
