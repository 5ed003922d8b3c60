import { type Reader, tables } from '../storage/index.ts'
import type { AlertView } from './model.ts'
import type { MonitoringTables } from './tables.ts'

/** How many metrics of a window had a verdict, and how many were over their bounds. */
export interface WindowVerdicts {
  readonly to: number
  readonly rows: number
  readonly judged: number
  readonly drifted: number
}

/** Of the newest drift windows, oldest first. */
export async function newestVerdicts(
  reader: Reader,
  monitor: string,
  limit: number,
): Promise<readonly WindowVerdicts[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_window')
    .select(['to_ms', 'row_count', 'judged', 'drifted'])
    .where('monitor', '=', monitor)
    .where('latest', '=', 1)
    .where('kind', '=', 'drift')
    .orderBy('to_ms', 'desc')
    .limit(limit)
    .execute()
  return rows
    .map((row) => ({
      to: row.to_ms,
      rows: row.row_count,
      judged: row.judged,
      drifted: row.drifted,
    }))
    .reverse()
}

export interface OpenAlerts {
  readonly monitor: string
  readonly severity: AlertView['severity']
  readonly count: number
}

/** Alerts that are not resolved, by monitor and severity. */
export async function openAlertCounts(reader: Reader): Promise<readonly OpenAlerts[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('alert')
    .select((select) => ['monitor', 'severity', select.fn.countAll<number>().as('count')])
    .where('active_key', 'is not', null)
    .groupBy(['monitor', 'severity'])
    .execute()
  return rows.map((row) => ({ ...row, count: Number(row.count) }))
}
