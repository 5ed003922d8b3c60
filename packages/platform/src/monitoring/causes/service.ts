import { KaizenError } from '@kaizen/contracts'
import type { AuditEvent, AuditLog } from '../../audit/index.ts'
import { loggedPredictions } from '../../evaluation/index.ts'
import type { Database } from '../../storage/index.ts'
import type { LoggedPredictions, MonitorRecord, TimeSpan, WindowReport } from '../model.ts'
import type { MonitorReader } from '../monitor-reader.ts'
import type { Sources } from '../sources/sources.ts'
import { readSeries } from '../values.store.ts'
import { findWindowAt, listWindows } from '../windows/windows.store.ts'
import { lengthsOf } from '../windows/windows.ts'
import {
  findings,
  focusOf,
  type SuspectColumn,
  suspectColumns,
  type UpstreamChange,
} from './causes.ts'
import { type ChangePoint, changePointOf } from './change-point.ts'
import { type Slice, searchSlices } from './slices.ts'

/** Windows before the one in question whose course is looked at. */
const historyWindows = 200
/** Rows that are searched for slices; more would hold up what else the server does. */
const sliceRows = 5000
const pageSize = 500
/** Events are read so far back and no further. */
const pageLimit = 40
const upstreamLimit = 50

export interface Causes {
  readonly window: { readonly id: string; readonly from: number; readonly to: number }
  /** The metric whose course is looked at. */
  readonly focus: string | null
  readonly since: (ChangePoint & { readonly at: number }) | null
  readonly columns: readonly SuspectColumn[]
  readonly slices: readonly Slice[]
  readonly upstream: readonly UpstreamChange[]
  readonly findings: readonly string[]
}

/** Tells the subjects that what a monitor watches is made from, as the audit log names them (`dataset:bike-hours`). */
export interface LineageSource {
  of(declaration: MonitorRecord['declaration']): Promise<ReadonlySet<string>>
}

interface CauseDeps {
  readonly database: Database
  readonly audit: AuditLog
  /** Without it no change is said to be in the lineage. */
  readonly lineage?: LineageSource | undefined
}

/** Stages above a monitor. What is declared, made and set counts; runs and rows that come all the time do not. */
const upstreamTypes = [
  'data.version.*',
  'data.contract.*',
  'features.view.*',
  'features.on-demand.*',
  'features.service.*',
  'features.entity.*',
  'features.materialization.failed',
  'pipelines.pipeline.*',
  'serving.route.*',
  'serving.settings.*',
  'registry.*',
  'delivery.*',
  'monitoring.reference.*',
  'monitoring.monitor.*',
]

/** Puts together why a monitor speaks up: which columns, which rows, since when, and what changed upstream then. */
export class CauseFinder {
  readonly #deps: CauseDeps
  readonly #reader: MonitorReader
  readonly #sources: Sources

  constructor(deps: CauseDeps, reader: MonitorReader, sources: Sources) {
    this.#deps = deps
    this.#reader = reader
    this.#sources = sources
  }

  /** Of the window that ends at a time; of the newest unless told. @throws NOT_FOUND */
  async find(
    name: string,
    asked: { readonly at?: number | undefined; readonly metric?: string | undefined },
  ): Promise<Causes> {
    const monitor = await this.#reader.record(name)
    const drift = await this.#window(name, asked.at)
    const performance = await findWindowAt(this.#deps.database.reader, name, {
      kind: 'performance',
      to: drift.to,
    })
    const windows = performance ? [performance, drift] : [drift]
    const focus = asked.metric ?? focusOf(windows)
    const since = focus === null ? null : await this.#since(monitor, focus, drift.to)
    const columns = suspectColumns(drift)
    const slices = await this.#slices(monitor, performance ?? drift)
    const around = since?.at ?? drift.to
    const reach = 3 * lengthsOf(monitor.declaration).windowMs
    const lineage = (await this.#deps.lineage?.of(monitor.declaration)) ?? new Set()
    const upstream = await this.#upstream({ from: around - reach, to: around }, lineage)
    const { id, from, to } = drift
    const found = { focus, since, columns, slices, upstream }
    return { window: { id, from, to }, ...found, findings: findings(found) }
  }

  async #window(name: string, at: number | undefined): Promise<WindowReport> {
    const { reader } = this.#deps.database
    const kind = 'drift' as const
    const found =
      at === undefined
        ? (await listWindows(reader, name, { kind, before: null, limit: 1 }))[0]
        : await findWindowAt(reader, name, { kind, to: at })
    if (found) return found
    throw new KaizenError(
      'NOT_FOUND',
      at === undefined
        ? `the monitor "${name}" has closed no window yet`
        : `no window of the monitor "${name}" ends at ${at}`,
      { hint: 'GET /api/v1/monitors/:name/windows lists the windows.' },
    )
  }

  async #since(monitor: MonitorRecord, metric: string, at: number): Promise<Causes['since']> {
    const { everyMs } = lengthsOf(monitor.declaration)
    const span = { from: Math.max(0, at - historyWindows * everyMs), to: at }
    const points = await readSeries(this.#deps.database.reader, monitor.name, metric, span)
    const known = points.filter(({ value }) => value !== null)
    const found = changePointOf(known.map(({ value }) => value!))
    return found && { ...found, at: known[found.index]!.at }
  }

  async #slices(monitor: MonitorRecord, { from, to }: WindowReport): Promise<readonly Slice[]> {
    const rows = await this.#sources.rows(monitor, { from, to })
    const { inputs, outputs, actual } = lastLabelled(rows)
    return searchSlices(inputs, loggedPredictions(outputs), actual)
  }

  /** Events of the stages above whose time lies in a span, oldest first; where there are many, those in the lineage. */
  async #upstream(
    span: TimeSpan,
    lineage: ReadonlySet<string>,
  ): Promise<readonly UpstreamChange[]> {
    const events = await Promise.all(upstreamTypes.map((type) => this.#events(type, span)))
    return events
      .flat()
      .map((event) => ({ ...inWords(event), inLineage: lineage.has(event.subject) }))
      .sort((a, b) => Number(b.inLineage) - Number(a.inLineage) || b.at - a.at)
      .slice(0, upstreamLimit)
      .sort((a, b) => a.at - b.at)
  }

  async #events(type: string, span: TimeSpan): Promise<readonly AuditEvent[]> {
    const found: AuditEvent[] = []
    let before: number | undefined
    for (let page = 0; page < pageLimit; page++) {
      const answer = await this.#deps.audit.list({ type, limit: pageSize, before })
      found.push(...answer.items.filter(({ at }) => at >= span.from && at <= span.to))
      const last = answer.items.at(-1)
      if (!last || answer.nextPageToken === undefined || last.at < span.from) break
      before = last.seq
    }
    return found
  }
}

const inWords = ({
  at,
  type,
  actor,
  subject,
  data,
}: AuditEvent): Omit<UpstreamChange, 'inLineage'> => {
  const version = data['version'] ?? data['modelVersion']
  const told =
    typeof version === 'number' || typeof version === 'string' ? ` (version ${version})` : ''
  const [, ...what] = type.split('.')
  return { at, kind: type, text: `${subject}: ${what.join(' ')}${told}`, actor, subject }
}

/** The newest labelled rows that were answered. */
function lastLabelled(rows: LoggedPredictions): LoggedPredictions {
  const kept = Array.from(rows.at.keys())
    .filter((row) => rows.actual[row] !== null && rows.error[row] === null)
    .slice(-sliceRows)
  const table = (side: LoggedPredictions['inputs']): LoggedPredictions['inputs'] => ({
    rowCount: kept.length,
    columns: side.columns.map((column) =>
      column.values instanceof Float64Array
        ? { ...column, values: Float64Array.from(kept, (row) => column.values[row] as number) }
        : { ...column, values: kept.map((row) => column.values[row]) },
    ) as LoggedPredictions['inputs']['columns'],
  })
  return {
    ...rows,
    inputs: table(rows.inputs),
    outputs: table(rows.outputs),
    actual: kept.map((row) => rows.actual[row]!),
  }
}
