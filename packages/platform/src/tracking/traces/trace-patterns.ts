import type { Clause } from '../search/filter.ts'
import { invalidFilter } from '../search/filter-tokens.ts'
import type { TraceEntity } from './trace-search.ts'
import { type TraceInfo, traceKeys } from './traces.ts'

type TraceClause = Clause<TraceEntity>

/** Whether a text holds a match of the pattern, by pattern. */
export type Patterns = ReadonlyMap<string, (text: string) => boolean>

const longestPattern = 1000

const isPattern = ({ operator }: TraceClause): boolean => operator === 'RLIKE'

/**
 * The patterns of a filter in the syntax of RE2, whose matching takes time linear in the text: no pattern of a
 * stranger can keep the server busy. The database is not asked, as each has a syntax of its own.
 *
 * @throws INVALID_FILTER
 */
export async function patternsOf(clauses: readonly TraceClause[]): Promise<Patterns> {
  const texts = clauses.flatMap(({ operator, value }) =>
    operator === 'RLIKE' && value.kind === 'text' ? [value.text] : [],
  )
  if (texts.length === 0) return new Map()
  const { RE2JS } = await import('re2js')
  return new Map(
    texts.map((text) => {
      if (text.length > longestPattern) {
        throw invalidFilter(`a pattern is longer than ${longestPattern} characters`)
      }
      try {
        const compiled = RE2JS.compile(text)
        return [text, (subject: string) => compiled.matcher(subject).find()]
      } catch (failure) {
        throw invalidFilter(
          `${JSON.stringify(text.slice(0, 100))} is no regular expression: ${String(failure instanceof Error ? failure.message : failure)}`,
          'RLIKE takes the syntax of RE2, which has no back-references and no look-around.',
        )
      }
    }),
  )
}

/** Whether clauses must be held against what is known of a trace, besides its spans. */
export const looksAtTrace = (clauses: readonly TraceClause[]): boolean =>
  clauses.some((clause) => isPattern(clause) && clause.entity !== 'span')

/** Whether a trace fulfils the clauses that are patterns, those about its spans apart. */
export const traceMatches = (
  trace: TraceInfo,
  clauses: readonly TraceClause[],
  patterns: Patterns,
): boolean =>
  clauses.every((clause) => {
    if (!isPattern(clause) || clause.entity === 'span' || clause.value.kind !== 'text') return true
    const matches = patterns.get(clause.value.text)
    return matches !== undefined && textsOf(trace, clause).some(matches)
  })

function textsOf(trace: TraceInfo, { entity, key }: TraceClause): readonly string[] {
  const within = (pairs: TraceInfo['tags'], wanted: string) =>
    pairs.flatMap((pair) => (pair.key === wanted ? [pair.value] : []))
  switch (entity) {
    case 'tag':
      return within(trace.tags, key)
    case 'metadata':
      return within(trace.metadata, key)
    case 'feedback':
    case 'expectation':
      return trace.assessments
        .filter(({ kind, name, valid }) => kind === entity && name === key && valid)
        .map(({ value }) => value)
    case 'attribute':
      return attributeTexts(trace, key, within)
    default:
      return []
  }
}

function attributeTexts(
  trace: TraceInfo,
  key: string,
  within: (pairs: TraceInfo['tags'], wanted: string) => readonly string[],
): readonly string[] {
  switch (key) {
    case 'id':
      return [trace.traceId]
    case 'state':
      return [trace.state]
    case 'client_request_id':
      return trace.clientRequestId === null ? [] : [trace.clientRequestId]
    case 'name':
      return within(trace.tags, traceKeys.name)
    case 'run_id':
      return within(trace.metadata, traceKeys.sourceRun)
    default:
      return []
  }
}
