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

/** What the rank of a monitor in the overview comes from. */
export interface Standing {
  readonly monitor: string
  /** Of the newest drift window; null before the first. */
  readonly judged: number | null
  readonly drifted: number | null
  /** Metrics whose newest value, of that window or later, is over its bound. */
  readonly over: number
}

/** Of all monitors. */
export async function standings(reader: Reader): Promise<readonly Standing[]> {
  const database = tables<MonitoringTables>(reader)
  const windows = await database
    .selectFrom('monitor')
    .leftJoin('monitor_window as newest', (join) =>
      join
        .onRef('newest.monitor', '=', 'monitor.name')
        .on('newest.latest', '=', 1)
        .on('newest.kind', '=', 'drift')
        .on('newest.to_ms', '=', ({ selectFrom }) =>
          selectFrom('monitor_window as one')
            .select(({ fn }) => fn.max('one.to_ms').as('to_ms'))
            .whereRef('one.monitor', '=', 'monitor.name')
            .where('one.latest', '=', 1)
            .where('one.kind', '=', 'drift'),
        ),
    )
    .select(['monitor.name', 'newest.to_ms', 'newest.judged', 'newest.drifted'])
    .execute()
  const over = await database
    .selectFrom('monitor_metric')
    .select(['monitor', 'at'])
    .where('drifted', '=', 1)
    .execute()
  const times = Map.groupBy(over, ({ monitor }) => monitor)
  return windows.map(({ name, to_ms: to, judged, drifted }) => ({
    monitor: name,
    judged,
    drifted,
    over: to === null ? 0 : (times.get(name) ?? []).filter(({ at }) => at >= to).length,
  }))
}
