import type { MlError } from '../ml-error.ts'
import {
  type Constant,
  deepestCondition,
  not,
  type RowCondition,
  type Sign,
} from './row-condition.ts'
import { type Token, tokensOf, unreadableText } from './row-condition-tokens.ts'

/**
 * Reads the text of a condition: `or` of `and` of `not` of single tests, in the words of pandas
 * (`a > 5 and b == "x"`, `1 < a <= 3`, `a in [1, 2]`, `a.notnull()`, `a < b`), of Great Expectations' own parser
 * (`col("a").notNull()`, `col("day") > date("2026-01-01")`) and of SQL (`a IS NOT NULL`, `a <> 5`, `a BETWEEN 1 AND 3`).
 * @throws MlError invalid_option where it does not parse
 */
export const readConditionText = (text: string): RowCondition =>
  new ConditionReader(tokensOf(text), text).whole()

type Side = { readonly column: string } | { readonly value: Constant | null }

const comparisons: Readonly<Record<string, Sign | '!='>> = {
  '==': '==',
  '=': '==',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}
const turned: Readonly<Record<Sign, Sign>> = {
  '==': '==',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

class ConditionReader {
  readonly #tokens: readonly Token[]
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[], text: string) {
    this.#tokens = tokens
    this.#text = text
  }

  whole(): RowCondition {
    const condition = this.#any()
    if (this.#at < this.#tokens.length)
      throw this.#wrong(`"${this.#tokens[this.#at]?.value}" is one too many`)
    return condition
  }

  #any(): RowCondition {
    const parts = [this.#all()]
    while (this.#takes('or', '|', '||')) parts.push(this.#all())
    return parts.length === 1 ? (parts[0] as RowCondition) : { kind: 'or', parts }
  }

  #all(): RowCondition {
    const parts = [this.#single()]
    while (this.#takes('and', '&', '&&')) parts.push(this.#single())
    return parts.length === 1 ? (parts[0] as RowCondition) : { kind: 'and', parts }
  }

  #single(): RowCondition {
    if (++this.#depth > deepestCondition) throw this.#wrong('it is nested too deeply')
    try {
      if (this.#takes('not', '~', '!')) return not(this.#single())
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

  #test(): RowCondition {
    const left = this.#side()
    if ('column' in left) {
      const named = this.#ofColumn(left.column)
      if (named) return named
    }
    const parts: RowCondition[] = []
    let before = left
    for (let sign = this.#comparison(); sign; sign = this.#comparison()) {
      if ((sign === '==' || sign === '!=') && 'column' in before && this.#takes('[')) {
        const listed: RowCondition = { kind: 'in', column: before.column, values: this.#list(']') }
        return sign === '==' ? listed : not(listed)
      }
      const after = this.#side()
      parts.push(this.#compare(before, sign, after))
      before = after
    }
    if (parts.length > 1) return { kind: 'and', parts }
    if (parts[0]) return parts[0]
    // A column by itself is its own truth.
    if ('column' in left)
      return { kind: 'compare', column: left.column, sign: '==', with: { value: true } }
    throw this.#wrong('a comparison is missing')
  }

  /** What may follow a column beside a comparison. */
  #ofColumn(column: string): RowCondition | undefined {
    const missing: RowCondition = { kind: 'missing', column }
    if (this.#takes('.')) {
      const method = this.#next('a method').value.toLowerCase()
      this.#expect('(')
      this.#expect(')')
      if (method === 'notnull' || method === 'notna') return not(missing)
      if (method === 'isnull' || method === 'isna') return missing
      throw this.#wrong(`the method ${method}() is not known`)
    }
    if (this.#takes('is')) {
      const isNot = this.#takes('not')
      this.#expect('null')
      return isNot ? not(missing) : missing
    }
    const isNot = this.#takes('not')
    const found = this.#listed(column)
    if (found) return isNot ? not(found) : found
    if (isNot) throw this.#wrong('"in" is missing after "not"')
    return undefined
  }

  #listed(column: string): RowCondition | undefined {
    if (this.#takes('in')) {
      const close = this.#takes('[') ? ']' : ')'
      if (close === ')') this.#expect('(')
      return { kind: 'in', column, values: this.#list(close) }
    }
    if (!this.#takes('between')) return undefined
    const low = this.#side()
    this.#expect('and')
    const parts = [
      this.#compare({ column }, '>=', low),
      this.#compare({ column }, '<=', this.#side()),
    ]
    return { kind: 'and', parts }
  }

  #compare(left: Side, sign: Sign | '!=', right: Side): RowCondition {
    if (sign === '!=') return not(this.#compare(left, '==', right))
    if (!('column' in left)) {
      if (!('column' in right)) throw this.#wrong('it compares two values, and no column')
      return this.#compare(right, turned[sign], left)
    }
    if ('column' in right) return { kind: 'compare', column: left.column, sign, with: right }
    const { value } = right
    if (value !== null) return { kind: 'compare', column: left.column, sign, with: { value } }
    if (sign === '==') return { kind: 'constant', value: false }
    throw this.#wrong('nothing is less or greater than None')
  }

  #side(): Side {
    const token = this.#next('a column or a value')
    if (token.kind === 'text') return { value: token.value }
    if (token.kind === 'number') return { value: Number(token.value) }
    if (token.kind === 'sign') throw this.#wrong(`"${token.value}" stands where a column must`)
    if (token.quoted) return { column: token.value }
    const word = token.value.toLowerCase()
    if (word === 'true' || word === 'false') return { value: word === 'true' }
    if (word === 'none') return { value: null }
    if (token.value === 'col' && this.#takes('('))
      return { column: this.#named('the name of a column') }
    if (token.value === 'date' && this.#takes('(')) return { value: this.#named('a date') }
    return { column: token.value }
  }

  /** The text in brackets that were opened. */
  #named(what: string): string {
    const { value } = this.#next(what)
    this.#expect(')')
    return value
  }

  #list(close: ')' | ']'): readonly Constant[] {
    const values: Constant[] = []
    if (this.#takes(close)) return values
    do {
      const side = this.#side()
      if ('column' in side)
        throw this.#wrong(`the column ${side.column} stands in a list of values`)
      if (side.value !== null) values.push(side.value)
    } while (this.#takes(','))
    this.#expect(close)
    return values
  }

  #comparison(): Sign | '!=' | undefined {
    const token = this.#tokens[this.#at]
    const sign =
      token?.kind === 'sign' && Object.hasOwn(comparisons, token.value)
        ? comparisons[token.value]
        : undefined
    if (sign !== undefined) this.#at++
    return sign
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

  #wrong(why: string): MlError {
    return unreadableText(this.#text, why)
  }
}
