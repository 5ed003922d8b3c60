import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { MonitoringTables } from '../tables.ts'
import type { SilenceRecord } from './model.ts'

const toSilence = (row: MonitoringTables['alert_silence']): SilenceRecord => ({
  id: row.id,
  monitors: row.monitors,
  rules: row.rules,
  from: row.from_ms,
  to: row.to_ms,
  repeat: row.repeats,
  reason: row.reason,
  createdBy: row.created_by,
  createdAt: row.created_at,
})

export async function insertSilence(tx: Tx, silence: SilenceRecord): Promise<void> {
  await tables<MonitoringTables>(tx)
    .insertInto('alert_silence')
    .values({
      id: silence.id,
      monitors: silence.monitors,
      rules: silence.rules,
      from_ms: silence.from,
      to_ms: silence.to,
      repeats: silence.repeat,
      reason: silence.reason,
      created_by: silence.createdBy,
      created_at: silence.createdAt,
    })
    .execute()
}

/** False when there was none. */
export async function deleteSilence(tx: Tx, id: string): Promise<boolean> {
  const result = await tables<MonitoringTables>(tx)
    .deleteFrom('alert_silence')
    .where('id', '=', id)
    .executeTakeFirst()
  return result.numDeletedRows > 0n
}

/** Newest first. */
export async function listSilences(
  reader: Reader,
  options: { readonly before: string | null; readonly limit: number },
): Promise<readonly SilenceRecord[]> {
  let query = tables<MonitoringTables>(reader).selectFrom('alert_silence').selectAll()
  if (options.before !== null) query = query.where('id', '<', options.before)
  const rows = await query.orderBy('id', 'desc').limit(options.limit).execute()
  return rows.map(toSilence)
}

/** Those that can hold at a time: not yet over, or repeated. */
export async function standingSilences(
  reader: Reader,
  now: number,
): Promise<readonly SilenceRecord[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('alert_silence')
    .selectAll()
    .where((where) => where.or([where('to_ms', '>', now), where('repeats', 'is not', null)]))
    .orderBy('id')
    .execute()
  return rows.map(toSilence)
}
