import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { Decision } from './model.ts'
import type { ContinualTables } from './tables.ts'

type DecisionRow = ContinualTables['loop_decision']

const toDecision = (row: DecisionRow): Decision => ({
  id: row.id,
  candidate: row.candidate,
  policy: row.policy,
  kind: row.kind,
  at: row.at,
  summary: row.summary,
  data: JSON.parse(row.data) as Decision['data'],
})

export async function insertDecision(tx: Tx, decision: Decision): Promise<void> {
  await tables<ContinualTables>(tx)
    .insertInto('loop_decision')
    .values({ ...decision, data: JSON.stringify(decision.data) })
    .execute()
}

/** Newest first: ids rise with time. */
export async function listDecisions(
  reader: Reader,
  options: {
    readonly policy?: string | undefined
    readonly before: string | null
    readonly limit: number
  },
): Promise<readonly Decision[]> {
  let query = tables<ContinualTables>(reader).selectFrom('loop_decision').selectAll()
  if (options.policy !== undefined) query = query.where('policy', '=', options.policy)
  if (options.before !== null) query = query.where('id', '<', options.before)
  const rows = await query.orderBy('id', 'desc').limit(options.limit).execute()
  return rows.map(toDecision)
}

/** The decisions about one candidate, oldest first. */
export async function decisionsAbout(
  reader: Reader,
  candidate: string,
): Promise<readonly Decision[]> {
  const rows = await tables<ContinualTables>(reader)
    .selectFrom('loop_decision')
    .selectAll()
    .where('candidate', '=', candidate)
    .orderBy('id')
    .execute()
  return rows.map(toDecision)
}

export async function countDecisions(
  reader: Reader,
  policy: string,
  kind: Decision['kind'],
): Promise<number> {
  const row = await tables<ContinualTables>(reader)
    .selectFrom('loop_decision')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('policy', '=', policy)
    .where('kind', '=', kind)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}
