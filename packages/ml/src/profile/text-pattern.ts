import type { FrequentItems } from '../sketches/frequent-items.ts'

/** A pattern and the rows whose text has it. */
export interface TextPattern {
  readonly pattern: string
  readonly rows: number
}

/** What a text can be read as. */
export type TextType = 'empty' | 'integer' | 'fractional' | 'boolean' | 'date' | 'text'

/** Signs of a text that its pattern looks at. */
const LONGEST = 128

/**
 * The pattern of a text, as profilers write it: `A` for a run of capital letters, `a` for one of other letters, `9` for one of
 * digits; blanks as one space, other signs as they are. `AB-1234` and `X-9` have the pattern `A-9`, by
 * definition.
 */
export const textPattern = (text: string): string =>
  text
    .slice(0, LONGEST)
    .replaceAll(/\p{Lu}+/gu, '\u0001')
    .replaceAll(/[\p{L}\p{M}]+/gu, '\u0002')
    .replaceAll(/\p{N}+/gu, '9')
    .replaceAll(/\s+/gu, ' ')
    .replaceAll('\u0001', 'A')
    .replaceAll('\u0002', 'a')

const INTEGER = /^[+-]?\d+$/u
const FRACTIONAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/iu
const BOOLEAN = /^(?:true|false|yes|no)$/iu
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/u

/** What a text can be read as: dates in the form of ISO 8601, whole and other decimal numbers, words of truth. */
export const textType = (text: string): TextType => {
  const bare = text.trim()
  if (bare === '') return 'empty'
  if (INTEGER.test(bare)) return 'integer'
  if (FRACTIONAL.test(bare)) return 'fractional'
  if (BOOLEAN.test(bare)) return 'boolean'
  return DATE.test(bare) ? 'date' : 'text'
}

/** Patterns of the items held, the most frequent first, then in order of the patterns. */
export const patternsOf = (items: FrequentItems, limit: number): readonly TextPattern[] => {
  const rows = new Map<string, number>()
  for (const { item, lower } of items.top(Number.POSITIVE_INFINITY)) {
    const pattern = textPattern(item)
    rows.set(pattern, (rows.get(pattern) ?? 0) + lower)
  }
  return [...rows]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([pattern, count]) => ({ pattern, rows: count }))
}

/** Rows of the items held by what they can be read as. */
export const typesOf = (items: FrequentItems): Readonly<Record<TextType, number>> => {
  const types = { empty: 0, integer: 0, fractional: 0, boolean: 0, date: 0, text: 0 }
  for (const { item, lower } of items.top(Number.POSITIVE_INFINITY)) types[textType(item)] += lower
  return types
}
