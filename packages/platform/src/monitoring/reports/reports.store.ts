import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { TimeSpan } from '../model.ts'
import type { MonitoringTables } from '../tables.ts'
import { dayMs } from '../windows/days.store.ts'
import type { DeliveryRecord, ReportRecord, Slot } from './model.ts'

const toReport = (row: MonitoringTables['monitor_report']): ReportRecord => ({
  name: row.name,
  body: JSON.parse(row.body),
  nextAt: row.next_at,
  updatedAt: row.updated_at,
  updatedBy: row.updated_by,
})

export async function upsertReport(tx: Tx, report: ReportRecord): Promise<void> {
  const values = {
    body: JSON.stringify(report.body),
    next_at: report.nextAt,
    updated_at: report.updatedAt,
    updated_by: report.updatedBy,
  }
  await tables<MonitoringTables>(tx)
    .insertInto('monitor_report')
    .values({ name: report.name, ...values })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
    .execute()
}

/** False when there was none. */
export async function deleteReport(tx: Tx, name: string): Promise<boolean> {
  const result = await tables<MonitoringTables>(tx)
    .deleteFrom('monitor_report')
    .where('name', '=', name)
    .executeTakeFirst()
  return result.numDeletedRows > 0n
}

export async function findReport(reader: Reader, name: string): Promise<ReportRecord | undefined> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_report')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst()
  return row && toReport(row)
}

export async function listReports(
  reader: Reader,
  after: string,
  limit: number,
): Promise<readonly ReportRecord[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_report')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toReport)
}

export async function dueReports(reader: Reader, now: number): Promise<readonly ReportRecord[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_report')
    .selectAll()
    .where('next_at', '<=', now)
    .orderBy('next_at')
    .limit(100)
    .execute()
  return rows.map(toReport)
}

/** Moves a schedule on; false where another server has done so. */
export async function moveSchedule(
  tx: Tx,
  report: ReportRecord,
  nextAt: number | null,
): Promise<boolean> {
  const result = await tables<MonitoringTables>(tx)
    .updateTable('monitor_report')
    .set({ next_at: nextAt })
    .where('name', '=', report.name)
    .where('next_at', '=', report.nextAt)
    .where('updated_at', '=', report.updatedAt)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

const toDelivery = (row: MonitoringTables['monitor_report_delivery']): DeliveryRecord => ({
  id: row.id,
  report: row.report,
  body: JSON.parse(row.body),
  channel: row.channel,
  dueAt: row.due_at,
  state: row.state,
  attempts: row.attempts,
  error: row.error,
  doneAt: row.done_at,
})

export async function insertDelivery(tx: Tx, delivery: DeliveryRecord): Promise<void> {
  await tables<MonitoringTables>(tx)
    .insertInto('monitor_report_delivery')
    .values({
      id: delivery.id,
      report: delivery.report,
      body: JSON.stringify(delivery.body),
      channel: delivery.channel,
      due_at: delivery.dueAt,
      state: delivery.state,
      attempts: delivery.attempts,
      error: delivery.error,
      done_at: delivery.doneAt,
    })
    .execute()
}

export async function findDelivery(
  reader: Reader,
  id: string,
): Promise<DeliveryRecord | undefined> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_report_delivery')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toDelivery(row)
}

export async function updateDelivery(
  tx: Tx,
  id: string,
  changes: Pick<DeliveryRecord, 'state' | 'attempts' | 'error' | 'doneAt'>,
): Promise<void> {
  const { state, attempts, error, doneAt } = changes
  await tables<MonitoringTables>(tx)
    .updateTable('monitor_report_delivery')
    .set({ state, attempts, error, done_at: doneAt })
    .where('id', '=', id)
    .execute()
}

/** Newest first: ids rise with time. */
export async function listDeliveries(
  reader: Reader,
  report: string,
  options: { readonly before: string | null; readonly limit: number },
): Promise<readonly DeliveryRecord[]> {
  let query = tables<MonitoringTables>(reader)
    .selectFrom('monitor_report_delivery')
    .selectAll()
    .where('report', '=', report)
  if (options.before !== null) query = query.where('id', '<', options.before)
  return (await query.orderBy('id', 'desc').limit(options.limit).execute()).map(toDelivery)
}

/** The days of a metric that lie whole within a span, oldest first. */
export async function daySlots(
  reader: Reader,
  monitor: string,
  metric: string,
  span: TimeSpan,
): Promise<readonly Slot[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_day')
    .select(['windows', 'known', 'total', 'low', 'high', 'threshold', 'lower', 'drifted'])
    .where('monitor', '=', monitor)
    .where('metric', '=', metric)
    .where('day', '>=', Math.floor(span.from / dayMs))
    .where('day', '<', Math.floor(span.to / dayMs))
    .orderBy('day')
    .execute()
  return rows.map(({ drifted, ...row }) => ({
    ...row,
    drifted: drifted === null ? null : drifted === 1,
  }))
}
