import type { Column } from '@kaizen/contracts'
import { identifier } from '../../storage/index.ts'
import {
  badArgument,
  boundsArg,
  columnArg,
  listArg,
  numericArg,
  numericBoundsArg,
} from './arguments.ts'
import {
  type Arguments,
  type Expectation,
  everyRow,
  listedValues,
  missingSql,
  type Outcome,
  type TableShape,
  valueSql,
} from './check.ts'

/** Distinct values that a result can list; columns with more are not compared with a set. */
const mostDistinct = 10_000

/** The value of a column where the row is in scope and the value is there, else NULL. */
function presentSql(column: Column, scope: string): string {
  const name = identifier(column.name)
  const conditions = [
    ...(scope === everyRow ? [] : [scope]),
    ...(column.type === 'number' ? [`NOT isnan(${name})`] : []),
  ]
  return conditions.length === 0 ? name : `CASE WHEN ${conditions.join(' AND ')} THEN ${name} END`
}

const observed = (success: boolean, value: unknown, more = {}): Outcome => ({
  success,
  result: { observed_value: value, ...more },
})

/** A figure of a column of numbers that must lie between bounds. */
const figureBetween =
  (
    aggregate: (present: string, column: Column, scope: string) => string,
    columnOf = numericArg,
  ): Expectation =>
  (table, args) => {
    const column = columnOf(table, args)
    const isBetween = numericBoundsArg(args)
    return {
      kind: 'figures',
      aggregates: (scope) => [aggregate(presentSql(column, scope), column, scope)],
      judge: ([value]) => {
        const figure = numberOf(value)
        return observed(figure !== null && isBetween(figure), figure)
      },
    }
  }

const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && !Number.isNaN(value) ? value : null

/** The least or greatest value, of numbers, dates or times. */
const extremeBetween =
  (aggregate: 'min' | 'max'): Expectation =>
  (table, args) => {
    const column = columnArg(table, args)
    const { min, max, strictMin, strictMax } = boundsArg(args)
    for (const bound of [min, max])
      if (bound !== undefined && valueSql(column, bound) === undefined)
        throw badArgument(
          `the bound ${JSON.stringify(bound)} is no value of "${column.name}", which holds ${column.type} values`,
          'Give bounds of the type of the column.',
        )
    const isTime = column.type === 'timestamp' || column.type === 'date'
    const comparableOf = (value: unknown): number | string =>
      isTime ? timeOf(value) : (value as number | string)
    return {
      kind: 'figures',
      aggregates: (scope) => {
        const present = presentSql(column, scope)
        return [`${aggregate}(${isTime ? `CAST(${present} AS TIMESTAMP)` : present})`]
      },
      judge: ([value]) => {
        if (value === null || value === undefined) return observed(false, null)
        const figure = comparableOf(value)
        const [low, high] = [min, max].map((bound) =>
          bound === undefined ? undefined : comparableOf(bound),
        )
        const success =
          (low === undefined || (strictMin ? figure > low : figure >= low)) &&
          (high === undefined || (strictMax ? figure < high : figure <= high))
        return observed(success, value)
      },
    }
  }

/** Milliseconds of a time as SQL gives it or as arguments write it; without a zone it is UTC. */
const timeOf = (value: unknown): number => {
  const text = String(value)
  return Date.parse(
    /[zZ]$|[+-]\d\d:?\d\d$/u.test(text)
      ? text
      : `${text.replace(' ', 'T')}${/\d{1,2}:\d{2}/u.test(text) ? 'Z' : ''}`,
  )
}

const uniqueShareSql = (present: string): string =>
  `count(DISTINCT ${present}) / nullif(count(${present}), 0)`

const distinctList =
  (
    judge: (sets: {
      readonly distinct: readonly unknown[]
      readonly wanted: readonly unknown[]
    }) => Outcome,
  ): Expectation =>
  (table, args) => {
    const column = columnArg(table, args)
    const wanted = listArg(args, 'value_set')
    return {
      kind: 'figures',
      aggregates: (scope) => {
        const value = presentSql(column, scope)
        return [
          `count(DISTINCT ${value})`,
          `list_slice(list_sort(list(DISTINCT ${value}) FILTER (${value} IS NOT NULL)), 1, ${mostDistinct})`,
        ]
      },
      judge: ([count, list]) => {
        if (Number(count) > mostDistinct)
          throw badArgument(
            `"${column.name}" has ${Number(count)} distinct values`,
            `A set is compared with at most ${mostDistinct}; expect_column_values_to_be_in_set takes any number.`,
          )
        return judge({ distinct: (list as readonly unknown[] | null) ?? [], wanted })
      },
    }
  }

const without = (values: readonly unknown[], others: readonly unknown[]): readonly unknown[] => {
  const known = new Set(others)
  return values.filter((value) => !known.has(value))
}

const unexpectedFields = (unexpected: readonly unknown[]) => ({
  unexpected_count: unexpected.length,
  partial_unexpected_list: unexpected.slice(0, listedValues),
})
const missingFields = (missing: readonly unknown[]) => ({
  missing_count: missing.length,
  partial_missing_list: missing.slice(0, listedValues),
})

const mostCommon: Expectation = (table: TableShape, args: Arguments) => {
  const column = columnArg(table, args)
  const wanted = new Set(listArg(args, 'value_set'))
  return {
    kind: 'figures',
    aggregates: (scope) => [`map_entries(histogram(${presentSql(column, scope)}))`],
    judge: ([histogram]) => {
      const entries = (histogram as readonly { key: unknown; value: number }[] | null) ?? []
      const highest = entries.reduce((most, { value }) => Math.max(most, Number(value)), 0)
      const modes = entries.filter(({ value }) => Number(value) === highest).map(({ key }) => key)
      const found = modes.filter((mode) => wanted.has(mode))
      const success =
        args['ties_okay'] === true ? found.length > 0 : found.length === 1 && modes.length === 1
      return observed(success, modes.slice(0, listedValues))
    },
  }
}

/** Expectations of figures of columns, under the names of Great Expectations. */
export const figureExpectations: Readonly<Record<string, Expectation>> = {
  expect_column_mean_to_be_between: figureBetween((value) => `avg(${value})`),
  expect_column_stdev_to_be_between: figureBetween((value) => `stddev_samp(${value})`),
  expect_column_median_to_be_between: figureBetween((value) => `median(${value})`),
  expect_column_sum_to_be_between: figureBetween(
    (value) => `CAST(coalesce(sum(${value}), 0) AS DOUBLE)`,
  ),
  expect_column_min_to_be_between: extremeBetween('min'),
  expect_column_max_to_be_between: extremeBetween('max'),
  expect_column_unique_value_count_to_be_between: figureBetween(
    (value) => `count(DISTINCT ${value})`,
    columnArg,
  ),
  expect_column_proportion_of_unique_values_to_be_between: figureBetween(uniqueShareSql, columnArg),
  expect_column_proportion_of_non_null_values_to_be_between: figureBetween(
    (_, column, scope) =>
      `count(*) FILTER (${scope} AND NOT ${missingSql(column)}) / nullif(count(*) FILTER (${scope}), 0)`,
    columnArg,
  ),
  expect_column_distinct_values_to_be_in_set: distinctList(({ distinct, wanted }) => {
    const unexpected = without(distinct, wanted)
    return observed(unexpected.length === 0, distinct, unexpectedFields(unexpected))
  }),
  expect_column_distinct_values_to_contain_set: distinctList(({ distinct, wanted }) => {
    const missing = without(wanted, distinct)
    return observed(missing.length === 0, distinct, missingFields(missing))
  }),
  expect_column_distinct_values_to_equal_set: distinctList(({ distinct, wanted }) => {
    const [unexpected, missing] = [without(distinct, wanted), without(wanted, distinct)]
    const success = unexpected.length === 0 && missing.length === 0
    return observed(success, distinct, {
      ...unexpectedFields(unexpected),
      ...missingFields(missing),
    })
  }),
  expect_column_most_common_value_to_be_in_set: mostCommon,
}
