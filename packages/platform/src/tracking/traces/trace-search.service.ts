import type { Page } from '@kaizen/contracts'
import type { Database } from '../../storage/index.ts'
import { experimentNumbers } from '../rules.ts'
import { checkPageSize } from '../runs/run-search.ts'
import { parseFilter, parseOrders } from '../search/filter.ts'
import { pageToken, readPageToken } from '../search/page-token.ts'
import { chunkMatches, looksInside, spanClauses } from '../spans/span-match.ts'
import type { Spans } from '../spans/spans.service.ts'
import { looksAtTrace, type Patterns, patternsOf, traceMatches } from './trace-patterns.ts'
import {
  countTraces,
  type FoundTrace,
  searchTraces,
  type TraceQuery,
} from './trace-search.store.ts'
import { traceGrammar, traceOrderGrammar } from './trace-search.ts'
import * as store from './traces.store.ts'
import type { TraceInfo } from './traces.ts'

export interface TraceSearchDeps {
  readonly database: Database
  readonly spans: Spans
}

export interface TraceSearch {
  readonly experimentIds: readonly string[]
  readonly filter: string
  readonly orderBy: readonly string[]
  readonly limit: number
  readonly pageToken?: string | undefined
}

const largestTracePage = 500
/** How many traces are looked into at a time. */
const lookBatch = 50

/** Finds traces by what is known of them and by what their spans say. */
export class TraceFinder {
  readonly #deps: TraceSearchDeps

  constructor(deps: TraceSearchDeps) {
    this.#deps = deps
  }

  /** @throws INVALID_FILTER, INVALID_REQUEST */
  async search(query: TraceSearch): Promise<Page<TraceInfo>> {
    const { reader } = this.#deps.database
    const { pageToken: token, limit: _limit, ...identity } = query
    const limit = checkPageSize(query.limit, largestTracePage)
    const found = await this.#find({
      experimentNumbers: experimentNumbers(query.experimentIds),
      clauses: parseFilter(query.filter, traceGrammar),
      order: parseOrders(query.orderBy, traceOrderGrammar),
      after: token ? readPageToken(token, ['traces', identity]) : undefined,
      limit: limit + 1,
    })
    const shown = found.slice(0, limit)
    const items = await store.readTraces(
      reader,
      shown.map(({ number }) => number),
    )
    const last = shown.at(-1)
    return found.length > limit && last
      ? { items, nextPageToken: pageToken(['traces', identity], last.position) }
      : { items }
  }

  /** How many traces match a filter. @throws INVALID_FILTER */
  async count(experimentIds: readonly string[], filter: string): Promise<number> {
    const { reader, dialect } = this.#deps.database
    const clauses = parseFilter(filter, traceGrammar)
    const query = { experimentNumbers: experimentNumbers(experimentIds), clauses }
    if (!looksInside(spanClauses(clauses)) && !looksAtTrace(clauses)) {
      return countTraces(reader, dialect, query)
    }
    const found = await this.#find({ ...query, order: [], limit: Number.MAX_SAFE_INTEGER })
    return found.length
  }

  /** Where the database cannot tell, candidates are looked into in the order of the answer until it is full. */
  async #find(query: TraceQuery): Promise<readonly FoundTrace[]> {
    const { reader, dialect } = this.#deps.database
    const inside = looksInside(spanClauses(query.clauses))
    if (!inside && !looksAtTrace(query.clauses)) return searchTraces(reader, dialect, query)
    const patterns = await patternsOf(query.clauses)
    const found: FoundTrace[] = []
    let after = query.after
    for (;;) {
      const batch = await searchTraces(reader, dialect, { ...query, after, limit: lookBatch })
      const known = await this.#matchingWhatIsKnown(batch, query, patterns)
      const matching = inside ? await this.#matchingInside(known, query, patterns) : known
      found.push(...matching.slice(0, query.limit - found.length))
      if (found.length === query.limit) return found
      if (batch.length < lookBatch) return found
      after = batch.at(-1)?.position
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }

  async #matchingWhatIsKnown(
    traces: readonly FoundTrace[],
    { clauses }: TraceQuery,
    patterns: Patterns,
  ): Promise<readonly FoundTrace[]> {
    if (!looksAtTrace(clauses)) return traces
    const infos = await store.readTraces(
      this.#deps.database.reader,
      traces.map(({ number }) => number),
    )
    return traces.filter((_, index) => {
      const info = infos[index]
      return info !== undefined && traceMatches(info, clauses, patterns)
    })
  }

  async #matchingInside(
    traces: readonly FoundTrace[],
    { clauses }: TraceQuery,
    patterns: Patterns,
  ): Promise<readonly FoundTrace[]> {
    const inside = spanClauses(clauses)
    const contents = await this.#deps.spans.contents(traces.map(({ number }) => number))
    return traces.filter(({ number }) =>
      (contents.get(number) ?? []).some((content) => chunkMatches(content, inside, patterns)),
    )
  }
}
