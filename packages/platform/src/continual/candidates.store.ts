import { type Reader, type Tx, tables } from '../storage/index.ts'
import {
  type CandidateChange,
  type CandidateRecord,
  type CandidateState,
  hasEnded,
} from './model.ts'
import type { ContinualTables } from './tables.ts'

type CandidateRow = ContinualTables['candidate']

const toCandidate = (row: CandidateRow): CandidateRecord => ({
  ...(JSON.parse(row.detail) as CandidateRecord),
  id: row.id,
  policy: row.policy,
  number: row.number,
  state: row.state,
  revision: row.revision,
  createdAt: row.created_at,
  endedAt: row.ended_at,
})

function detailOf(candidate: CandidateRecord): string {
  const { id, policy, number, state, revision, createdAt, endedAt, ...detail } = candidate
  return JSON.stringify(detail)
}

/** Fails when the policy has a candidate that has not ended. */
export async function insertCandidate(tx: Tx, candidate: CandidateRecord): Promise<void> {
  await tables<ContinualTables>(tx)
    .insertInto('candidate')
    .values({
      id: candidate.id,
      policy: candidate.policy,
      number: candidate.number,
      state: candidate.state,
      detail: detailOf(candidate),
      revision: candidate.revision,
      created_at: candidate.createdAt,
      ended_at: null,
      unfinished_of: candidate.policy,
    })
    .execute()
}

/**
 * Takes a step of a candidate; undefined when another step has been taken since it was read, so that no step is taken
 * twice.
 */
export async function moveCandidate(
  tx: Tx,
  before: CandidateRecord,
  change: CandidateChange & { readonly now: number },
): Promise<CandidateRecord | undefined> {
  const { now, ...changed } = change
  const moved = { ...before, ...changed }
  const endedAt = hasEnded(moved.state) ? now : null
  const after: CandidateRecord = { ...moved, endedAt, revision: before.revision + 1 }
  const result = await tables<ContinualTables>(tx)
    .updateTable('candidate')
    .set({
      state: after.state,
      detail: detailOf(after),
      revision: after.revision,
      ended_at: endedAt,
      ...(endedAt === null ? {} : { unfinished_of: null }),
    })
    .where('id', '=', before.id)
    .where('revision', '=', before.revision)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n ? after : undefined
}

export async function findCandidate(
  reader: Reader,
  id: string,
): Promise<CandidateRecord | undefined> {
  const row = await tables<ContinualTables>(reader)
    .selectFrom('candidate')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toCandidate(row)
}

/** The candidate of a policy that has not ended. */
export async function findUnfinished(
  reader: Reader,
  policy: string,
): Promise<CandidateRecord | undefined> {
  const row = await tables<ContinualTables>(reader)
    .selectFrom('candidate')
    .selectAll()
    .where('unfinished_of', '=', policy)
    .executeTakeFirst()
  return row && toCandidate(row)
}

export async function listUnfinished(reader: Reader): Promise<readonly CandidateRecord[]> {
  const rows = await tables<ContinualTables>(reader)
    .selectFrom('candidate')
    .selectAll()
    .where('unfinished_of', 'is not', null)
    .orderBy('id')
    .execute()
  return rows.map(toCandidate)
}

/** The newest candidates of a policy, newest first. */
export async function newestCandidates(
  reader: Reader,
  policy: string,
  options: { readonly limit: number; readonly state?: CandidateState },
): Promise<readonly CandidateRecord[]> {
  let query = tables<ContinualTables>(reader)
    .selectFrom('candidate')
    .selectAll()
    .where('policy', '=', policy)
  if (options.state !== undefined) query = query.where('state', '=', options.state)
  const rows = await query.orderBy('number', 'desc').limit(options.limit).execute()
  return rows.map(toCandidate)
}

/** Newest first: ids rise with time. */
export async function listCandidates(
  reader: Reader,
  options: {
    readonly policy: string | undefined
    readonly before: string | null
    readonly limit: number
  },
): Promise<readonly CandidateRecord[]> {
  let query = tables<ContinualTables>(reader).selectFrom('candidate').selectAll()
  if (options.policy !== undefined) query = query.where('policy', '=', options.policy)
  if (options.before !== null) query = query.where('id', '<', options.before)
  const rows = await query.orderBy('id', 'desc').limit(options.limit).execute()
  return rows.map(toCandidate)
}

/** How many candidates of a policy are in each state. */
export async function countByState(
  reader: Reader,
  policy: string,
): Promise<ReadonlyMap<CandidateState, number>> {
  const rows = await tables<ContinualTables>(reader)
    .selectFrom('candidate')
    .select((select) => ['state', select.fn.countAll<number>().as('count')])
    .where('policy', '=', policy)
    .groupBy('state')
    .execute()
  return new Map(rows.map(({ state, count }) => [state, Number(count)]))
}
