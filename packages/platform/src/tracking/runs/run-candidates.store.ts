import { type RawBuilder, sql } from 'kysely'
import type { Dialect, Reader } from '../../storage/index.ts'
import type { Clause } from '../search/filter.ts'
import { compare } from '../search/keyset.store.ts'
import { numberList } from '../search/number-list.store.ts'
import { columnOf, condition, tableOf, valueCondition } from './run-conditions.store.ts'
import type { RunEntity } from './run-search.ts'
import { indexedText, indexedValue } from './search-index.store.ts'

/** Up to so many runs are looked at one by one and sorted; more are walked in the order asked for. */
export const fewRuns = 2000
/** Runs are counted up to here when two ways are weighed. */
const countedRuns = 40_000

/** Runs among which all that a search finds are. */
export interface Candidates {
  /** A query of their numbers. */
  readonly numbers: RawBuilder<unknown>
  /** Clauses that all of them match. */
  readonly matched: readonly Clause<RunEntity>[]
}

/** A clause that an index leads to. */
interface Selection {
  readonly clause: Clause<RunEntity>
  /** A query of the numbers of just the runs that match it. */
  readonly numbers: RawBuilder<unknown>
}

interface CandidateQuery {
  readonly reader: Reader
  readonly dialect: Dialect
  readonly experimentNumbers: readonly number[]
  readonly clauses: readonly Clause<RunEntity>[]
  readonly limit: number
  /** Instead of `fewRuns`; with 0 everything is walked. */
  readonly few?: number | undefined
}

/**
 * Finds a clause that an index answers with few runs, or, when several clauses leave few together, the narrowest.
 * Nothing when walking the order is the shorter way: then a page fills before many rows are passed.
 */
export async function candidatesOf(query: CandidateQuery): Promise<Candidates | undefined> {
  const { reader, dialect, experimentNumbers, clauses, few = fewRuns } = query
  if (few === 0) return undefined
  const experiments = sql`(${sql.join([...experimentNumbers])})`
  const selections = clauses.flatMap((clause): readonly Selection[] => {
    const numbers = selection(dialect, experiments, clause)
    return numbers ? [{ clause, numbers }] : []
  })
  for (const { clause, numbers } of selections) {
    const { rows } = await sql<{ number: number }>`
      ${numbers} limit ${few + 1}`.execute(reader)
    if (rows.length > few) continue
    const found = rows.map(({ number }) => number)
    return { numbers: numberList(dialect, found), matched: [clause] }
  }
  if (selections.length < 2) return undefined
  return narrowest(query, selections)
}

/** What a look at a run by its number costs, in entries of an index read in their order. */
const lookCost = 8
/** A way that costs no more than this is taken without weighing it against others, which costs something too. */
const cheapCost = countedRuns
/** So many runs tell how often all clauses hold together. */
const sampledRuns = 500

/**
 * Weighs two ways, as if clauses were independent of each other, unless some runs show that they hold together more often.
 * The walk looks at each run that it passes until the page is full. The other way reads the indexes of the clauses that
 * were counted to their end, which leave the runs that all of them match, and looks at these: it never costs more than
 * reading what was counted.
 */
async function narrowest(
  query: CandidateQuery,
  selections: readonly Selection[],
): Promise<Candidates | undefined> {
  const { reader, experimentNumbers, limit, clauses } = query
  const together = await sampledShare(query)
  if ((limit / together) * clauses.length * lookCost <= cheapCost) return undefined
  const counted: (Selection & { readonly count: number })[] = []
  for (const selected of selections) {
    const count = await countUpTo(reader, selected.numbers, countedRuns)
    if (count * lookCost <= cheapCost)
      return { numbers: selected.numbers, matched: [selected.clause] }
    counted.push({ ...selected, count })
  }
  const [first, ...others] = counted
    .filter(({ count }) => count <= countedRuns)
    .sort((a, b) => a.count - b.count)
  if (!first) return undefined
  const all = await countUpTo(
    reader,
    sql`select number from run where experiment_number in (${sql.join([...experimentNumbers])})`,
    countedRuns * 10,
  )
  const read = [first, ...others]
  const sharesOf = (some: typeof counted): number =>
    some.reduce((product, { count }) => product * Math.min(1, count / all), 1)
  const passed = Math.min(all, limit / Math.max(together, sharesOf(counted)))
  const walked = passed * counted.length * lookCost
  const narrowed = read.reduce((sum, { count }) => sum + count, 0) + all * sharesOf(read) * lookCost
  if (narrowed >= walked) return undefined
  // The sign keeps SQLite from beginning at the other end, with a search in the table for each number.
  const within = others.map(({ numbers }) => sql`and +narrow.number in (${numbers})`)
  return {
    numbers: sql`select narrow.number from (${first.numbers}) as narrow where true ${sql.join(within, sql` `)}`,
    matched: read.map(({ clause }) => clause),
  }
}

/** In how many of some runs all clauses hold. */
async function sampledShare({
  reader,
  dialect,
  experimentNumbers,
  clauses,
}: CandidateQuery): Promise<number> {
  const { rows } = await sql<{ share: number | null }>`
    select avg(case when ${sql.join(
      clauses.map((clause) => condition(dialect, clause)),
      sql` and `,
    )} then 1.0 else 0.0 end) as share
    from (select * from run where experiment_number in (${sql.join([...experimentNumbers])})
      limit ${sampledRuns}) as run`.execute(reader)
  return Number(rows[0]?.share ?? 0)
}

/** How many rows a query answers, counted up to one more than `most`. */
export async function countUpTo(
  reader: Reader,
  select: RawBuilder<unknown>,
  most: number,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (${select} limit ${most + 1}) as counted`.execute(reader)
  return rows[0]?.count ?? 0
}

/** The numbers of the runs that a clause matches, where an index leads to them. */
export function selection(
  dialect: Dialect,
  experiments: RawBuilder<unknown>,
  clause: Clause<RunEntity>,
): RawBuilder<unknown> | undefined {
  const { entity, key, operator, value } = clause
  switch (entity) {
    case 'metric':
      if (operator === '!=') return undefined
      return sql`select m.run_number as number from run_latest_metric as m
        where m.experiment_number in ${experiments} and m.key = ${key}
          and ${valueCondition(dialect, clause, 'm')}`
    case 'param':
    case 'tag': {
      if (operator === '!=' || operator === 'IS NULL' || operator === 'IS NOT NULL')
        return undefined
      const begins =
        operator === '=' && value.kind === 'text'
          ? sql`and ${indexedValue(dialect, sql.ref('a.value'))} = ${indexedText(dialect, value.text)}`
          : sql``
      return sql`select a.run_number as number from ${sql.table(tableOf[entity])} as a
        where a.experiment_number in ${experiments} and a.key = ${key} ${begins}
          and ${valueCondition(dialect, clause, 'a')}`
    }
    case 'dataset':
      if (operator === '!=' || operator === 'NOT IN') return undefined
      return sql`select distinct u.run_number as number from input_dataset as d
        join run_dataset as u on u.dataset_number = d.number
        where d.experiment_number in ${experiments}
          and ${compare(dialect, sql.ref(key === 'context' ? 'u.context' : `d.${key}`), operator, value)}`
    case 'attribute': {
      const indexed = ['run_id', 'run_name', 'status', 'user_id', 'end_time', 'start_time']
      if (operator === '!=' || operator === 'NOT IN' || !indexed.includes(key)) return undefined
      return sql`select run.number as number from run
        where run.experiment_number in ${experiments} and run.lifecycle in ('active', 'deleted')
          and ${compare(dialect, columnOf(key), operator, value)}`
    }
  }
}
