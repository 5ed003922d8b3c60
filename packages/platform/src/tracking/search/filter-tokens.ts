import { KaizenError } from '@kaizen/contracts'

/** A piece of a search filter, with where it begins. */
export interface Token {
  /** `word`: bare text; `quoted`: in '…' or "…"; `ticked`: in `…`. */
  readonly kind: 'word' | 'quoted' | 'ticked' | 'number' | 'operator' | 'punctuation'
  readonly text: string
  readonly at: number
  /** Whether nothing stands between it and the token before. */
  readonly joined: boolean
}

const space = /\s+/y
const rules: readonly (readonly [Token['kind'], RegExp])[] = [
  ['number', /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_.])/uy],
  ['word', /[\p{L}\p{N}_][\p{L}\p{N}_.\-/:]*/uy],
  ['operator', /!=|<=|>=|=|<|>/y],
  ['punctuation', /[(),]/y],
]
const quotes: Readonly<Record<string, Token['kind']>> = {
  "'": 'quoted',
  '"': 'quoted',
  '`': 'ticked',
}

export const invalidFilter = (message: string, hint?: string): KaizenError =>
  new KaizenError('INVALID_FILTER', `Invalid filter: ${message}`, hint ? { hint } : {})

/** Splits a filter into tokens. @throws INVALID_FILTER */
export function tokenize(filter: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  let joined = false
  while (at < filter.length) {
    const gap = match(space, filter, at)
    if (gap !== undefined) {
      at += gap.length
      joined = false
      continue
    }
    const { token, end } = nextToken(filter, at, joined)
    tokens.push(token)
    at = end
    joined = true
  }
  return tokens
}

function nextToken(
  filter: string,
  at: number,
  joined: boolean,
): { readonly token: Token; readonly end: number } {
  const quote = filter[at] as string
  const quotedKind = quotes[quote]
  if (quotedKind) {
    const { text, end } = readQuoted(filter, at, quote)
    return { token: { kind: quotedKind, text, at, joined }, end }
  }
  for (const [kind, rule] of rules) {
    const text = match(rule, filter, at)
    if (text !== undefined) {
      return { token: { kind, text, at, joined }, end: at + text.length }
    }
  }
  throw invalidFilter(`unexpected ${JSON.stringify(quote)} at character ${at + 1}`)
}

/** A quote inside is written twice. */
function readQuoted(
  filter: string,
  start: number,
  quote: string,
): { readonly text: string; readonly end: number } {
  let text = ''
  for (let at = start + 1; at < filter.length; at++) {
    if (filter[at] !== quote) text += filter[at]
    else if (filter[at + 1] === quote) text += filter[at++]
    else return { text, end: at + 1 }
  }
  throw invalidFilter(`the text that begins at character ${start + 1} is not closed`)
}

function match(rule: RegExp, filter: string, at: number): string | undefined {
  rule.lastIndex = at
  return rule.exec(filter)?.[0]
}
