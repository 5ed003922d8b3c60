import { MlError } from '../ml-error.ts'
import { AGGREGATE_EXPECTATIONS } from './aggregate-expectations.ts'
import { COLUMN_SHAPE_EXPECTATIONS } from './column-shape-expectations.ts'
import {
  type Arguments,
  columnOf,
  type Expectation,
  type ExpectationResult,
  isMissing,
  type Validated,
} from './expectation.ts'
import { MULTI_COLUMN_EXPECTATIONS } from './multi-column-expectations.ts'
import { readRowCondition } from './read-row-condition.ts'
import { listUnexpected, readResultFormat } from './result-format.ts'
import { rowsAt, rowsWhere } from './row-condition-rows.ts'
import { ROW_EXPECTATIONS } from './row-expectations.ts'

const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  ...ROW_EXPECTATIONS,
  ...AGGREGATE_EXPECTATIONS,
  ...COLUMN_SHAPE_EXPECTATIONS,
  ...MULTI_COLUMN_EXPECTATIONS,
}

/** Names of the expectations that `checkExpectation` knows. */
export const EXPECTATION_NAMES: readonly string[] = Object.keys(EXPECTATIONS).sort()

/**
 * Checks a table against one expectation of Great Expectations, by its name and arguments. With a `row_condition`
 * only the rows for which it is true are looked at; positions of rows are those in the whole table.
 * @throws MlError when the expectation, a column, an argument or the condition is not as it must be.
 */
export const checkExpectation = (
  name: string,
  table: Validated,
  args: Arguments,
): ExpectationResult => {
  const expectation = Object.hasOwn(EXPECTATIONS, name) ? EXPECTATIONS[name] : undefined
  if (!expectation)
    throw new MlError(
      'unsupported',
      `the expectation '${name}' is not known`,
      `use one of ${EXPECTATION_NAMES.join(', ')}`,
    )
  const condition = readRowCondition(args['row_condition'])
  if (!condition) return expectation(table, args)
  const rows = rowsWhere(table, condition)
  const result = expectation(rowsAt(table, rows), args)
  const { unexpected_index_first: first, unexpected_index_list: all } = result
  const inTable = (position: number): number => rows[position] as number
  return {
    ...result,
    ...(first ? { unexpected_index_first: first.map(inTable) } : {}),
    ...(all ? { unexpected_index_list: all.map(inTable) } : {}),
  }
}

/** What an expectation found, in the words of Great Expectations and as much of it as `result_format` asks for. */
export interface FormattedResult {
  readonly success: boolean
  readonly result: Readonly<Record<string, unknown>>
}

/**
 * Checks a table as `checkExpectation` does, and answers in a result format of Great Expectations: its name, or an
 * object with `result_format`, `partial_unexpected_count` and `unexpected_index_column_names`; `SUMMARY` unless told.
 * @throws MlError as `checkExpectation` does, and for a format that is not known.
 */
export function formatExpectation(
  name: string,
  table: Validated,
  { args, resultFormat }: { readonly args: Arguments; readonly resultFormat?: unknown },
): FormattedResult {
  const format = readResultFormat(resultFormat)
  const {
    success,
    unexpected_first: _first,
    unexpected_index_first: _indexFirst,
    unexpected_list: values,
    unexpected_index_list: positions,
    ...figures
  } = checkExpectation(name, table, args)
  if (format.format === 'BOOLEAN_ONLY') return { success, result: {} }
  if (!values || !positions) return { success, result: figures }
  const { indexColumns } = format
  const named =
    indexColumns.length > 0 && format.format !== 'BASIC'
      ? { named: namedRows(table, [...checkedColumns(args), ...indexColumns], positions) }
      : {}
  return {
    success,
    result: { ...figures, ...listUnexpected({ values, positions, ...named }, format) },
  }
}

/** The columns that a row by row expectation is about. */
export const checkedColumns = (args: Arguments): readonly string[] =>
  [args['column'], args['column_A'], args['column_B'], args['column_list']]
    .flat()
    .filter((name) => typeof name === 'string')

const namedRows = (table: Validated, names: readonly string[], positions: readonly number[]) => {
  const columns = names.map((name) => [name, columnOf(table, { column: name })] as const)
  return positions.map((row) =>
    Object.fromEntries(
      columns.map(([name, values]) => [name, isMissing(values[row]) ? null : values[row]]),
    ),
  )
}
