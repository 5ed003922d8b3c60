import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { TimeSpan } from '../model.ts'
import type { MonitoringTables } from '../tables.ts'

/** A batch that was uploaded to a monitor; its rows, or their profile, are a blob. */
export interface BatchRecord {
  readonly form: 'rows' | 'profile'
  readonly monitor: string
  readonly id: string
  /** Event times of the rows, half open. */
  readonly from: number
  readonly to: number
  readonly rows: number
  readonly digest: string
  readonly addedAt: number
  readonly addedBy: string
}

const toBatch = (row: MonitoringTables['monitor_batch']): BatchRecord => ({
  form: row.form,
  monitor: row.monitor,
  id: row.id,
  from: row.from_ms,
  to: row.to_ms,
  rows: row.row_count,
  digest: row.digest,
  addedAt: row.added_at,
  addedBy: row.added_by,
})

export async function insertBatch(tx: Tx, batch: BatchRecord): Promise<void> {
  await tables<MonitoringTables>(tx)
    .insertInto('monitor_batch')
    .values({
      monitor: batch.monitor,
      id: batch.id,
      from_ms: batch.from,
      to_ms: batch.to,
      row_count: batch.rows,
      digest: batch.digest,
      added_at: batch.addedAt,
      added_by: batch.addedBy,
      form: batch.form,
    })
    .execute()
}

export async function findBatch(
  reader: Reader,
  monitor: string,
  id: string,
): Promise<BatchRecord | undefined> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_batch')
    .selectAll()
    .where('monitor', '=', monitor)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toBatch(row)
}

/** By id; those that hold a row of a span where one is given. */
export async function listBatches(
  reader: Reader,
  monitor: string,
  options: {
    readonly limit?: number
    readonly after?: string | undefined
    readonly span?: TimeSpan
    readonly form?: BatchRecord['form']
  },
): Promise<readonly BatchRecord[]> {
  const { limit, after, span, form } = options
  let query = tables<MonitoringTables>(reader)
    .selectFrom('monitor_batch')
    .selectAll()
    .where('monitor', '=', monitor)
  if (after !== undefined) query = query.where('id', '>', after)
  if (span) query = query.where('from_ms', '<', span.to).where('to_ms', '>', span.from)
  if (form) query = query.where('form', '=', form)
  if (limit !== undefined) query = query.limit(limit)
  const rows = await query.orderBy('id').execute()
  return rows.map(toBatch)
}

export async function spanOfBatches(
  reader: Reader,
  monitor: string,
): Promise<TimeSpan | undefined> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_batch')
    .select((select) => [
      select.fn.min<number | null>('from_ms').as('from'),
      select.fn.max<number | null>('to_ms').as('to'),
    ])
    .where('monitor', '=', monitor)
    .executeTakeFirst()
  return row && row.from !== null && row.to !== null
    ? { from: Number(row.from), to: Number(row.to) }
    : undefined
}
