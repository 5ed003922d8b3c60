import { monitorDeclaration } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { MonitorRecord, Reference } from './model.ts'
import type { MonitoringTables } from './tables.ts'
import { nextDue } from './windows/windows.ts'

/** A declaration of an older version of Kaizen lacks the fields that came later: the schema supplies them. */
const declarationOf = (text: string): MonitorRecord['declaration'] =>
  monitorDeclaration.parse(JSON.parse(text))

type MonitorRow = MonitoringTables['monitor']

const toMonitor = (row: MonitorRow): MonitorRecord => ({
  name: row.name,
  project: row.project,
  declaration: declarationOf(row.declaration),
  closedTo: row.closed_to,
  started: row.started === 1,
  labelCursor: row.label_cursor,
  version: row.version,
  bundle: row.bundle === null ? null : (JSON.parse(row.bundle) as MonitorRecord['bundle']),
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
    next_due: nextDue(monitor.declaration, monitor),
    version: monitor.version,
    bundle: monitor.bundle && JSON.stringify(monitor.bundle),
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

/** A declaration as it came into force. */
export interface MonitorVersion {
  readonly version: number
  readonly declaration: MonitorRecord['declaration']
  readonly declaredAt: number
  readonly declaredBy: string
}

export async function insertVersion(tx: Tx, monitor: string, made: MonitorVersion): Promise<void> {
  await tables<MonitoringTables>(tx)
    .insertInto('monitor_version')
    .values({
      monitor,
      version: made.version,
      declaration: JSON.stringify(made.declaration),
      declared_at: made.declaredAt,
      declared_by: made.declaredBy,
    })
    .execute()
}

/** The number of the newest version that a monitor of this name has ever had; 0 before the first. */
export async function lastVersion(reader: Reader, monitor: string): Promise<number> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_version')
    .select((select) => select.fn.max<number | null>('version').as('version'))
    .where('monitor', '=', monitor)
    .executeTakeFirst()
  return Number(row?.version ?? 0)
}

/** Newest first. */
export async function listVersions(
  reader: Reader,
  monitor: string,
): Promise<readonly MonitorVersion[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_version')
    .selectAll()
    .where('monitor', '=', monitor)
    .orderBy('version', 'desc')
    .limit(1000)
    .execute()
  return rows.map((row) => ({
    version: row.version,
    declaration: declarationOf(row.declaration),
    declaredAt: row.declared_at,
    declaredBy: row.declared_by,
  }))
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

/** Those of these monitors that there are, in the order of the names. */
export async function findMonitors(
  reader: Reader,
  names: readonly string[],
): Promise<readonly MonitorRecord[]> {
  if (names.length === 0) return []
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor')
    .selectAll()
    .where('name', 'in', names)
    .execute()
  const found = new Map(rows.map((row) => [row.name, toMonitor(row)]))
  return names.flatMap((name) => found.get(name) ?? [])
}

/** Names of the monitors that may have a window to close. */
export async function dueNames(reader: Reader, now: number): Promise<readonly string[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor')
    .select('name')
    .where('next_due', '<=', now)
    .orderBy('name')
    .execute()
  return rows.map(({ name }) => name)
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
      next_due: nextDue(before.declaration, after),
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
      source: JSON.stringify(reference.source),
      row_count: reference.rows,
      profile_digest: reference.profileDigest,
      performance: JSON.stringify(reference.performance),
      set_at: reference.setAt,
    })
    .execute()
}

export interface ReferenceFilter {
  /** Which rows; the newest reference of any kind unless told. */
  readonly source?: Reference['source'] | undefined
  readonly modelVersion?: number | undefined
}

/** The newest reference that fits. */
export async function findReference(
  reader: Reader,
  monitor: string,
  { source, modelVersion }: ReferenceFilter = {},
): Promise<Reference | undefined> {
  let query = tables<MonitoringTables>(reader)
    .selectFrom('monitor_reference')
    .selectAll()
    .where('monitor', '=', monitor)
  if (modelVersion !== undefined) query = query.where('model_version', '=', modelVersion)
  if (source !== undefined) query = query.where('source', '=', JSON.stringify(source))
  const row = await query.orderBy('number', 'desc').limit(1).executeTakeFirst()
  return (
    row && {
      modelVersion: row.model_version,
      source: JSON.parse(row.source) as Reference['source'],
      rows: row.row_count,
      profileDigest: row.profile_digest,
      performance: JSON.parse(row.performance) as Reference['performance'],
      setAt: row.set_at,
    }
  )
}
