import type { Random } from '../random.ts'

/** What can be said about one kind of object in a filter and an order. */
export interface Grammar {
  /** Names as they stand in a filter, with the operators and values that suit them. */
  readonly keys: readonly FilterKey[]
  readonly orders: readonly string[]
  /** Names that nobody defined. */
  readonly unknown: readonly string[]
}

export interface FilterKey {
  readonly name: string
  readonly operators: readonly string[]
  readonly values: readonly string[]
}

export const ofNumbers = ['=', '!=', '<', '<=', '>', '>='] as const
export const ofTexts = ['=', '!=', 'LIKE', 'ILIKE'] as const
const all = [
  ...ofNumbers,
  'LIKE',
  'ILIKE',
  'like',
  'IN',
  'NOT IN',
  'IS NULL',
  'IS NOT NULL',
  'RLIKE',
  '==',
  '<>',
]

/** A filter: mostly sound; now and then with an operator, a value, a name or a form that does not suit. */
export function filterOf(random: Random, grammar: Grammar): string {
  if (random.chance(0.06)) return random.of(broken)
  const clauses = Array.from({ length: 1 + random.below(3) }, () => clauseOf(random, grammar))
  return clauses.join(random.of([' AND ', ' and ', '  AND  ']))
}

const broken = [
  '',
  ' ',
  'AND',
  "params.a = 'x' OR params.b = 'y'",
  "NOT params.a = 'x'",
  "(params.a = 'x')",
  "params.a = 'x' AND",
  "params.a = 'x'; drop table runs",
  'params.a',
  "params.a = 'unfinished",
  'params.a = "double" AND',
  "'x' = params.a",
  '= 1',
  'metrics.m',
  'tags.`a b` = "x"',
  '1 = 1',
  "params.a = 'x' -- comment",
]

function clauseOf(random: Random, grammar: Grammar): string {
  const key = random.of(grammar.keys)
  const name = random.chance(0.04) ? random.of(grammar.unknown) : key.name
  const operator = random.chance(0.08) ? random.of(all) : random.of(key.operators)
  if (/NULL/.test(operator)) return `${name} ${operator}`
  const other = random.chance(0.06) ? random.of(grammar.keys) : key
  if (/IN$/.test(operator)) return `${name} ${operator} (${listOf(random, other)})`
  const space = random.chance(0.1) ? '' : ' '
  const word = /\w/.test(operator)
  return `${name}${word ? ' ' : space}${operator}${word ? ' ' : space}${random.of(other.values)}`
}

const listOf = (random: Random, key: FilterKey): string =>
  Array.from({ length: 1 + random.below(3) }, () => random.of(key.values)).join(', ')

export function ordersOf(random: Random, grammar: Grammar): readonly string[] {
  return Array.from({ length: random.below(3) }, () => {
    const name = random.chance(0.05) ? random.of(grammar.unknown) : random.of(grammar.orders)
    return `${name}${random.of(['', '', ' ASC', ' DESC', ' desc', ' DESC', random.chance(0.1) ? ' UP' : ''])}`
  })
}

/** Texts as a filter quotes them. */
export const quoted = (texts: readonly string[]): readonly string[] =>
  texts.flatMap((text) => [`'${text}'`, `'${text}'`, `"${text}"`])
