import { channelTarget } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { MonitoringTables } from '../tables.ts'
import type { ChannelRecord } from './model.ts'

/** Every change of an alert looks at all channels. */
export const mostChannels = 1000

const toChannel = (row: MonitoringTables['alert_channel']): ChannelRecord => ({
  name: row.name,
  target: channelTarget.parse(JSON.parse(row.target)),
  monitors: row.monitors,
  rules: row.rules,
  minSeverity: row.min_severity,
  events: JSON.parse(row.events) as ChannelRecord['events'],
  updatedAt: row.updated_at,
})

export async function upsertChannel(tx: Tx, channel: ChannelRecord): Promise<void> {
  const changed = {
    target: JSON.stringify(channel.target),
    monitors: channel.monitors,
    rules: channel.rules,
    min_severity: channel.minSeverity,
    events: JSON.stringify(channel.events),
    updated_at: channel.updatedAt,
  }
  await tables<MonitoringTables>(tx)
    .insertInto('alert_channel')
    .values({ name: channel.name, ...changed })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(changed))
    .execute()
}

/** False when there was none. */
export async function deleteChannel(tx: Tx, name: string): Promise<boolean> {
  const result = await tables<MonitoringTables>(tx)
    .deleteFrom('alert_channel')
    .where('name', '=', name)
    .executeTakeFirst()
  return result.numDeletedRows > 0n
}

export async function findChannel(
  reader: Reader,
  name: string,
): Promise<ChannelRecord | undefined> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('alert_channel')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst()
  return row && toChannel(row)
}

/** By name, after a name. */
export async function listChannels(
  reader: Reader,
  after: string,
  limit: number,
): Promise<readonly ChannelRecord[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('alert_channel')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toChannel)
}
