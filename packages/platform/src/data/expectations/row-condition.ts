import { type Column, KaizenError } from '@kaizen/contracts'
import { identifier } from '../../storage/index.ts'
import { missingSql, type TableShape, valueSql } from './check.ts'

/**
 * The rows that an expectation looks at, as SQL. Reads the forms of `row_condition` in Great Expectations: its own
 * (`col("a").notNull()`, `col("a") > 5`) and what pandas and Spark suites commonly hold (`a > 5 and b == "x"`,
 * `a IS NOT NULL`, `a in [1, 2]`).
 * @throws KaizenError INVALID_REQUEST where it does not parse or names a column that is not there.
 */
export function rowConditionSql(table: TableShape, text: string): string {
  const reader = new ConditionReader(table, tokensOf(text), text)
  return reader.whole()
}

interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'sign'
  readonly value: string
  /** Quoted as a name, so that it is no keyword. */
  readonly quoted: boolean
}

const tokenPattern =
  /\s*(?:(?<number>-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>(?:[^'\\]|\\.)*)'|`(?<back>[^`]+)`|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<sign>==|!=|<>|<=|>=|[<>=()[\],.&|~]))/iuy

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  const end = text.trimEnd().length
  tokenPattern.lastIndex = 0
  let at = 0
  while (at < end) {
    const match = tokenPattern.exec(text)
    if (!match?.groups) throw unreadable(text, `"${text.slice(at, at + 20).trim()}" has no meaning`)
    const { number, double, single, back, name, sign } = match.groups
    if (number !== undefined) tokens.push({ kind: 'number', value: number, quoted: false })
    else if (back !== undefined) tokens.push({ kind: 'name', value: back, quoted: true })
    else if (name !== undefined) tokens.push({ kind: 'name', value: name, quoted: false })
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign, quoted: false })
    else {
      const value = (double ?? single ?? '').replaceAll(/\\(.)/gu, '$1')
      tokens.push({ kind: 'text', value, quoted: true })
    }
    at = tokenPattern.lastIndex
  }
  return tokens
}

const unreadable = (text: string, why: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', `row_condition "${text.slice(0, 80)}": ${why}`, {
    hint: 'Write for example: col("age") > 18 and col("country") == "DE", or: age IS NOT NULL.',
  })

const maxDepth = 50
/** Comparisons of a condition, in SQL. */
export const comparisons: Readonly<Record<string, string>> = {
  '==': '=',
  '=': '=',
  '!=': '<>',
  '<>': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

/** Reads `or` of `and` of `not` of single tests. */
class ConditionReader {
  readonly #table: TableShape
  readonly #tokens: readonly Token[]
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(table: TableShape, tokens: readonly Token[], text: string) {
    this.#table = table
    this.#tokens = tokens
    this.#text = text
  }

  whole(): string {
    const sql = this.#any()
    if (this.#at < this.#tokens.length)
      throw this.#wrong(`"${this.#tokens[this.#at]?.value}" is one too many`)
    return sql
  }

  #any(): string {
    const parts = [this.#all()]
    while (this.#takes('or', '|')) parts.push(this.#all())
    return parts.length === 1 ? (parts[0] as string) : `(${parts.join(' OR ')})`
  }

  #all(): string {
    const parts = [this.#single()]
    while (this.#takes('and', '&')) parts.push(this.#single())
    return parts.length === 1 ? (parts[0] as string) : `(${parts.join(' AND ')})`
  }

  #single(): string {
    if (++this.#depth > maxDepth) throw this.#wrong('it is nested too deeply')
    try {
      if (this.#takes('not', '~')) return `(NOT ${this.#single()})`
      if (this.#takes('(')) {
        const inner = this.#any()
        this.#expect(')')
        return inner
      }
      return this.#test()
    } finally {
      this.#depth--
    }
  }

  #test(): string {
    const column = this.#column()
    const missing = missingSql(column)
    if (this.#takes('.')) {
      const method = this.#next('a method').value.toLowerCase()
      this.#expect('(')
      this.#expect(')')
      if (method === 'notnull' || method === 'notna') return `(NOT ${missing})`
      if (method === 'isnull' || method === 'isna') return missing
      throw this.#wrong(`the method ${method}() is not known`)
    }
    if (this.#takes('is')) {
      const isNot = this.#takes('not')
      this.#expect('null')
      return isNot ? `(NOT ${missing})` : missing
    }
    const isNot = this.#takes('not')
    if (this.#takes('in')) {
      const listed = this.#list(column).join(', ')
      return `coalesce(${identifier(column.name)} ${isNot ? 'NOT IN' : 'IN'} (${listed}), FALSE)`
    }
    const sign = comparisons[this.#next('a comparison').value]
    if (isNot || sign === undefined) throw this.#wrong('a comparison is missing')
    return `coalesce(${identifier(column.name)} ${sign} ${this.#value(column)}, FALSE)`
  }

  #column(): Column {
    let token = this.#next('a column')
    if (token.kind === 'name' && !token.quoted && token.value === 'col' && this.#takes('(')) {
      token = this.#next('the name of a column')
      this.#expect(')')
    } else if (token.kind !== 'name') {
      throw this.#wrong(`"${token.value}" stands where a column must`)
    }
    const column = this.#table.schema.find((candidate) => candidate.name === token.value)
    if (column) return column
    throw this.#wrong(`there is no column "${token.value}"`)
  }

  #list(column: Column): readonly string[] {
    const close = this.#takes('[') ? ']' : ')'
    if (close === ')') this.#expect('(')
    const values = [this.#value(column)]
    while (this.#takes(',')) values.push(this.#value(column))
    this.#expect(close)
    return values
  }

  #value(column: Column): string {
    const token = this.#next('a value')
    const value = constantOf(token)
    const sql = value === undefined ? undefined : valueSql(column, value)
    if (sql !== undefined) return sql
    throw this.#wrong(`"${token.value}" cannot be compared with ${column.name} (${column.type})`)
  }

  #next(what: string): Token {
    const token = this.#tokens[this.#at++]
    if (token) return token
    throw this.#wrong(`${what} is missing at the end`)
  }

  #takes(...words: readonly string[]): boolean {
    const token = this.#tokens[this.#at]
    if (!token || token.quoted || !words.includes(token.value.toLowerCase())) return false
    this.#at++
    return true
  }

  #expect(word: string): void {
    if (!this.#takes(word)) throw this.#wrong(`"${word}" is missing`)
  }

  #wrong(why: string): KaizenError {
    return unreadable(this.#text, why)
  }
}

function constantOf({ kind, value, quoted }: Token): unknown {
  if (kind === 'text') return value
  if (kind === 'number') return Number(value)
  if (kind !== 'name' || quoted) return undefined
  const word = value.toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : undefined
}
