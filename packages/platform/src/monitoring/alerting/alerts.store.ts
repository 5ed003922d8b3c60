import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { AlertView } from '../model.ts'
import type { MonitoringTables } from '../tables.ts'

type AlertRow = MonitoringTables['alert']

const toAlert = (row: AlertRow): AlertView => ({
  id: row.id,
  monitor: row.monitor,
  rule: row.rule,
  metric: row.metric,
  severity: row.severity,
  state: row.state,
  message: row.message,
  value: row.value,
  threshold: row.threshold,
  note: row.note,
  acknowledgedBy: row.acknowledged_by,
  openedAt: row.opened_at,
  resolvedAt: row.resolved_at,
  windowFrom: row.window_from,
  windowTo: row.window_to,
})

const activeKey = (monitor: string, rule: string): string => `${monitor}:${rule}`

export async function insertAlert(tx: Tx, alert: AlertView): Promise<void> {
  await tables<MonitoringTables>(tx)
    .insertInto('alert')
    .values({
      id: alert.id,
      monitor: alert.monitor,
      rule: alert.rule,
      metric: alert.metric,
      severity: alert.severity,
      state: alert.state,
      message: alert.message,
      value: alert.value,
      threshold: alert.threshold,
      note: alert.note,
      acknowledged_by: alert.acknowledgedBy,
      opened_at: alert.openedAt,
      resolved_at: alert.resolvedAt,
      window_from: alert.windowFrom,
      window_to: alert.windowTo,
      active_key: activeKey(alert.monitor, alert.rule),
    })
    .execute()
}

export async function updateAlert(tx: Tx, alert: AlertView): Promise<void> {
  await tables<MonitoringTables>(tx)
    .updateTable('alert')
    .set({
      state: alert.state,
      message: alert.message,
      value: alert.value,
      threshold: alert.threshold,
      note: alert.note,
      acknowledged_by: alert.acknowledgedBy,
      resolved_at: alert.resolvedAt,
      window_to: alert.windowTo,
      ...(alert.state === 'resolved' ? { active_key: null } : {}),
    })
    .where('id', '=', alert.id)
    .execute()
}

/** The alert of a rule that is not resolved. */
export async function findActiveAlert(
  reader: Reader,
  monitor: string,
  rule: string,
): Promise<AlertView | undefined> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('alert')
    .selectAll()
    .where('active_key', '=', activeKey(monitor, rule))
    .executeTakeFirst()
  return row && toAlert(row)
}

export async function findAlert(reader: Reader, id: string): Promise<AlertView | undefined> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('alert')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toAlert(row)
}

/** Alerts of a monitor that are not resolved. */
export async function listActiveAlerts(
  reader: Reader,
  monitor: string,
): Promise<readonly AlertView[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('alert')
    .selectAll()
    .where('monitor', '=', monitor)
    .where('active_key', 'is not', null)
    .orderBy('id')
    .execute()
  return rows.map(toAlert)
}

export interface AlertFilter {
  readonly monitor?: string | undefined
  readonly state?: AlertView['state'] | undefined
}

/** Newest first: ids rise with time. */
export async function listAlerts(
  reader: Reader,
  options: AlertFilter & { readonly before: string | null; readonly limit: number },
): Promise<readonly AlertView[]> {
  let query = tables<MonitoringTables>(reader).selectFrom('alert').selectAll()
  if (options.monitor !== undefined) query = query.where('monitor', '=', options.monitor)
  if (options.state !== undefined) query = query.where('state', '=', options.state)
  if (options.before !== null) query = query.where('id', '<', options.before)
  const rows = await query.orderBy('id', 'desc').limit(options.limit).execute()
  return rows.map(toAlert)
}
