import { type Dialect, type Reader, type Tx, tables } from '../../storage/index.ts'
import { deleteValues, writeValues } from '../metric-values.store.ts'
import type { Distribution, NewWindow, Statistic, WindowReport, WindowSummary } from '../model.ts'
import type { MonitoringTables } from '../tables.ts'

type WindowRow = MonitoringTables['monitor_window']

const frameColumns = [
  'id',
  'monitor',
  'kind',
  'from_ms',
  'to_ms',
  'revision',
  'row_count',
  'labelled',
  'model_versions',
  'closed_at',
  'monitor_version',
] as const
const reportColumns = [...frameColumns, 'statistics'] as const
type ReportRow = Pick<WindowRow, (typeof reportColumns)[number]>

/** Windows of older versions of Kaizen say nothing of a lower bound or of a band. */
const complete = (statistic: Statistic): Statistic =>
  statistic.lower === undefined || statistic.band === undefined
    ? { ...statistic, lower: statistic.lower ?? null, band: statistic.band ?? null }
    : statistic

const toReport = (row: ReportRow): WindowReport => ({
  ...frameOf(row),
  statistics: (JSON.parse(row.statistics) as Statistic[]).map(complete),
})

const frameOf = (row: Omit<ReportRow, 'statistics'>): Omit<WindowReport, 'statistics'> => ({
  id: row.id,
  monitor: row.monitor,
  kind: row.kind,
  from: row.from_ms,
  to: row.to_ms,
  revision: row.revision,
  rows: row.row_count,
  labelled: row.labelled,
  completeness: row.row_count > 0 ? row.labelled / row.row_count : null,
  modelVersions: JSON.parse(row.model_versions) as number[],
  monitorVersion: row.monitor_version,
  closedAt: row.closed_at,
})

export interface StoredWindow {
  readonly id: string
  readonly monitor: string
  readonly window: NewWindow
  readonly revision: number
  readonly closedAt: number
  readonly monitorVersion: number
}

/** Adds a revision of a window, which becomes the latest, and its values. */
export async function insertWindow(tx: Tx, dialect: Dialect, stored: StoredWindow): Promise<void> {
  const { id, monitor, window, revision, closedAt, monitorVersion } = stored
  const db = tables<MonitoringTables>(tx)
  if (revision > 1) {
    await db
      .updateTable('monitor_window')
      .set({ latest: 0 })
      .where('monitor', '=', monitor)
      .where('kind', '=', window.kind)
      .where('to_ms', '=', window.to)
      .execute()
  }
  await db
    .insertInto('monitor_window')
    .values({
      id,
      monitor,
      kind: window.kind,
      from_ms: window.from,
      to_ms: window.to,
      revision,
      latest: 1,
      row_count: window.rows,
      labelled: window.labelled,
      model_versions: JSON.stringify(window.modelVersions),
      statistics: JSON.stringify(window.statistics),
      distributions: JSON.stringify(window.distributions),
      closed_at: closedAt,
      monitor_version: monitorVersion,
      judged: window.statistics.filter(({ drifted }) => drifted !== null).length,
      drifted: window.statistics.filter(({ drifted }) => drifted === true).length,
    })
    .execute()
  await writeValues(tx, dialect, { monitor, window, revision })
}

export interface WindowFilter {
  readonly kind?: WindowReport['kind'] | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** Where a list of windows stands: end and id of the last one shown. */
export interface WindowPosition {
  readonly to: number
  readonly id: string
}

export type WindowQuery = WindowFilter & {
  readonly before: WindowPosition | null
  readonly limit: number
}

/** The latest revision of each window, newest first. */
export async function listWindows(
  reader: Reader,
  monitor: string,
  options: WindowQuery,
): Promise<readonly WindowReport[]> {
  const rows = await latestWindows(reader, monitor, options).select(reportColumns).execute()
  return rows.map(toReport)
}

/** The same without their statistics. */
export async function listSummaries(
  reader: Reader,
  monitor: string,
  options: WindowQuery,
): Promise<readonly WindowSummary[]> {
  const rows = await latestWindows(reader, monitor, options)
    .select([...frameColumns, 'judged', 'drifted'])
    .execute()
  return rows.map((row) => ({
    ...frameOf(row),
    metrics: { judged: row.judged, drifted: row.drifted },
  }))
}

function latestWindows(reader: Reader, monitor: string, options: WindowQuery) {
  const { kind, from, to, before, limit } = options
  let query = tables<MonitoringTables>(reader)
    .selectFrom('monitor_window')
    .where('monitor', '=', monitor)
    .where('latest', '=', 1)
  if (kind !== undefined) query = query.where('kind', '=', kind)
  if (from !== undefined) query = query.where('to_ms', '>', from)
  if (to !== undefined) query = query.where('from_ms', '<', to)
  if (before) {
    query = query.where((where) =>
      where.or([
        where('to_ms', '<', before.to),
        where.and([where('to_ms', '=', before.to), where('id', '<', before.id)]),
      ]),
    )
  }
  return query.orderBy('to_ms', 'desc').orderBy('id', 'desc').limit(limit)
}

/** The latest revision of a window that ends at a time. */
export async function findWindowAt(
  reader: Reader,
  monitor: string,
  { kind, to }: { readonly kind: WindowReport['kind']; readonly to: number },
): Promise<WindowReport | undefined> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_window')
    .select(reportColumns)
    .where('monitor', '=', monitor)
    .where('kind', '=', kind)
    .where('to_ms', '=', to)
    .where('latest', '=', 1)
    .executeTakeFirst()
  return row && toReport(row)
}

/** Ends of the latest windows of a kind in (after, to], oldest first. */
export async function windowEnds(
  reader: Reader,
  monitor: string,
  {
    kind,
    after,
    to,
  }: { readonly kind: WindowReport['kind']; readonly after: number; readonly to: number },
): Promise<readonly number[]> {
  const rows = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_window')
    .select('to_ms')
    .where('monitor', '=', monitor)
    .where('latest', '=', 1)
    .where('kind', '=', kind)
    .where('to_ms', '>', after)
    .where('to_ms', '<=', to)
    .orderBy('to_ms')
    .execute()
  return rows.map((row) => row.to_ms)
}

/** Takes a window and its values out of the series; its revisions stay readable by their ids. */
export async function retireWindow(
  tx: Tx,
  monitor: string,
  { kind, to }: { readonly kind: WindowReport['kind']; readonly to: number },
): Promise<void> {
  const db = tables<MonitoringTables>(tx)
  const window = await findWindowAt(tx, monitor, { kind, to })
  if (!window) return
  await db.updateTable('monitor_window').set({ latest: 0 }).where('id', '=', window.id).execute()
  const metrics = window.statistics.map(({ metric }) => metric)
  await deleteValues(tx, monitor, { metrics, at: to })
}

/** The number of the newest revision of a window, also of one that is in force no more; 0 when there is none. */
export async function lastRevision(
  reader: Reader,
  monitor: string,
  { kind, to }: { readonly kind: WindowReport['kind']; readonly to: number },
): Promise<number> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_window')
    .select((select) => select.fn.max<number | null>('revision').as('revision'))
    .where('monitor', '=', monitor)
    .where('kind', '=', kind)
    .where('to_ms', '=', to)
    .executeTakeFirst()
  return Number(row?.revision ?? 0)
}

export interface WindowDetail {
  readonly report: WindowReport
  readonly distributions: readonly Distribution[]
  readonly revisions: readonly {
    readonly revision: number
    readonly closedAt: number
    readonly labelled: number
  }[]
}

export async function findWindow(reader: Reader, id: string): Promise<WindowDetail | undefined> {
  const db = tables<MonitoringTables>(reader)
  const row = await db
    .selectFrom('monitor_window')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const revisions = await db
    .selectFrom('monitor_window')
    .select(['revision', 'closed_at', 'labelled'])
    .where('monitor', '=', row.monitor)
    .where('kind', '=', row.kind)
    .where('to_ms', '=', row.to_ms)
    .orderBy('revision')
    .execute()
  return {
    report: toReport(row),
    distributions: JSON.parse(row.distributions) as Distribution[],
    revisions: revisions.map(({ revision, closed_at, labelled }) => ({
      revision,
      closedAt: closed_at,
      labelled,
    })),
  }
}

/** How many windows have closed, and the end of the newest. */
export async function countWindows(
  reader: Reader,
  monitor: string,
): Promise<{ readonly windows: number; readonly lastTo: number | null }> {
  const row = await tables<MonitoringTables>(reader)
    .selectFrom('monitor_window')
    .select((select) => [
      select.fn.countAll<number>().as('windows'),
      select.fn.max<number | null>('to_ms').as('last_to'),
    ])
    .where('monitor', '=', monitor)
    .where('latest', '=', 1)
    .executeTakeFirstOrThrow()
  return {
    windows: Number(row.windows),
    lastTo: row.last_to === null ? null : Number(row.last_to),
  }
}
