import { MlError } from '../ml-error.ts'

/** A cell of a table under validation; null, undefined and NaN are missing. */
export type Value = string | number | boolean | null | undefined
export type Values = ArrayLike<Value>

/** Columns by name, all of one length. */
export interface Validated {
  readonly columns: Readonly<Record<string, Values>>
}

/** Arguments of an expectation under the names of Great Expectations. */
export type Arguments = Readonly<Record<string, unknown>>

/** What an expectation found; the fields beyond `success` depend on its kind. */
export interface ExpectationResult {
  readonly success: boolean
  readonly observed_value?: unknown
  /** What was found beside the observed value, such as which of several ranges held. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly element_count?: number
  readonly missing_count?: number
  readonly missing_percent?: number | null
  readonly unexpected_count?: number
  readonly unexpected_percent?: number | null
  readonly unexpected_percent_nonmissing?: number | null
  readonly unexpected_percent_total?: number | null
  readonly unexpected_first?: readonly unknown[]
  readonly unexpected_index_first?: readonly number[]
  readonly partial_unexpected_list?: readonly unknown[]
  /** All unexpected values, and the positions of their rows, of a row by row check. */
  readonly unexpected_list?: readonly unknown[]
  readonly unexpected_index_list?: readonly number[]
  readonly partial_missing_list?: readonly unknown[]
}

/** A check of a table. */
export type Expectation = (table: Validated, args: Arguments) => ExpectationResult

/** Examples that a result lists at most. */
const EXAMPLES = 10

export const isMissing = (value: Value): value is null | undefined =>
  value === null || value === undefined || Number.isNaN(value)

/**
 * A column by the name in an argument.
 * @throws MlError when the argument or the column is missing.
 */
export const columnOf = ({ columns }: Validated, args: Arguments, key = 'column'): Values => {
  const name = args[key]
  const column = typeof name === 'string' ? columns[name] : undefined
  if (column) return column
  throw new MlError(
    'invalid_input',
    `there is no column '${String(name)}'`,
    `the columns are ${Object.keys(columns).join(', ')}`,
  )
}

export const rowCount = ({ columns }: Validated): number => Object.values(columns)[0]?.length ?? 0

/**
 * Present values as numbers.
 * @throws MlError when there is text among them.
 */
export const presentNumbers = (column: Values): Float64Array => {
  const numbers = new Float64Array(column.length)
  let count = 0
  for (let i = 0; i < column.length; i++) {
    const value = column[i]
    if (isMissing(value)) continue
    if (typeof value === 'string') {
      throw new MlError(
        'invalid_input',
        `the column holds the text '${value.slice(0, 40)}' in row ${i}`,
        'this expectation needs a numeric column',
      )
    }
    numbers[count++] = Number(value)
  }
  return numbers.slice(0, count)
}

/** The share of rows that must conform; 1 unless said otherwise. */
export const mostlyOf = (args: Arguments): number => {
  const mostly = args['mostly'] ?? 1
  if (typeof mostly === 'number' && mostly >= 0 && mostly <= 1) return mostly
  throw new MlError('invalid_option', `mostly is ${String(mostly)}`, 'give a share from 0 to 1')
}

/** The result of a row by row check. `unexpected` holds row indices; `shown` is what to list of a row. */
export const rowResult = (
  rows: {
    readonly total: number
    readonly missing: number
    readonly unexpected: readonly number[]
  },
  args: Arguments,
  shown: (row: number) => unknown,
): ExpectationResult => {
  const { total, missing, unexpected } = rows
  const present = total - missing
  const count = unexpected.length
  const ofPresent = percent(count, present)
  return {
    success: present === 0 || (present - count) / present >= mostlyOf(args),
    element_count: total,
    missing_count: missing,
    missing_percent: percent(missing, total),
    unexpected_count: count,
    unexpected_percent: ofPresent,
    unexpected_percent_nonmissing: ofPresent,
    unexpected_percent_total: percent(count, total),
    ...examples(unexpected, shown),
  }
}

/** In per cent; null of nothing. */
export const percent = (part: number, whole: number): number | null =>
  whole > 0 ? (part / whole) * 100 : null

/** The unexpected rows, and the first of them. */
export const examples = (unexpected: readonly number[], shown: (row: number) => unknown) => {
  const values = unexpected.map(shown)
  return {
    unexpected_first: values.slice(0, EXAMPLES),
    unexpected_index_first: unexpected.slice(0, EXAMPLES),
    unexpected_list: values,
    unexpected_index_list: unexpected,
  }
}

/**
 * Whether a number lies between the bounds of the arguments.
 * @throws MlError when there is no bound, or the lower exceeds the upper.
 */
export const betweenOf = (args: Arguments): ((value: number | string) => boolean) => {
  const [min, max] = [args['min_value'] ?? null, args['max_value'] ?? null] as Bound[]
  if (min === null && max === null) {
    throw new MlError(
      'invalid_option',
      'there is neither min_value nor max_value',
      'give at least one bound',
    )
  }
  if (min !== null && max !== null && min! > max!) {
    throw new MlError(
      'invalid_option',
      `min_value ${String(min)} exceeds max_value ${String(max)}`,
      'swap the bounds',
    )
  }
  const [strictMin, strictMax] = [args['strict_min'] === true, args['strict_max'] === true]
  return (value) =>
    (min === null || min === undefined || (strictMin ? value > min : value >= min)) &&
    (max === null || max === undefined || (strictMax ? value < max : value <= max))
}

type Bound = number | string | null | undefined

/** @throws MlError when a set is missing. */
export const setOf = (args: Arguments, key = 'value_set'): ReadonlySet<unknown> => {
  const values = args[key]
  if (Array.isArray(values)) return new Set(values)
  throw new MlError('invalid_option', `${key} is no list`, 'give the values as a list')
}

/** Distinct present values, numbers by size and texts in code point order. */
export const distinctValues = (column: Values): (string | number | boolean)[] => {
  const seen = new Set<string | number | boolean>()
  for (let i = 0; i < column.length; i++) {
    const value = column[i]
    if (!isMissing(value)) seen.add(value)
  }
  return [...seen].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}
