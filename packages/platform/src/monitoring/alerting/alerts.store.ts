import { type SqlBool, sql } from 'kysely'
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
  assignee: row.assignee,
  comments: row.comments,
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
      assignee: alert.assignee,
      comments: alert.comments,
      opened_at: alert.openedAt,
      resolved_at: alert.resolvedAt,
      window_from: alert.windowFrom,
      window_to: alert.windowTo,
      active_key: alert.state === 'resolved' ? null : activeKey(alert.monitor, alert.rule),
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
      assignee: alert.assignee,
      comments: alert.comments,
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
  readonly severity?: AlertView['severity'] | undefined
  /** Empty for those that nobody looks after. */
  readonly assignee?: string | undefined
  readonly text?: string | undefined
  /** When it was opened. */
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** Newest first: ids rise with time. */
export async function listAlerts(
  reader: Reader,
  options: AlertFilter & { readonly before: string | null; readonly limit: number },
): Promise<readonly AlertView[]> {
  let query = tables<MonitoringTables>(reader).selectFrom('alert').selectAll()
  for (const column of ['monitor', 'state', 'severity'] as const) {
    const wanted = options[column]
    if (wanted !== undefined) query = query.where(column, '=', wanted)
  }
  if (options.assignee === '') query = query.where('assignee', 'is', null)
  else if (options.assignee !== undefined) query = query.where('assignee', '=', options.assignee)
  if (options.from !== undefined) query = query.where('opened_at', '>=', options.from)
  if (options.to !== undefined) query = query.where('opened_at', '<', options.to)
  if (options.text !== undefined) query = query.where(holdsText(options.text))
  if (options.before !== null) query = query.where('id', '<', options.before)
  const rows = await query.orderBy('id', 'desc').limit(options.limit).execute()
  return rows.map(toAlert)
}

/** Whether one of the texts of an alert holds another; `%` and `_` mean themselves. */
function holdsText(text: string) {
  const pattern = `%${text.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
  const columns = ['monitor', 'rule', 'metric', 'message', 'note'] as const
  return sql<SqlBool>`(${sql.join(
    columns.map((column) => sql`lower(${sql.ref(column)}) like ${pattern} escape '\\'`),
    sql` or `,
  )})`
}

/** How many alerts there are of each state and severity. */
export async function countAlerts(
  reader: Reader,
): Promise<readonly (Pick<AlertView, 'state' | 'severity'> & { readonly count: number })[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('alert')
    .select(['state', 'severity', (of) => of.fn.countAll<number>().as('count')])
    .groupBy(['state', 'severity'])
    .execute()
  return rows.map(({ state, severity, count }) => ({ state, severity, count }))
}
