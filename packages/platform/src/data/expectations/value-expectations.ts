import type { Column } from '@kaizen/contracts'
import { identifier, literal } from '../../storage/index.ts'
import {
  badArgument,
  boundsArg,
  choiceArg,
  columnArg,
  listArg,
  mostlyArg,
  numberArg,
  numericArg,
  textArg,
  textsArg,
} from './arguments.ts'
import {
  type Arguments,
  derivedColumn,
  type Expectation,
  missingSql,
  type RowCheck,
  rowIndex,
  shownSql,
  type TableShape,
  valueSql,
} from './check.ts'

/** A check of each present value of a column. */
const eachValue =
  (
    conforms: (column: Column, args: Arguments, table: TableShape) => string,
    derived?: (column: Column) => string,
    columnOf: (table: TableShape, args: Arguments) => Column = columnArg,
  ): Expectation =>
  (table, args): RowCheck => {
    const column = columnOf(table, args)
    return {
      kind: 'rows',
      ignored: missingSql(column),
      conforms: conforms(column, args, table),
      of: [column],
      shown: shownSql(column),
      mostly: mostlyArg(args),
      ...(derived ? { derived: derived(column) } : {}),
    }
  }

/** A check of missing values themselves: every row counts. */
const eachRow =
  (conforms: (column: Column) => string): Expectation =>
  (table, args): RowCheck => {
    const column = columnArg(table, args)
    return {
      kind: 'rows',
      ignored: 'FALSE',
      countsMissing: true,
      conforms: conforms(column),
      of: [column],
      shown: shownSql(column),
      mostly: mostlyArg(args),
    }
  }

/** SQL that is true between the bounds; `value` is an expression of the column's type. */
function betweenSql(value: string, column: Column, args: Arguments): string {
  const { min, max, strictMin, strictMax } = boundsArg(args)
  const bound = (given: number | string, key: string): string => {
    const sql = valueSql(column, given)
    if (sql !== undefined) return sql
    throw badArgument(
      `${key} is ${JSON.stringify(given)}, and "${column.name}" holds ${column.type} values`,
      `Give ${key} as a value of the column.`,
    )
  }
  const sides = [
    ...(min === undefined ? [] : [`${value} ${strictMin ? '>' : '>='} ${bound(min, 'min_value')}`]),
    ...(max === undefined ? [] : [`${value} ${strictMax ? '<' : '<='} ${bound(max, 'max_value')}`]),
  ]
  return `(${sides.join(' AND ')})`
}

const inSetSql = (column: Column, args: Arguments): string => {
  const values = listArg(args, 'value_set').flatMap((value) => valueSql(column, value) ?? [])
  return values.length === 0 ? 'FALSE' : `${identifier(column.name)} IN (${values.join(', ')})`
}

const textSql = (column: Column): string => `CAST(${identifier(column.name)} AS VARCHAR)`
const lengthColumn: Column = { name: 'length', type: 'integer', nullable: false }

const regexSql = (column: Column, regex: string): string =>
  `regexp_matches(${textSql(column)}, ${literal(regex)})`
const likeSql = (column: Column, pattern: string): string =>
  `${textSql(column)} LIKE ${literal(pattern)}`

/** Whether a text matches any or all of several patterns. */
const ofSeveral =
  (key: string, one: (column: Column, pattern: string) => string) =>
  (column: Column, args: Arguments): string => {
    const sign = choiceArg(args, 'match_on', ['any', 'all']) === 'all' ? ' AND ' : ' OR '
    return `(${textsArg(args, key)
      .map((pattern) => one(column, pattern))
      .join(sign)})`
  }
const ofNone =
  (key: string, one: (column: Column, pattern: string) => string) =>
  (column: Column, args: Arguments): string =>
    `NOT (${textsArg(args, key)
      .map((pattern) => one(column, pattern))
      .join(' OR ')})`

/** Whether values, missing ones left out, do not fall or do not rise. */
const monotone = (sign: '>' | '<'): Expectation =>
  eachValue(
    (column, args) =>
      `(${derivedColumn} IS NULL OR ${identifier(column.name)} ${sign}${args['strictly'] === true ? '' : '='} ${derivedColumn})`,
    (column) =>
      `lag(CASE WHEN ${missingSql(column)} THEN NULL ELSE ${identifier(column.name)} END IGNORE NULLS) OVER (ORDER BY ${rowIndex})`,
  )

const zScores = (_column: Column, args: Arguments): string => {
  const threshold = numberArg(args, 'threshold')
  return args['double_sided'] === false
    ? `coalesce(${derivedColumn} < ${threshold}, FALSE)`
    : `coalesce(abs(${derivedColumn}) < ${Math.abs(threshold)}, FALSE)`
}

const zScoreSql = (column: Column): string => {
  const value = `CAST(${identifier(column.name)} AS DOUBLE)`
  const present = `CASE WHEN ${missingSql(column)} THEN NULL ELSE ${value} END`
  return `(${value} - avg(${present}) OVER ()) / stddev_samp(${present}) OVER ()`
}

const fencesSql = (value: string, present: string, multiplier: number): string => {
  const [first, third] = [0.25, 0.75].map((q) => `quantile_cont(${present}, ${q}) OVER ()`)
  return `CASE WHEN isfinite(${first}) AND isfinite(${third}) THEN ${value} BETWEEN ${first} - ${multiplier} * (${third} - ${first}) AND ${third} + ${multiplier} * (${third} - ${first}) END`
}

/** Infinities have no deviation, and asking the database for one is an error: they are kept out of it. */
const deviationSql = (value: string, present: string, multiplier: number): string => {
  const finite = `CASE WHEN isfinite(${present}) THEN ${present} END`
  const [mean, reach] = [
    `avg(${finite}) OVER ()`,
    `(${multiplier} * stddev_samp(${finite}) OVER ())`,
  ]
  return `CASE WHEN ${reach} > 0 THEN abs(${value} - ${mean}) < ${reach} ELSE ${value} = ${mean} END`
}

/** Whether values lie within a window that the column sets: Tukey's fences, or so many deviations from the mean. */
const notOutlier: Expectation = (table, args): RowCheck => {
  const column = numericArg(table, args)
  const method = choiceArg(args, 'method', ['iqr', 'std'])
  const multiplier = args['multiplier'] === undefined ? 1.5 : numberArg(args, 'multiplier')
  if (multiplier < 0) throw badArgument(`multiplier is ${multiplier}`, 'Give 0 or more.')
  const value = `CAST(${identifier(column.name)} AS DOUBLE)`
  const ignored = missingSql(column)
  const present = `CASE WHEN ${ignored} THEN NULL ELSE ${value} END`
  return {
    kind: 'rows',
    ignored,
    conforms: `coalesce(${derivedColumn}, TRUE)`,
    of: [column],
    shown: shownSql(column),
    mostly: mostlyArg(args),
    derived:
      method === 'iqr'
        ? fencesSql(value, present, multiplier)
        : `CASE WHEN bool_and(isfinite(${present})) OVER () THEN ${deviationSql(value, present, multiplier)} END`,
  }
}

const unique: Expectation = (table, args): RowCheck => {
  const column = columnArg(table, args)
  const name = identifier(column.name)
  const ignored = missingSql(column)
  return {
    kind: 'rows',
    ignored,
    conforms: `${derivedColumn} = 1`,
    of: [column],
    shown: shownSql(column),
    mostly: mostlyArg(args),
    derived: `count(*) OVER (PARTITION BY ${name})`,
    surely: (relation) => [
      // A key usually rises from row to row, which one look at the row before tells.
      `SELECT count_if(NOT coalesce(value > before, before IS NULL)) = 0 FROM (SELECT ${name} AS value, lag(${name}) OVER () AS before FROM ${relation} WHERE NOT ${ignored})`,
      `SELECT count(DISTINCT ${name}) = count(*) FROM ${relation} WHERE NOT ${ignored}`,
    ],
  }
}

const typeNames: Readonly<Record<Column['type'], RegExp>> = {
  boolean: /^(?:bool_?|boolean(?:type)?)$/iu,
  integer: /^(?:u?int(?:8|16|32|64)?|(?:big|small|tiny)int|integer(?:type)?|long(?:type)?)$/iu,
  number:
    /^(?:float(?:16|32|64)?|double(?:[_ ]precision|type)?|floattype|real|number|numeric|decimal(?:type)?)$/iu,
  string: /^(?:str|string(?:type)?|text|(?:n?var)?char|varchar|object|object_)$/iu,
  date: /^(?:date(?:type)?|datetime\.date)$/iu,
  timestamp: /^(?:timestamp(?:type|_ns|tz)?|datetime(?:64(?:\[\w+\])?)?)$/iu,
}

/** Whether a type's name, as pandas, Spark and SQL write it, is that of the column. */
const isTypeOf = (column: Column, name: string): boolean => typeNames[column.type].test(name)

const ofType =
  (names: (args: Arguments) => readonly string[]): Expectation =>
  (table, args) => {
    const column = columnArg(table, args)
    const success = names(args).some((name) => isTypeOf(column, name))
    return {
      kind: 'figures',
      aggregates: () => [],
      judge: () => ({ success, result: { observed_value: column.type } }),
    }
  }

/** Expectations of single values, under the names of Great Expectations. */
export const valueExpectations: Readonly<Record<string, Expectation>> = {
  expect_column_values_to_not_be_null: eachRow((column) => `NOT ${missingSql(column)}`),
  expect_column_values_to_be_null: eachRow(missingSql),
  expect_column_values_to_be_between: eachValue((column, args) =>
    betweenSql(identifier(column.name), column, args),
  ),
  expect_column_values_to_be_in_set: eachValue(inSetSql),
  expect_column_values_to_not_be_in_set: eachValue(
    (column, args) => `NOT (${inSetSql(column, args)})`,
  ),
  expect_column_values_to_be_unique: unique,
  expect_column_values_to_be_increasing: monotone('>'),
  expect_column_values_to_be_decreasing: monotone('<'),
  expect_column_value_lengths_to_be_between: eachValue((column, args) =>
    betweenSql(`length(${textSql(column)})`, lengthColumn, args),
  ),
  expect_column_value_lengths_to_equal: eachValue(
    (column, args) => `length(${textSql(column)}) = ${numberArg(args, 'value')}`,
  ),
  expect_column_values_to_match_regex: eachValue((column, args) =>
    regexSql(column, textArg(args, 'regex')),
  ),
  expect_column_values_to_not_match_regex: eachValue(
    (column, args) => `NOT ${regexSql(column, textArg(args, 'regex'))}`,
  ),
  expect_column_values_to_match_regex_list: eachValue(ofSeveral('regex_list', regexSql)),
  expect_column_values_to_not_match_regex_list: eachValue(ofNone('regex_list', regexSql)),
  expect_column_values_to_match_like_pattern: eachValue((column, args) =>
    likeSql(column, textArg(args, 'like_pattern')),
  ),
  expect_column_values_to_not_match_like_pattern: eachValue(
    (column, args) => `NOT (${likeSql(column, textArg(args, 'like_pattern'))})`,
  ),
  expect_column_values_to_match_like_pattern_list: eachValue(
    ofSeveral('like_pattern_list', likeSql),
  ),
  expect_column_values_to_not_match_like_pattern_list: eachValue(
    ofNone('like_pattern_list', likeSql),
  ),
  expect_column_values_to_be_json_parseable: eachValue(
    (column) => `json_valid(${textSql(column)})`,
  ),
  expect_column_value_z_scores_to_be_less_than: eachValue(zScores, zScoreSql, numericArg),
  expect_column_values_to_not_be_outliers: notOutlier,
  expect_column_type_to_be: ofType((args) => [textArg(args, 'type_')]),
  expect_column_values_to_be_of_type: ofType((args) => [textArg(args, 'type_')]),
  expect_column_values_to_be_in_type_list: ofType((args) => textsArg(args, 'type_list')),
}
