import { KaizenError } from '@kaizen/contracts'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Visibility } from '../../kernel/index.ts'
import type { Dialect } from '../../storage/index.ts'
import type { FilterOperator, FilterValue } from './filter.ts'
import type { Position } from './page-token.ts'

/** One expression that a list is sorted by; it is never null, so that positions can be compared. */
export interface SortTerm {
  readonly expression: RawBuilder<unknown>
  readonly type: 'integer' | 'real' | 'text'
  readonly descending: boolean
}

export const ascending = (type: SortTerm['type'], expression: RawBuilder<unknown>): SortTerm => ({
  type,
  expression,
  descending: false,
})
export const descending = (type: SortTerm['type'], expression: RawBuilder<unknown>): SortTerm => ({
  type,
  expression,
  descending: true,
})

/** Two terms for a column that may be null: missing values come last in both directions. */
export const nullsLast = (
  column: RawBuilder<unknown>,
  type: SortTerm['type'],
  isDescending: boolean,
): readonly SortTerm[] => [
  ascending('integer', sql`case when ${column} is null then 1 else 0 end`),
  {
    type,
    expression: type !== 'text' ? sql`coalesce(${column}, 0)` : sql`coalesce(${column}, '')`,
    descending: isDescending,
  },
]

export const orderBy = (terms: readonly SortTerm[]): RawBuilder<unknown> =>
  sql.join(
    terms.map(({ expression, descending: down }) =>
      down ? sql`${expression} desc` : sql`${expression} asc`,
    ),
  )

/** The sort values of each row, as columns `s0`, `s1`, …. */
export const sortColumns = (terms: readonly SortTerm[]): RawBuilder<unknown> =>
  sql.join(terms.map(({ expression }, index) => sql`${expression} as ${sql.ref(`s${index}`)}`))

/** A row answered with `sortColumns`. */
export type SortedRow = Readonly<Record<`s${number}`, string | number>>

export const positionOf = (terms: readonly SortTerm[], row: SortedRow): Position =>
  terms.map((_, index) => row[`s${index}`] as string | number)

/**
 * Rows that come after `position`: greater in the first term, or equal in it and after in the rest. The bound on the
 * first term alone is implied, and lets an index begin there.
 */
export function after(terms: readonly SortTerm[], position: Position): RawBuilder<SqlBool> {
  const [first] = terms
  if (!first || !fits(terms, position)) {
    throw new KaizenError('INVALID_REQUEST', 'Invalid page token')
  }
  const chain = terms.reduceRight<RawBuilder<SqlBool> | undefined>((rest, term, index) => {
    const value = position[index]
    const beyond = term.descending
      ? sql<SqlBool>`${term.expression} < ${value}`
      : sql<SqlBool>`${term.expression} > ${value}`
    if (!rest) return beyond
    return sql<SqlBool>`(${beyond} or (${term.expression} = ${value} and ${rest}))`
  }, undefined)
  const bound = first.descending
    ? sql`${first.expression} <= ${position[0]}`
    : sql`${first.expression} >= ${position[0]}`
  return sql<SqlBool>`(${bound} and ${chain})`
}

/** Tokens come from outside: a position must have a value of the right type for each term. */
const fits = (terms: readonly SortTerm[], position: Position): boolean =>
  position.length === terms.length &&
  terms.every(({ type }, index) => {
    const value = position[index]
    if (type === 'integer') return Number.isSafeInteger(value)
    return type === 'real' ? typeof value === 'number' : isText(value)
  })

const isText = (value: unknown): boolean => typeof value === 'string' && !value.includes('\0')

/** A comparison of a column with a bound value, meaning the same on both databases. */
export function compare(
  dialect: Dialect,
  column: RawBuilder<unknown>,
  operator: FilterOperator,
  value: FilterValue,
): RawBuilder<SqlBool> {
  switch (operator) {
    case 'IS NULL':
      return sql<SqlBool>`${column} is null`
    case 'IS NOT NULL':
      return sql<SqlBool>`${column} is not null`
    case 'IN':
      return sql<SqlBool>`${column} in (${sql.join(listOf(value))})`
    case 'NOT IN':
      return sql<SqlBool>`${column} not in (${sql.join(listOf(value))})`
    case 'LIKE':
      return like(dialect, column, textOf(value))
    case 'ILIKE':
      return dialect === 'postgres'
        ? sql<SqlBool>`${column} ilike ${textOf(value)} escape ''`
        : sql<SqlBool>`${column} like ${textOf(value)}`
    case 'RLIKE':
      throw new TypeError('patterns are matched outside of the database')
    default:
      return sql<SqlBool>`${column} ${sql.raw(operator)} ${scalarOf(value)}`
  }
}

/** SQLite's LIKE ignores case; its GLOB does not, and has other wildcards. */
const like = (
  dialect: Dialect,
  column: RawBuilder<unknown>,
  pattern: string,
): RawBuilder<SqlBool> =>
  dialect === 'postgres'
    ? sql<SqlBool>`${column} like ${pattern} escape ''`
    : sql<SqlBool>`${column} glob ${globOf(pattern)}`

const globOf = (pattern: string): string =>
  pattern.replace(/[*?[%_]/g, (char) => ({ '%': '*', _: '?' })[char] ?? `[${char}]`)

/** A number that is no integer must not be read as one where the column holds integers. */
const scalarOf = (value: FilterValue): RawBuilder<unknown> => {
  if (value.kind !== 'number') return sql`${textOf(value)}`
  return Number.isSafeInteger(value.number)
    ? sql`${value.number}`
    : sql`cast(${value.number} as double precision)`
}

function textOf(value: FilterValue): string {
  if (value.kind !== 'text') throw new TypeError(`a ${value.kind} is not a text`)
  if (value.text.length > 10_000) {
    throw new KaizenError(
      'INVALID_FILTER',
      'Invalid filter: a text is longer than 10000 characters',
    )
  }
  return value.text
}

function listOf(value: FilterValue): readonly string[] {
  if (value.kind !== 'list') throw new TypeError(`a ${value.kind} is not a list`)
  if (value.texts.length > 10_000) {
    throw new KaizenError('INVALID_FILTER', 'Invalid filter: a list has more than 10000 texts')
  }
  return value.texts
}

/** Whether a column's text is among what a caller sees. */
export function within(column: RawBuilder<unknown>, visible: Visibility): RawBuilder<SqlBool> {
  if (visible.only) {
    return visible.only.length === 0
      ? sql<SqlBool>`1 = 0`
      : sql<SqlBool>`${column} in (${sql.join([...visible.only])})`
  }
  return sql<SqlBool>`${column} not in (${sql.join([...visible.except])})`
}
