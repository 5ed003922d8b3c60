import { invalidFilter, type Token, tokenize } from './filter-tokens.ts'

export const comparisonOperators = ['=', '!=', '<', '<=', '>', '>='] as const
export const filterOperators = [
  ...comparisonOperators,
  'LIKE',
  'ILIKE',
  'RLIKE',
  'IN',
  'NOT IN',
  'IS NULL',
  'IS NOT NULL',
] as const
export type FilterOperator = (typeof filterOperators)[number]

export type FilterValue =
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly texts: readonly string[] }
  | { readonly kind: 'none' }

/** One clause of a filter: `entity.key operator value`. */
export interface Clause<Entity extends string = string> {
  readonly entity: Entity
  readonly key: string
  readonly operator: FilterOperator
  readonly value: FilterValue
}

/** What can be asked of one kind of key. */
export interface KeyRule {
  readonly type: 'number' | 'text'
  readonly operators: readonly FilterOperator[]
  /** Whether a text may be compared with a number too: what is kept is either. */
  readonly orNumber?: boolean
  /** Operators that take nothing but a number, of those that a text takes. */
  readonly onlyNumbers?: readonly FilterOperator[]
  /** Whether a number may stand in quotes, as numbers of versions do in the protocol. */
  readonly quotable?: boolean
}

/** One kind of thing that clauses speak of: its spellings, and its keys with their rules. */
export interface EntityGrammar<Entity extends string = string> {
  readonly entity: Entity
  readonly spellings: readonly string[]
  /** By spelling, to the canonical key; absent where any key is possible. */
  readonly keys?: Readonly<Record<string, string>>
  readonly rule: (key: string) => KeyRule
}

/** What one search understands. A key without an entity is one of the first grammar, the attributes. */
export type SearchGrammar<Entity extends string = string> = readonly EntityGrammar<Entity>[]

export const numeric: KeyRule = { type: 'number', operators: comparisonOperators }
export const textual: KeyRule = { type: 'text', operators: ['=', '!=', 'LIKE', 'ILIKE'] }
export const textualOrNull: KeyRule = {
  type: 'text',
  operators: [...textual.operators, 'IS NULL', 'IS NOT NULL'],
}
export const textualOrListed: KeyRule = {
  type: 'text',
  operators: [...textual.operators, 'IN', 'NOT IN'],
}

/** Databases bound the depth of a condition and the tables of a query. */
const mostClauses = 100
const mostOrders = 20

/**
 * MLflow's search grammar: clauses joined by AND. Words and operators are case-insensitive, texts are quoted.
 *
 *     filter := "" | clause ("AND" clause)*
 *     clause := ident comparison value | ident ["NOT"] "IN" "(" text ("," text)* ")" | ident "IS" ["NOT"] "NULL"
 *     ident  := [entity "."] (word | "quoted" | `quoted`)
 *
 * @throws INVALID_FILTER with the place and what was expected there.
 */
export function parseFilter<Entity extends string>(
  filter: string,
  grammar: SearchGrammar<Entity>,
): readonly Clause<Entity>[] {
  const tokens = new TokenReader(tokenize(filter))
  const clauses: Clause<Entity>[] = []
  if (tokens.done) return clauses
  clauses.push(readClause(tokens, grammar))
  while (!tokens.done) {
    if (!tokens.takeWord('AND')) {
      throw tokens.expected('AND', 'Clauses can only be joined by AND; there is no OR and no NOT.')
    }
    clauses.push(readClause(tokens, grammar))
    if (clauses.length > mostClauses) {
      throw invalidFilter(`it has more than ${mostClauses} clauses`)
    }
  }
  return clauses
}

/** `[entity.]key [ASC|DESC]`. */
export interface Order<Entity extends string = string> {
  readonly entity: Entity
  readonly key: string
  readonly type: KeyRule['type']
  readonly descending: boolean
}

/** Items of an order, the first being decisive. @throws INVALID_FILTER */
export function parseOrders<Entity extends string>(
  orders: readonly string[],
  grammar: SearchGrammar<Entity>,
): readonly Order<Entity>[] {
  if (orders.length > mostOrders) {
    throw invalidFilter(`it is sorted by more than ${mostOrders} keys`)
  }
  return orders.map((order) => parseOrder(order, grammar))
}

/** @throws INVALID_FILTER */
export function parseOrder<Entity extends string>(
  order: string,
  grammar: SearchGrammar<Entity>,
): Order<Entity> {
  const tokens = new TokenReader(tokenize(order))
  const { entity, key, rule } = readIdentifier(tokens, grammar)
  const descending = tokens.takeWord('DESC')
  if (!descending) tokens.takeWord('ASC')
  if (!tokens.done) throw tokens.expected('ASC or DESC')
  return { entity, key, type: rule.type, descending }
}

interface Identifier<Entity extends string> {
  readonly entity: Entity
  readonly key: string
  readonly rule: KeyRule
}

class TokenReader {
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get done(): boolean {
    return this.#next >= this.#tokens.length
  }

  peek(): Token | undefined {
    return this.#tokens[this.#next]
  }

  take(kind: Token['kind'], text?: string): Token | undefined {
    const token = this.peek()
    if (token?.kind !== kind || (text !== undefined && token.text !== text)) return undefined
    this.#next++
    return token
  }

  takeWord(word: string): boolean {
    const token = this.peek()
    const found = token?.kind === 'word' && token.text.toUpperCase() === word
    if (found) this.#next++
    return found
  }

  expected(what: string, hint?: string) {
    const token = this.peek()
    const found = token
      ? `found ${JSON.stringify(token.text.slice(0, 100))} at character ${token.at + 1}`
      : 'the filter ends there'
    return invalidFilter(`expected ${what}, but ${found}`, hint)
  }
}

function readClause<Entity extends string>(
  tokens: TokenReader,
  grammar: SearchGrammar<Entity>,
): Clause<Entity> {
  const { entity, key, rule } = readIdentifier(tokens, grammar)
  const operator = readOperator(tokens)
  if (!rule.operators.includes(operator)) {
    throw invalidFilter(
      `"${operator}" cannot be asked of ${entity} "${key}"; it takes ${rule.operators.join(', ')}`,
    )
  }
  return { entity, key, operator, value: readValue(tokens, operator, rule) }
}

function readIdentifier<Entity extends string>(
  tokens: TokenReader,
  grammar: SearchGrammar<Entity>,
): Identifier<Entity> {
  const attributes = grammar[0] as EntityGrammar<Entity>
  const whole = tokens.take('quoted') ?? tokens.take('ticked')
  if (whole) return identifier(attributes, whole.text)
  const word = tokens.take('word') ?? tokens.take('number')
  if (!word) throw tokens.expected('a key such as metrics.accuracy')
  const dot = word.text.indexOf('.')
  if (dot < 0) return identifier(attributes, word.text)
  const prefix = word.text.slice(0, dot)
  const known = grammar.find(({ spellings }) => spellings.includes(prefix.toLowerCase()))
  if (!known) {
    const entities = grammar.map(({ spellings }) => spellings[0]).join(', ')
    throw invalidFilter(`unknown entity "${prefix.slice(0, 100)}"; known are ${entities}`)
  }
  const rest = word.text.slice(dot + 1)
  const next = tokens.peek()
  const open = rest === '' || rest.endsWith('.')
  const quoted = open && next?.joined && (tokens.take('quoted') ?? tokens.take('ticked'))
  const key = quoted ? rest + quoted.text : rest
  if (key === '') throw tokens.expected(`a key after "${prefix}."`)
  return identifier(known, key)
}

function identifier<Entity extends string>(
  grammar: EntityGrammar<Entity>,
  spelling: string,
): Identifier<Entity> {
  const { entity, keys, rule } = grammar
  const key = keys ? (Object.hasOwn(keys, spelling) ? keys[spelling] : undefined) : spelling
  if (key === undefined) {
    const known = Object.keys(keys ?? {}).join(', ')
    throw invalidFilter(
      `unknown ${entity} key ${JSON.stringify(spelling.slice(0, 100))}; known are ${known}`,
    )
  }
  return { entity, key, rule: rule(key) }
}

function readOperator(tokens: TokenReader): FilterOperator {
  const symbol = tokens.take('operator')
  if (symbol) return symbol.text as FilterOperator
  if (tokens.takeWord('LIKE')) return 'LIKE'
  if (tokens.takeWord('ILIKE')) return 'ILIKE'
  if (tokens.takeWord('RLIKE')) return 'RLIKE'
  if (tokens.takeWord('IN')) return 'IN'
  if (tokens.takeWord('NOT')) {
    if (tokens.takeWord('IN')) return 'NOT IN'
    throw tokens.expected('IN after NOT')
  }
  if (tokens.takeWord('IS')) {
    const not = tokens.takeWord('NOT')
    if (tokens.takeWord('NULL')) return not ? 'IS NOT NULL' : 'IS NULL'
    throw tokens.expected('NULL')
  }
  throw tokens.expected('an operator')
}

const isComparison = (operator: FilterOperator): boolean =>
  (comparisonOperators as readonly string[]).includes(operator)

function readValue(tokens: TokenReader, operator: FilterOperator, rule: KeyRule): FilterValue {
  if (operator === 'IS NULL' || operator === 'IS NOT NULL') return { kind: 'none' }
  if (operator === 'IN' || operator === 'NOT IN') return { kind: 'list', texts: readList(tokens) }
  const mayBeNumber = rule.type === 'number' || (rule.orNumber && isComparison(operator))
  const number = mayBeNumber ? tokens.take('number') : undefined
  if (number) return { kind: 'number', number: Number(number.text) }
  if (rule.onlyNumbers?.includes(operator)) throw tokens.expected('a number')
  if (rule.type === 'number') {
    const quoted = rule.quotable ? tokens.peek() : undefined
    if (quoted?.kind !== 'quoted' || !/^\d{1,15}$/.test(quoted.text)) {
      throw tokens.expected('a number')
    }
    tokens.take('quoted')
    return { kind: 'number', number: Number(quoted.text) }
  }
  const text = tokens.take('quoted')
  if (!text) throw tokens.expected('a text in quotes')
  return { kind: 'text', text: text.text }
}

function readList(tokens: TokenReader): readonly string[] {
  if (!tokens.take('punctuation', '(')) throw tokens.expected('"("')
  const texts: string[] = []
  do {
    const text = tokens.take('quoted')
    if (!text) throw tokens.expected('a text in quotes')
    texts.push(text.text)
  } while (tokens.take('punctuation', ','))
  if (!tokens.take('punctuation', ')')) throw tokens.expected('"," or ")"')
  return texts
}
