import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { MonitoringTables } from '../tables.ts'
import type { DeliveryRecord } from './model.ts'

const toDelivery = (row: MonitoringTables['alert_delivery']): DeliveryRecord => ({
  id: row.id,
  alert: row.alert,
  channel: row.channel,
  event: row.event,
  state: row.state,
  attempts: row.attempts,
  error: row.error,
  createdAt: row.created_at,
  doneAt: row.done_at,
})

/** False when this event of the alert has been told to the channel already. */
export async function insertDelivery(tx: Tx, delivery: DeliveryRecord): Promise<boolean> {
  const result = await tables<MonitoringTables>(tx)
    .insertInto('alert_delivery')
    .values({
      id: delivery.id,
      alert: delivery.alert,
      channel: delivery.channel,
      event: delivery.event,
      state: delivery.state,
      attempts: delivery.attempts,
      error: delivery.error,
      created_at: delivery.createdAt,
      done_at: delivery.doneAt,
    })
    .onConflict((conflict) => conflict.columns(['alert', 'channel', 'event']).doNothing())
    .executeTakeFirst()
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
}

export async function updateDelivery(
  tx: Tx,
  id: string,
  change: Pick<DeliveryRecord, 'state' | 'attempts' | 'error' | 'doneAt'>,
): Promise<void> {
  const { doneAt, ...rest } = change
  await tables<MonitoringTables>(tx)
    .updateTable('alert_delivery')
    .set({ ...rest, done_at: doneAt })
    .where('id', '=', id)
    .execute()
}

export async function findDelivery(
  reader: Reader,
  id: string,
): Promise<DeliveryRecord | undefined> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('alert_delivery')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toDelivery(row)
}

/** What was told of an alert, oldest first; at most channels times events. */
export async function deliveriesOf(
  reader: Reader,
  alert: string,
): Promise<readonly DeliveryRecord[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('alert_delivery')
    .selectAll()
    .where('alert', '=', alert)
    .orderBy('id')
    .execute()
  return rows.map(toDelivery)
}
