import type { Reproduction } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { PipelineTables } from '../tables.ts'

/** Keeps a comparison; the newest of the same two runs takes the place of an earlier one. */
export async function saveReproduction(tx: Tx, reproduction: Reproduction): Promise<void> {
  const { runId, byRunId, at } = reproduction
  const row = { run_id: runId, by_run_id: byRunId, at, report: JSON.stringify(reproduction) }
  await tables<PipelineTables>(tx)
    .insertInto('run_reproduction')
    .values(row)
    .onConflict((conflict) => conflict.columns(['by_run_id', 'run_id']).doUpdateSet(row))
    .execute()
}

/** Newest first: what did this run again, and what this run did again. */
export async function listReproductions(
  reader: Reader,
  runId: string,
): Promise<readonly Reproduction[]> {
  const rows = await tables<PipelineTables>(reader)
    .selectFrom('run_reproduction')
    .select('report')
    .where((where) => where.or([where('run_id', '=', runId), where('by_run_id', '=', runId)]))
    .orderBy('at', 'desc')
    .orderBy('by_run_id')
    .limit(200)
    .execute()
  return rows.map(({ report }) => JSON.parse(report) as Reproduction)
}
