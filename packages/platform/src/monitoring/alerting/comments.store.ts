import type { AlertComment } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { MonitoringTables } from '../tables.ts'

export async function insertComment(
  tx: Tx,
  alert: string,
  { id, author, text, at }: AlertComment,
): Promise<void> {
  await tables<MonitoringTables>(tx)
    .insertInto('alert_comment')
    .values({ id, alert, author, body: text, at })
    .execute()
}

/** Oldest first: ids rise with time. */
export async function listComments(
  reader: Reader,
  alert: string,
  options: { readonly after: string; readonly limit: number },
): Promise<readonly AlertComment[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('alert_comment')
    .selectAll()
    .where('alert', '=', alert)
    .where('id', '>', options.after)
    .orderBy('id')
    .limit(options.limit)
    .execute()
  return rows.map(({ id, author, body, at }) => ({ id, author, text: body, at }))
}
