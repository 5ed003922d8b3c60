import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { ContinualTables } from './tables.ts'

/** A prediction whose row a dataset has. */
export interface Collected {
  readonly at: number
  readonly inferenceId: string
}

const rowsAtOnce = 1000

/** Ids of predictions in a span of event time that the dataset has, or that wait to be appended. */
export async function collectedIn(
  reader: Reader,
  dataset: string,
  span: { readonly from: number; readonly to: number },
): Promise<ReadonlySet<string>> {
  const rows = await tables<ContinualTables>(reader)
    .selectFrom('collected_prediction')
    .select('inference_id')
    .where('dataset', '=', dataset)
    .where('at', '>=', span.from)
    .where('at', '<', span.to)
    .execute()
  return new Set(rows.map((row) => row.inference_id))
}

/** Adds predictions that wait to be appended. */
export async function insertPending(
  tx: Tx,
  dataset: string,
  collected: readonly Collected[],
): Promise<void> {
  for (let from = 0; from < collected.length; from += rowsAtOnce) {
    const part = collected.slice(from, from + rowsAtOnce)
    await tables<ContinualTables>(tx)
      .insertInto('collected_prediction')
      .values(
        part.map(({ at, inferenceId }) => ({ dataset, at, inference_id: inferenceId, pending: 1 })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}

/** Predictions that wait to be appended, by event time. */
export async function pendingOf(reader: Reader, dataset: string): Promise<readonly Collected[]> {
  const rows = await tables<ContinualTables>(reader)
    .selectFrom('collected_prediction')
    .select(['at', 'inference_id'])
    .where('dataset', '=', dataset)
    .where('pending', '=', 1)
    .orderBy('at')
    .orderBy('inference_id')
    .execute()
  return rows.map((row) => ({ at: row.at, inferenceId: row.inference_id }))
}

/** What has waited is in the dataset. */
export async function clearPending(tx: Tx, dataset: string): Promise<void> {
  await tables<ContinualTables>(tx)
    .updateTable('collected_prediction')
    .set({ pending: 0 })
    .where('dataset', '=', dataset)
    .where('pending', '=', 1)
    .execute()
}

/** Up to which change of labels an endpoint's predictions have been collected. */
export async function readCollectionCursor(
  reader: Reader,
  dataset: string,
  endpoint: string,
): Promise<number> {
  const row = await tables<ContinualTables>(reader)
    .selectFrom('collection_cursor')
    .select('cursor')
    .where('dataset', '=', dataset)
    .where('endpoint', '=', endpoint)
    .executeTakeFirst()
  return row?.cursor ?? 0
}

export async function writeCollectionCursor(
  tx: Tx,
  dataset: string,
  endpoint: string,
  cursor: number,
): Promise<void> {
  await tables<ContinualTables>(tx)
    .insertInto('collection_cursor')
    .values({ dataset, endpoint, cursor })
    .onConflict((conflict) => conflict.columns(['dataset', 'endpoint']).doUpdateSet({ cursor }))
    .execute()
}
