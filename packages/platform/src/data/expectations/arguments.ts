import { type Column, KaizenError } from '@kaizen/contracts'
import { identifier } from '../../storage/index.ts'
import type { Arguments, TableShape } from './check.ts'

/** Tells what is wrong with an argument. */
export const badArgument = (message: string, hint: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', message, { hint })

/** The column that an argument names. */
export function columnArg({ schema }: TableShape, args: Arguments, key = 'column'): Column {
  const name = args[key]
  const column = schema.find((candidate) => candidate.name === name)
  if (column) return column
  throw badArgument(
    `${key}: there is no column "${String(name)}"`,
    `The columns are: ${schema
      .map((candidate) => candidate.name)
      .slice(0, 50)
      .join(', ')}.`,
  )
}

/** The columns that an argument lists, at least `least` of them. */
export function columnsArg(table: TableShape, args: Arguments, least = 2): readonly Column[] {
  const names = listArg(args, 'column_list')
  if (names.length < least)
    throw badArgument(`column_list names ${names.length} columns`, `Name at least ${least}.`)
  return names.map((name) => columnArg(table, { column: name }))
}

export function numericArg(table: TableShape, args: Arguments, key = 'column'): Column {
  const column = columnArg(table, args, key)
  if (column.type === 'integer' || column.type === 'number') return column
  throw badArgument(
    `${key}: "${column.name}" holds ${column.type} values`,
    'This expectation needs a column of numbers.',
  )
}

export function textColumnArg(table: TableShape, args: Arguments): Column {
  const column = columnArg(table, args)
  if (column.type === 'string') return column
  throw badArgument(
    `column: "${column.name}" holds ${column.type} values`,
    'This expectation needs a column of text.',
  )
}

/** The share of rows that must conform; 1 unless said otherwise. */
export function mostlyArg(args: Arguments): number {
  const mostly = args['mostly'] ?? 1
  if (typeof mostly === 'number' && mostly >= 0 && mostly <= 1) return mostly
  throw badArgument(`mostly is ${String(mostly)}`, 'Give a share from 0 to 1.')
}

export function listArg(args: Arguments, key: string): readonly unknown[] {
  const list = args[key]
  if (Array.isArray(list)) return list
  throw badArgument(`${key} is no list`, `Give ${key} as a list.`)
}

export function textArg(args: Arguments, key: string): string {
  const text = args[key]
  if (typeof text === 'string' && text.length > 0) return text
  throw badArgument(`${key} is no text`, `Give ${key} as text.`)
}

export function textsArg(args: Arguments, key: string): readonly string[] {
  const list = listArg(args, key)
  if (list.length > 0 && list.every((entry): entry is string => typeof entry === 'string'))
    return list
  throw badArgument(`${key} is no list of texts`, `Give at least one text in ${key}.`)
}

export function numberArg(args: Arguments, key: string): number {
  const number = args[key]
  if (typeof number === 'number' && Number.isFinite(number)) return number
  throw badArgument(`${key} is no number`, `Give ${key} as a number.`)
}

/** One of a few words, the first of them unless told. */
export function choiceArg<const T extends string>(
  args: Arguments,
  key: string,
  choices: readonly [T, ...T[]],
): T {
  const value = args[key] ?? choices[0]
  const found = choices.find((choice) => choice === value)
  if (found) return found
  throw badArgument(`${key} is "${String(value)}"`, `It may be ${choices.join(', ')}.`)
}

/** Bounds of a range: each may be open, not both. */
export interface Bounds {
  readonly min: number | string | undefined
  readonly max: number | string | undefined
  readonly strictMin: boolean
  readonly strictMax: boolean
}

export function boundsArg(args: Arguments): Bounds {
  const [min, max] = [boundOf(args, 'min_value'), boundOf(args, 'max_value')]
  if (min === undefined && max === undefined)
    throw badArgument('there is neither min_value nor max_value', 'Give at least one bound.')
  if (min !== undefined && max !== undefined && min > max)
    throw badArgument(
      `min_value ${String(min)} exceeds max_value ${String(max)}`,
      'Swap the bounds.',
    )
  return {
    min,
    max,
    strictMin: args['strict_min'] === true,
    strictMax: args['strict_max'] === true,
  }
}

/** Bounds of a figure, which is a number. */
export function numericBoundsArg(args: Arguments): (value: number) => boolean {
  const { min, max, strictMin, strictMax } = boundsArg(args)
  if (typeof min === 'string' || typeof max === 'string')
    throw badArgument('a bound is text', 'Give min_value and max_value as numbers.')
  return (value) =>
    (min === undefined || (strictMin ? value > min : value >= min)) &&
    (max === undefined || (strictMax ? value < max : value <= max))
}

function boundOf(args: Arguments, key: string): number | string | undefined {
  const bound = args[key]
  if (bound === undefined || bound === null) return undefined
  if (typeof bound === 'string' || (typeof bound === 'number' && Number.isFinite(bound)))
    return bound
  throw badArgument(
    `${key} is ${JSON.stringify(bound)}`,
    'Give a number, or a date or time as text.',
  )
}

export const isNumeric = ({ type }: Column): boolean => type === 'integer' || type === 'number'

/** Columns whose values can be compared with one another. */
export function comparable(a: Column, b: Column): [string, string] {
  if (a.type === b.type || (isNumeric(a) && isNumeric(b)))
    return [identifier(a.name), identifier(b.name)]
  const times = new Set(['date', 'timestamp'])
  if (times.has(a.type) && times.has(b.type))
    return [`CAST(${identifier(a.name)} AS TIMESTAMP)`, `CAST(${identifier(b.name)} AS TIMESTAMP)`]
  throw badArgument(
    `"${a.name}" holds ${a.type} values and "${b.name}" ${b.type} values`,
    'Name two columns of one type.',
  )
}
