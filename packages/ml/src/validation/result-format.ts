import { MlError } from '../ml-error.ts'

/** How much of what was found a result tells, under the names of Great Expectations; each tells what those before do. */
export const resultFormats = ['BOOLEAN_ONLY', 'BASIC', 'SUMMARY', 'COMPLETE'] as const

export interface ResultFormat {
  readonly format: (typeof resultFormats)[number]
  /** Unexpected values that the lists named `partial` hold at most. */
  readonly examples: number
  /** Columns that tell unexpected rows apart; none: their positions do. */
  readonly indexColumns: readonly string[]
}

const mostExamples = 1_000

/**
 * Reads `result_format`: a name, or an object with more settings. `SUMMARY` where there is none.
 * @throws MlError invalid_option
 */
export function readResultFormat(given: unknown): ResultFormat {
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given)
  const fields = (isObject ? given : {}) as Fields
  const name = isObject
    ? (fields['result_format'] ?? 'SUMMARY')
    : given === undefined
      ? 'SUMMARY'
      : given
  const format = resultFormats.find((each) => each === name)
  if (format === undefined)
    throw wrong(`"${String(name)}" is no format`, `It may be ${resultFormats.join(', ')}.`)
  const examples = fields['partial_unexpected_count'] ?? 20
  if (!Number.isSafeInteger(examples) || Number(examples) < 0 || Number(examples) > mostExamples)
    throw wrong(
      `partial_unexpected_count is ${JSON.stringify(examples)}`,
      `Give a whole number from 0 to ${mostExamples}.`,
    )
  const indexColumns = fields['unexpected_index_column_names'] ?? []
  if (!Array.isArray(indexColumns) || indexColumns.some((column) => typeof column !== 'string'))
    throw wrong('unexpected_index_column_names is no list of names', 'Give a list of columns.')
  return { format, examples: Number(examples), indexColumns }
}

type Fields = Readonly<Record<string, unknown>>

const wrong = (why: string, hint: string): MlError =>
  new MlError('invalid_option', `result_format: ${why}`, hint)

/** Unexpected values with the rows that hold them: positions from 0, or values of the index columns. */
export interface UnexpectedRows {
  readonly values: readonly unknown[]
  readonly positions: readonly number[]
  /** A row by the columns that were checked and the index columns; absent where rows go by position. */
  readonly named?: readonly Fields[]
}

/**
 * The fields of a row by row result that list what was not expected, as much of it as the format tells. `counts` are
 * over the values that are listed: the partial ones below `COMPLETE`.
 */
export function listUnexpected(
  { values, positions, named }: UnexpectedRows,
  { format, examples, indexColumns }: ResultFormat,
): Fields {
  if (format === 'BOOLEAN_ONLY') return {}
  const partial = values.slice(0, examples)
  const basic = { partial_unexpected_list: partial }
  if (format === 'BASIC') return basic
  const rows: readonly unknown[] = named ?? positions
  const isComplete = format === 'COMPLETE'
  return {
    ...basic,
    ...(named ? { unexpected_index_column_names: indexColumns } : {}),
    partial_unexpected_counts: countValues(isComplete ? values : partial, examples),
    partial_unexpected_index_list: rows.slice(0, examples),
    ...(isComplete
      ? {
          unexpected_list: values,
          unexpected_index_list: rows,
          unexpected_index_query: `df.filter(items=[${positions.join(', ')}], axis=0)`,
        }
      : {}),
  }
}

interface Counted {
  readonly value: unknown
  readonly count: number
}

/** The most frequent values, of equally frequent ones those that came first; then by count, and by size. */
function countValues(values: readonly unknown[], most: number): readonly Counted[] {
  const counts = new Map<string, { value: unknown; count: number }>()
  for (const shown of values) {
    const value = isRow(shown) ? Object.values(shown) : shown
    const key = JSON.stringify(value)
    const known = counts.get(key)
    if (known) known.count++
    else counts.set(key, { value, count: 1 })
  }
  const frequent = [...counts.values()].sort((a, b) => b.count - a.count).slice(0, most)
  return frequent.sort((a, b) => b.count - a.count || order(a.value, b.value))
}

const isRow = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const order = (a: unknown, b: unknown): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)]
  return left < right ? -1 : left > right ? 1 : 0
}
