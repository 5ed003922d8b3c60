import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { MonitoringTables } from '../tables.ts'

export interface EventKey {
  readonly source: string
  readonly id: string
}

/** Keys of one statement. */
const atOnce = 500

/** Those of the events that have been taken before, as `keyOf` names them. */
export async function seenEvents(
  reader: Reader,
  events: readonly EventKey[],
): Promise<ReadonlySet<string>> {
  const seen = new Set<string>()
  for (const [source, of] of Map.groupBy(events, (event) => event.source)) {
    for (let from = 0; from < of.length; from += atOnce) {
      const ids = of.slice(from, from + atOnce).map(({ id }) => id)
      const rows = await tables<MonitoringTables>(reader)
        .selectFrom('cloud_event')
        .select(['source', 'id'])
        .where('source', '=', source)
        .where('id', 'in', ids)
        .execute()
      for (const row of rows) seen.add(keyOf(row))
    }
  }
  return seen
}

export const keyOf = ({ source, id }: EventKey): string => JSON.stringify([source, id])

/** Remembers events. True if none of them was known: another request may have taken one meanwhile. */
export async function insertSeen(
  tx: Tx,
  events: readonly EventKey[],
  receivedAt: number,
): Promise<boolean> {
  for (let from = 0; from < events.length; from += atOnce) {
    const some = events.slice(from, from + atOnce)
    const result = await tables<MonitoringTables>(tx)
      .insertInto('cloud_event')
      .values(some.map(({ source, id }) => ({ source, id, received_at: receivedAt })))
      .onConflict((conflict) => conflict.columns(['source', 'id']).doNothing())
      .executeTakeFirst()
    if (Number(result.numInsertedOrUpdatedRows ?? 0) !== some.length) return false
  }
  return true
}

export async function forgetSeenBefore(tx: Tx, at: number): Promise<void> {
  await tables<MonitoringTables>(tx)
    .deleteFrom('cloud_event')
    .where('received_at', '<', at)
    .execute()
}
