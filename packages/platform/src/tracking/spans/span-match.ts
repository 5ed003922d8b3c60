import { KaizenError } from '@kaizen/contracts'
import type { Clause, FilterValue } from '../search/filter.ts'
import type { Patterns } from '../traces/trace-patterns.ts'
import type { TraceEntity } from '../traces/trace-search.ts'
import { type ScannedSpan, scanScopeSpans } from './otlp-scan.ts'
import type { OtlpValue } from './otlp-values.ts'
import { factsOf, unwrapped, wantedAttributes } from './span-facts.ts'

type SpanClause = Pick<Clause<TraceEntity>, 'key' | 'operator' | 'value'>

const attributePrefix = 'attributes.'

/** The clauses about spans; `text` of a trace is the content of any of its spans. */
export const spanClauses = (clauses: readonly Clause<TraceEntity>[]): readonly SpanClause[] =>
  clauses.flatMap(({ entity, key, operator, value }) => {
    if (entity === 'span') return [{ key, operator, value }]
    return entity === 'attribute' && key === 'text' ? [{ key: 'content', operator, value }] : []
  })

/** Whether a search must look into spans: the database knows their names, types and states. @throws INVALID_FILTER */
export function looksInside(clauses: readonly SpanClause[]): boolean {
  for (const { key } of clauses) {
    if (['name', 'type', 'status', 'content'].includes(key)) continue
    if (key.startsWith(attributePrefix) && key.length > attributePrefix.length) continue
    throw new KaizenError(
      'INVALID_FILTER',
      `Invalid filter: unknown span key ${JSON.stringify(key.slice(0, 100))}; known are name, type, status, content, attributes.<key>`,
    )
  }
  return clauses.some(
    ({ key, operator }) =>
      key === 'content' || key.startsWith(attributePrefix) || operator === 'RLIKE',
  )
}

/** Whether one span of a packed chunk fulfils all clauses. */
export function chunkMatches(
  content: Uint8Array,
  clauses: readonly SpanClause[],
  patterns: Patterns,
): boolean {
  if (clauses.some((clause) => surelyAbsent(content, clause))) return false
  const keys = new Set(
    clauses.flatMap(({ key }) =>
      key.startsWith(attributePrefix) ? [key.slice(attributePrefix.length)] : [],
    ),
  )
  const all = clauses.some(({ key }) => key === 'content')
  const spans = all
    ? scanScopeSpans(content)
    : scanScopeSpans(content, (key) => keys.has(key) || wantedAttributes(key))
  return spans.some((span) => clauses.every((clause) => spanMatches(span, clause, patterns)))
}

/** A plain word that is nowhere in the bytes is in no span either. */
function surelyAbsent(content: Uint8Array, { key, operator, value }: SpanClause): boolean {
  if (key !== 'content' || operator !== 'LIKE' || value.kind !== 'text') return false
  const words = value.text.split('%').filter((part) => /^[\p{L}\p{N} ]+$/u.test(part))
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length)
  return words.some((word) => !bytes.includes(word))
}

function spanMatches(
  span: ScannedSpan,
  { key, operator, value }: SpanClause,
  patterns: Patterns,
): boolean {
  const text = textOf(span, key)
  if (text === undefined) return false
  if (operator !== 'RLIKE') return compareText(text, operator, value)
  return value.kind === 'text' && patterns.get(value.text)?.(text) === true
}

function textOf(span: ScannedSpan, key: string): string | undefined {
  if (key === 'name') return span.name
  if (key === 'status') return span.status
  if (key === 'type') return factsOf(span).type
  if (key === 'content') return contentOf(span)
  const attribute = span.attributes.get(key.slice(attributePrefix.length))
  return attribute === undefined ? undefined : shown(attribute)
}

const shown = (value: OtlpValue): string => {
  const plain = unwrapped(value)
  return typeof plain === 'string' ? plain : JSON.stringify(plain ?? null)
}

/** The words of a span: its name and attributes, and those of its events, as JSON has them. */
const contentOf = (span: ScannedSpan): string =>
  [span, ...span.events]
    .flatMap(({ name, attributes }) => [
      JSON.stringify({ name }),
      ...[...attributes].map(([key, value]) => `"${key}": "${shown(value)}"`),
    ])
    .join('\n')

function compareText(text: string, operator: SpanClause['operator'], value: FilterValue): boolean {
  if (value.kind === 'list') return value.texts.includes(text) === (operator === 'IN')
  if (value.kind !== 'text') return false
  switch (operator) {
    case '=':
      return text === value.text
    case '!=':
      return text !== value.text
    case 'LIKE':
      return like(text, value.text)
    case 'ILIKE':
      return like(text.toLowerCase(), value.text.toLowerCase())
    default:
      return false
  }
}

/** SQL's LIKE: `%` is any text, `_` any one character. */
export const like = (text: string, pattern: string): boolean =>
  pattern.includes('_') ? likeByCharacter(text, pattern) : likeByPart(text, pattern.split('%'))

/** Each part at the first place after the one before; the ends are bound. */
function likeByPart(text: string, parts: readonly string[]): boolean {
  const [head = '', ...rest] = parts
  const tail = rest.pop()
  if (tail === undefined) return text === head
  if (!text.startsWith(head)) return false
  let at = head.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - tail.length >= at && text.endsWith(tail)
}

/** Goes back only to the last `%`. */
function likeByCharacter(text: string, pattern: string): boolean {
  const chars = [...text]
  const wanted = [...pattern]
  let [at, place, star, resume] = [0, 0, -1, 0]
  while (at < chars.length) {
    if (place < wanted.length && wanted[place] === '%') {
      star = place++
      resume = at
    } else if (place < wanted.length && (wanted[place] === '_' || wanted[place] === chars[at])) {
      at++
      place++
    } else if (star >= 0) {
      place = star + 1
      at = ++resume
    } else return false
  }
  while (wanted[place] === '%') place++
  return place === wanted.length
}
