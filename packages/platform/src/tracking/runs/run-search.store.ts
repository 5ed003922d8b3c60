import { KaizenError } from '@kaizen/contracts'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Dialect, Reader } from '../../storage/index.ts'
import type { Lifecycle } from '../model.ts'
import type { Clause, Order } from '../search/filter.ts'
import {
  after,
  orderBy,
  positionOf,
  type SortedRow,
  type SortTerm,
  sortColumns,
} from '../search/keyset.store.ts'
import type { Position } from '../search/page-token.ts'
import { type Candidates, candidatesOf } from './run-candidates.store.ts'
import { condition } from './run-conditions.store.ts'
import type { RunEntity } from './run-search.ts'
import { joins, type Segment, segmentsOf, sortTerms } from './run-segments.store.ts'

export interface RunQuery {
  readonly experimentNumbers: readonly number[]
  readonly lifecycles: readonly Lifecycle[]
  readonly clauses: readonly Clause<RunEntity>[]
  readonly order: readonly Order<RunEntity>[]
  readonly after?: Position | undefined
  readonly limit: number
  /** How many candidates are sorted instead of walking an order; 0 for tests of the walk. */
  readonly few?: number
}

export interface FoundRun {
  readonly number: number
  readonly position: Position
}

/** Lists of more experiments than this are sorted, not merged from one walk for each. */
const mostWalks = 48

/**
 * Numbers of the runs of one page, with the position of each. Three ways lead there: few candidates are sorted; a walk of
 * an index in the order asked for, one for each experiment, ends when the page is full; and what neither serves is sorted
 * whole.
 */
export async function searchRuns(
  reader: Reader,
  dialect: Dialect,
  query: RunQuery,
): Promise<readonly FoundRun[]> {
  if (query.experimentNumbers.length === 0) return []
  const candidates = await candidatesOf({ reader, dialect, ...query })
  const walks = query.experimentNumbers.length * query.lifecycles.length
  if (candidates || walks > mostWalks) return sortedRuns(reader, dialect, query, candidates)
  return walkedRuns(reader, dialect, query)
}

async function sortedRuns(
  reader: Reader,
  dialect: Dialect,
  query: RunQuery,
  candidates: Candidates | undefined,
): Promise<readonly FoundRun[]> {
  const terms = sortTerms(query.order)
  const conditions = [
    ...(candidates ? [sql<SqlBool>`run.number = candidate.number`] : []),
    sql<SqlBool>`run.experiment_number in (${sql.join([...query.experimentNumbers])})`,
    sql<SqlBool>`run.lifecycle in (${sql.join([...query.lifecycles])})`,
    ...query.clauses
      .filter((clause) => !candidates?.matched.includes(clause))
      .map((clause) => condition(dialect, clause)),
    ...(query.after ? [after(terms, query.after)] : []),
  ]
  const given = candidates ? sql`with candidate as materialized (${candidates.numbers})` : sql``
  const first = candidates ? sql`candidate cross join run` : sql`run`
  const { rows } = await sql<SortedRow & { number: number }>`
    ${given} select run.number as number, ${sortColumns(terms)} from ${first} ${joins(query.order)}
    where ${sql.join(conditions, sql` and `)}
    order by ${orderBy(terms)} limit ${query.limit}`.execute(reader)
  return rows.map((row) => ({ number: row.number, position: positionOf(terms, row) }))
}

async function walkedRuns(
  reader: Reader,
  dialect: Dialect,
  query: RunQuery,
): Promise<readonly FoundRun[]> {
  const segments = segmentsOf({ dialect, ...query })
  const found: FoundRun[] = []
  const begun = query.after ? segmentAt(segments, query.after) : 0
  for (const [index, segment] of segments.entries()) {
    const limit = query.limit - found.length
    if (index < begun || limit === 0) continue
    const position = index === begun ? query.after?.slice(segment.prefix.length) : undefined
    const parts: (readonly FoundRun[])[] = []
    for (const experiment of query.experimentNumbers) {
      for (const lifecycle of query.lifecycles) {
        const where = [
          ...segment.conditions(experiment),
          sql<SqlBool>`run.lifecycle = ${lifecycle}`,
        ]
        parts.push(await walk(reader, segment, { where, position, limit }))
      }
    }
    found.push(...merged(parts, segment, limit))
  }
  return found
}

/** The segment in which a position lies. @throws INVALID_REQUEST */
function segmentAt(segments: readonly Segment[], position: Position): number {
  const index = segments.findIndex(({ prefix }) =>
    prefix.every((value, place) => position[place] === value),
  )
  if (index >= 0) return index
  throw new KaizenError('INVALID_REQUEST', 'Invalid page token')
}

async function walk(
  reader: Reader,
  segment: Segment,
  options: {
    readonly where: readonly RawBuilder<SqlBool>[]
    readonly position: Position | undefined
    readonly limit: number
  },
): Promise<readonly FoundRun[]> {
  const { terms, lead, prefix } = segment
  const { position, limit } = options
  const conditions = [
    ...options.where,
    ...(position ? [after(terms, position), ...beyondLead(segment, position)] : []),
  ]
  const order = lead
    ? sql`${lead.expression} ${directionOf(terms[0])}, ${orderBy(terms)}`
    : orderBy(terms)
  const { rows } = await sql<SortedRow & { number: number }>`
    select run.number as number, ${sortColumns(terms)} from ${segment.from}
    where ${sql.join(conditions, sql` and `)}
    order by ${order} limit ${limit}`.execute(reader)
  return rows.map((row) => ({
    number: row.number,
    position: [...prefix, ...positionOf(terms, row)],
  }))
}

const directionOf = (term: SortTerm | undefined): RawBuilder<unknown> =>
  term?.descending ? sql`desc` : sql`asc`

/** Lets the walk of an index of beginnings begin at the position. */
function beyondLead(
  { lead, terms: [first] }: Segment,
  [text]: Position,
): readonly RawBuilder<SqlBool>[] {
  if (!lead || typeof text !== 'string') return []
  const bound = lead.textOf(text)
  return [
    first?.descending
      ? sql<SqlBool>`${lead.expression} <= ${bound}`
      : sql<SqlBool>`${lead.expression} >= ${bound}`,
  ]
}

/** The first rows of several walks in the same order. */
function merged(
  parts: readonly (readonly FoundRun[])[],
  { terms, prefix }: Segment,
  limit: number,
): readonly FoundRun[] {
  const [only] = parts
  if (parts.length === 1 && only) return only
  const compare = (a: FoundRun, b: FoundRun): number => {
    for (const [index, { descending }] of terms.entries()) {
      const place = prefix.length + index
      const order = compareValues(a.position[place], b.position[place])
      if (order !== 0) return descending ? -order : order
    }
    return 0
  }
  return parts.flat().sort(compare).slice(0, limit)
}

/** As the databases compare: texts by their bytes. */
const compareValues = (a: unknown, b: unknown): number =>
  typeof a === 'number'
    ? a - Number(b)
    : Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)))
