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
import {
  type Candidates,
  candidatesOf,
  countUpTo,
  fewRuns,
  selection,
} from './run-candidates.store.ts'
import { condition, tableOf } from './run-conditions.store.ts'
import type { RunEntity } from './run-search.ts'
import { joins, type Segment, segmentsOf, sortTerms } from './run-segments.store.ts'
import { indexedText, indexedValue, isIndexedWhole } from './search-index.store.ts'

export interface RunQuery {
  readonly experimentNumbers: readonly number[]
  readonly lifecycles: readonly Lifecycle[]
  readonly clauses: readonly Clause<RunEntity>[]
  readonly order: readonly Order<RunEntity>[]
  readonly after?: Position | undefined
  readonly limit: number
  /** How many candidates are sorted instead of walking an order; 0 for tests of the walk. */
  readonly few?: number
  /** How many runs of one value are sorted by the orders after it; 0 for tests of the walk by these. */
  readonly mostTies?: number
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
    if (index < begun || found.length === query.limit) continue
    const position = index === begun ? query.after : undefined
    const ties = index === 0 ? await tiedRuns(reader, dialect, { ...query, after: position }) : none
    found.push(...ties.runs)
    const limit = query.limit - found.length
    const begin = {
      position: ties.last === undefined ? position?.slice(segment.prefix.length) : undefined,
      more:
        ties.last === undefined
          ? []
          : pastValue({ dialect, descending: segment.terms[0]?.descending ?? false }, ties.last),
    }
    if (limit > 0)
      found.push(...(await segmentRuns(reader, segment, { ...query, ...begin, limit })))
  }
  return found
}

/** What is found of one segment, in every experiment and lifecycle. */
async function segmentRuns(
  reader: Reader,
  segment: Segment,
  options: Pick<RunQuery, 'experimentNumbers' | 'lifecycles' | 'limit'> & {
    readonly position: Position | undefined
    readonly more: readonly RawBuilder<SqlBool>[]
  },
): Promise<readonly FoundRun[]> {
  const { position, limit, more } = options
  const parts: (readonly FoundRun[])[] = []
  for (const experiment of options.experimentNumbers) {
    for (const lifecycle of options.lifecycles) {
      const where = [
        ...segment.conditions(experiment),
        sql<SqlBool>`run.lifecycle = ${lifecycle}`,
        ...more,
      ]
      parts.push(await walk(reader, segment, { where, position, limit }))
    }
  }
  return merged(parts, segment, limit)
}

/** The first runs of a list, and the value of the first order that the last of them have. */
interface Ties {
  readonly runs: readonly FoundRun[]
  readonly last?: string
}
const none: Ties = { runs: [] }

/**
 * Where a list begins with a text that many runs share, the orders after it lead: a search for the runs with that text, in
 * the rest of the order, walks an index too, where they all would be sorted otherwise.
 */
async function tiedRuns(reader: Reader, dialect: Dialect, query: RunQuery): Promise<Ties> {
  const [first, ...order] = query.order
  if (!first || order.length === 0) return none
  const { entity, key } = first
  if (entity !== 'param' && entity !== 'tag') return none
  const values = { reader, dialect, first, experimentNumbers: query.experimentNumbers }
  const [, begun] = query.after ?? []
  let after = query.after?.slice(2)
  let value = typeof begun === 'string' ? begun : await nextValue(values)
  let last: string | undefined
  const runs: FoundRun[] = []
  while (value !== undefined && runs.length < query.limit) {
    const text = value
    const clause = { entity, key, operator: '=', value: { kind: 'text', text } } as const
    if (!(await hasMore({ ...values, clause, most: query.mostTies ?? fewRuns }))) break
    const limit = query.limit - runs.length
    const clauses = [...query.clauses, clause]
    const found = await searchRuns(reader, dialect, { ...query, clauses, order, after, limit })
    runs.push(...found.map((run) => ({ ...run, position: [0, text, ...run.position] })))
    after = undefined
    last = text
    value = runs.length < query.limit ? await nextValue(values, text) : undefined
  }
  return { runs, ...(last === undefined ? {} : { last }) }
}

interface ValuesOf {
  readonly reader: Reader
  readonly dialect: Dialect
  readonly first: Order<RunEntity>
  readonly experimentNumbers: readonly number[]
}

/** Whether more runs than `most` match a clause on a parameter or tag. */
async function hasMore({
  reader,
  dialect,
  experimentNumbers,
  clause,
  most,
}: ValuesOf & { readonly clause: Clause<RunEntity>; readonly most: number }): Promise<boolean> {
  const numbers = selection(dialect, sql`(${sql.join([...experimentNumbers])})`, clause)
  return numbers !== undefined && (await countUpTo(reader, numbers, most)) > most
}

/**
 * The value that comes after another in the first order, or the first one of all. An index sorts by the beginnings of
 * values: the first beginning is asked for, and it is the value, unless that is long. Asked for in the order of whole values,
 * PostgreSQL would read all that begin alike.
 */
async function nextValue(
  { reader, dialect, first, experimentNumbers }: ValuesOf,
  last?: string,
): Promise<string | undefined> {
  const direction = first.descending ? sql`desc` : sql`asc`
  const column = sql.ref('o0.value')
  const lead = indexedValue(dialect, column)
  const table = sql.table(tableOf[first.entity as 'param' | 'tag'])
  const past = last === undefined ? [] : pastValue({ dialect, descending: first.descending }, last)
  const found: string[] = []
  for (const experiment of experimentNumbers) {
    const own = [sql`o0.experiment_number = ${experiment} and o0.key = ${first.key}`, ...past]
    const firstOf = async (
      expression: RawBuilder<unknown>,
      conditions: readonly RawBuilder<unknown>[],
    ): Promise<string | undefined> => {
      const { rows } = await sql<{
        value: string
      }>`select ${expression} as value from ${table} as o0
        where ${sql.join([...conditions], sql` and `)} order by ${expression} ${direction} limit 1`.execute(
        reader,
      )
      return rows[0]?.value
    }
    const begins = await firstOf(lead, own)
    if (begins === undefined) continue
    const value = isIndexedWhole(begins)
      ? begins
      : await firstOf(column, [...own, sql`${lead} = ${begins}`])
    if (value !== undefined) found.push(value)
  }
  return found.sort((a, b) => (first.descending ? -compareValues(a, b) : compareValues(a, b)))[0]
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

/** Values of the first order that come after one. */
function pastValue(
  { dialect, descending }: { readonly dialect: Dialect; readonly descending: boolean },
  last: string,
): readonly RawBuilder<SqlBool>[] {
  const column = sql.ref('o0.value')
  const lead = indexedValue(dialect, column)
  const bound = indexedText(dialect, last)
  if (isIndexedWhole(last)) {
    return [descending ? sql<SqlBool>`${lead} < ${bound}` : sql<SqlBool>`${lead} > ${bound}`]
  }
  return descending
    ? [sql<SqlBool>`${lead} <= ${bound}`, sql<SqlBool>`${column} < ${last}`]
    : [sql<SqlBool>`${lead} >= ${bound}`, sql<SqlBool>`${column} > ${last}`]
}

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
