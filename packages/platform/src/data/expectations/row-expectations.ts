import type { Column } from '@kaizen/contracts'
import { identifier } from '../../storage/index.ts'
import {
  badArgument,
  choiceArg,
  columnArg,
  columnsArg,
  comparable,
  isNumeric,
  listArg,
  mostlyArg,
  numberArg,
} from './arguments.ts'
import {
  type Arguments,
  derivedColumn,
  type Expectation,
  missingSql,
  type RowCheck,
  shownSql,
  valueSql,
} from './check.ts'

const missingOf = (columns: readonly Column[], sign: 'AND' | 'OR'): string =>
  `(${columns.map(missingSql).join(` ${sign} `)})`

/** A check of two columns row by row; rows are left out as `ignore_row_if` says. */
const eachPair =
  (conforms: (a: Column, b: Column, args: Arguments) => string): Expectation =>
  (table, args): RowCheck => {
    const [a, b] = [columnArg(table, args, 'column_A'), columnArg(table, args, 'column_B')]
    const rule = choiceArg(args, 'ignore_row_if', [
      'both_values_are_missing',
      'either_value_is_missing',
      'neither',
    ])
    const ignored = {
      both_values_are_missing: missingOf([a, b], 'AND'),
      either_value_is_missing: missingOf([a, b], 'OR'),
      neither: 'FALSE',
    }[rule]
    return {
      kind: 'rows',
      ignored,
      conforms: `(NOT ${missingOf([a, b], 'OR')} AND ${conforms(a, b, args)})`,
      of: [a, b],
      shown: `json_array(${shownSql(a)}, ${shownSql(b)})`,
      mostly: mostlyArg(args),
    }
  }

/** A check of several columns row by row. */
const eachTuple =
  (
    conforms: (columns: readonly Column[], args: Arguments) => string,
    derived?: (columns: readonly Column[]) => string,
  ): Expectation =>
  (table, args): RowCheck => {
    const columns = columnsArg(table, args)
    const rule = choiceArg(args, 'ignore_row_if', [
      'all_values_are_missing',
      'any_value_is_missing',
      'never',
    ])
    const ignored = {
      all_values_are_missing: missingOf(columns, 'AND'),
      any_value_is_missing: missingOf(columns, 'OR'),
      never: 'FALSE',
    }[rule]
    const named = columns.map((column) => `${identifier(column.name)} := ${shownSql(column)}`)
    return {
      kind: 'rows',
      ignored,
      conforms: conforms(columns, args),
      of: columns,
      shown: `struct_pack(${named.join(', ')})`,
      mostly: mostlyArg(args),
      ...(derived ? { derived: derived(columns) } : {}),
    }
  }

const equalPair = (a: Column, b: Column): string => {
  const [left, right] = comparable(a, b)
  return `${left} = ${right}`
}

const greaterPair = (a: Column, b: Column, args: Arguments): string => {
  const [left, right] = comparable(a, b)
  return `${left} ${args['or_equal'] === true ? '>=' : '>'} ${right}`
}

const pairInSet = (a: Column, b: Column, args: Arguments): string => {
  const pairs = listArg(args, 'value_pairs_set').flatMap((pair) => {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw badArgument('value_pairs_set holds something that is no pair', 'Give [[a, b], …].')
    const [left, right] = [valueSql(a, pair[0]), valueSql(b, pair[1])]
    return left === undefined || right === undefined
      ? []
      : [`(${identifier(a.name)} = ${left} AND ${identifier(b.name)} = ${right})`]
  })
  return pairs.length === 0 ? 'FALSE' : `(${pairs.join(' OR ')})`
}

const uniqueTuples = eachTuple(
  () => `${derivedColumn} = 1`,
  (columns) =>
    `count(*) OVER (PARTITION BY ${columns.map(({ name }) => identifier(name)).join(', ')})`,
)

const uniqueWithinRow = eachTuple((columns) => {
  const texts = columns.map(({ name }) => `CAST(${identifier(name)} AS VARCHAR)`)
  return `len(list_distinct([${texts.join(', ')}])) + CAST(list_contains([${texts.map((text) => `${text} IS NULL`).join(', ')}], TRUE) AS INTEGER) = ${columns.length}`
})

/** Two missing values are equal, a missing and a present one are not. */
const equalWithinRow = eachTuple((columns) => {
  const [first, ...others] = columns
  const present = (column: Column, value: string) =>
    `CASE WHEN ${missingSql(column)} THEN NULL ELSE ${value} END`
  const pairs = others.map((other) => {
    const [left, right] = comparable(first!, other)
    return `${present(first!, left)} IS NOT DISTINCT FROM ${present(other, right)}`
  })
  return pairs.length === 0 ? 'TRUE' : `(${pairs.join(' AND ')})`
})

const sumEquals = eachTuple((columns, args) => {
  for (const column of columns) {
    if (!isNumeric(column))
      throw badArgument(`"${column.name}" holds ${column.type} values`, 'Name columns of numbers.')
  }
  const sum = columns.map(({ name }) => identifier(name)).join(' + ')
  return `coalesce(${sum} = ${numberArg(args, 'sum_total')}, FALSE)`
})

/** Expectations over several columns of a row, under the names of Great Expectations. */
export const rowExpectations: Readonly<Record<string, Expectation>> = {
  expect_column_pair_values_to_be_equal: eachPair(equalPair),
  expect_column_pair_values_a_to_be_greater_than_b: eachPair(greaterPair),
  expect_column_pair_values_to_be_in_set: eachPair(pairInSet),
  expect_compound_columns_to_be_unique: uniqueTuples,
  expect_multicolumn_values_to_be_unique: uniqueWithinRow,
  expect_select_column_values_to_be_unique_within_record: uniqueWithinRow,
  expect_multicolumn_values_to_be_equal: equalWithinRow,
  expect_multicolumn_sum_to_equal: sumEquals,
}
