import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { MonitorRecord, Reference } from './model.ts'
import type { MonitoringTables } from './tables.ts'

type MonitorRow = MonitoringTables['monitor']

const toMonitor = (row: MonitorRow): MonitorRecord => ({
  name: row.name,
  project: row.project,
  declaration: JSON.parse(row.declaration) as MonitorRecord['declaration'],
  closedTo: row.closed_to,
  started: row.started === 1,
  labelCursor: row.label_cursor,
})

export async function upsertMonitor(
  tx: Tx,
  monitor: MonitorRecord,
  createdAt: number,
): Promise<void> {
  const changed = {
    project: monitor.project,
    declaration: JSON.stringify(monitor.declaration),
    closed_to: monitor.closedTo,
  }
  await tables<MonitoringTables>(tx)
    .insertInto('monitor')
    .values({
      name: monitor.name,
      ...changed,
      started: Number(monitor.started),
      label_cursor: monitor.labelCursor,
      created_at: createdAt,
    })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(changed))
    .execute()
}

export async function deleteMonitor(tx: Tx, name: string): Promise<void> {
  await tables<MonitoringTables>(tx).deleteFrom('monitor').where('name', '=', name).execute()
}

export async function findMonitor(
  reader: Reader,
  name: string,
): Promise<MonitorRecord | undefined> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('monitor')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst()
  return row && toMonitor(row)
}

/** By name, after a name. */
export async function listMonitors(
  reader: Reader,
  after: string,
  limit: number,
): Promise<readonly MonitorRecord[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toMonitor)
}

/** Where a monitor stands after a step. */
export type MonitorProgress = Pick<MonitorRecord, 'closedTo' | 'started' | 'labelCursor'>

/** Moves a monitor on; false when another process has done so. */
export async function moveMonitor(
  tx: Tx,
  before: MonitorRecord,
  after: MonitorProgress,
): Promise<boolean> {
  const result = await tables<MonitoringTables>(tx)
    .updateTable('monitor')
    .set({
      closed_to: after.closedTo,
      started: Number(after.started),
      label_cursor: after.labelCursor,
    })
    .where('name', '=', before.name)
    .where('closed_to', '=', before.closedTo)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

export async function insertReference(
  tx: Tx,
  monitor: string,
  reference: Reference,
): Promise<void> {
  const db = tables<MonitoringTables>(tx)
  const last = await db
    .selectFrom('monitor_reference')
    .select((select) => select.fn.max('number').as('number'))
    .where('monitor', '=', monitor)
    .executeTakeFirst()
  await db
    .insertInto('monitor_reference')
    .values({
      monitor,
      number: Number(last?.number ?? 0) + 1,
      model_version: reference.modelVersion,
      row_count: reference.rows,
      profile_digest: reference.profileDigest,
      performance: JSON.stringify(reference.performance),
      set_at: reference.setAt,
    })
    .execute()
}

/** The reference in force, or the newest one made for a version. */
export async function findReference(
  reader: Reader,
  monitor: string,
  modelVersion?: number,
): Promise<Reference | undefined> {
  let query = tables<MonitoringTables>(reader)
    .selectFrom('monitor_reference')
    .selectAll()
    .where('monitor', '=', monitor)
  if (modelVersion !== undefined) query = query.where('model_version', '=', modelVersion)
  const row = await query.orderBy('number', 'desc').limit(1).executeTakeFirst()
  return (
    row && {
      modelVersion: row.model_version,
      rows: row.row_count,
      profileDigest: row.profile_digest,
      performance: JSON.parse(row.performance) as Reference['performance'],
      setAt: row.set_at,
    }
  )
}
