import { KaizenError, type Page } from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import type { Actor, Clock, Ids, Ticker } from '../kernel/index.ts'
import type { BlobStore, Database, Reader, Table, TableColumn, Tx } from '../storage/index.ts'
import { AlertService } from './alerts.service.ts'
import { annotationEvent, readAnnotations } from './annotations.ts'
import type {
  Annotation,
  LatestMetric,
  MetricPoint,
  MonitorDeclaration,
  MonitorRecord,
  MonitorView,
  NewWindow,
  PredictionLog,
  PreparedReference,
  TimeSpan,
  WindowReport,
} from './model.ts'
import * as monitors from './monitors.store.ts'
import { profileOf } from './reference.ts'
import { referenceValue, WindowCloser } from './window-closer.ts'
import * as windows from './windows.store.ts'
import { dueTo, lengthsOf, restatedEnds, windowStart } from './windows.ts'

export interface MonitoringDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly ids: Ids
  readonly serving: PredictionLog
}

const actor = 'system'

/**
 * Watches endpoints: closes windows over the prediction log when their time has come, compares them with what the
 * champion was trained on, restates performance as labels arrive, and opens and resolves alerts.
 */
export class MonitoringService implements Ticker {
  readonly name = 'monitoring'
  readonly alerts: AlertService
  readonly #deps: MonitoringDeps
  readonly #closer: WindowCloser

  constructor(deps: MonitoringDeps) {
    this.#deps = deps
    this.alerts = new AlertService(deps)
    this.#closer = new WindowCloser(deps.serving, deps.blobs)
  }

  /** Brings a project's declaration into force; windows that have closed stay as they are. */
  async declare(
    tx: Tx,
    by: Actor,
    declaration: MonitorDeclaration,
    project: string,
  ): Promise<void> {
    const now = this.#deps.clock.now()
    const before = await monitors.findMonitor(tx, declaration.name)
    const { windowMs } = lengthsOf(declaration)
    await monitors.upsertMonitor(
      tx,
      {
        name: declaration.name,
        project,
        declaration,
        closedTo: windowStart(before?.closedTo ?? now, windowMs),
        started: before?.started ?? false,
        labelCursor: before?.labelCursor ?? 0,
      },
      now,
    )
    this.#closer.reset(declaration.name)
    await this.#deps.audit.append(tx, {
      actor: by,
      type: before ? 'monitoring.monitor.changed' : 'monitoring.monitor.created',
      subject: `monitor:${declaration.name}`,
      data: { before: before?.declaration ?? null, after: declaration },
    })
  }

  /** Takes a monitor out of force; its windows and alerts stay readable in the audit log. */
  async remove(tx: Tx, by: Actor, name: string): Promise<void> {
    await monitors.deleteMonitor(tx, name)
    this.#closer.reset(name)
    await this.#deps.audit.append(tx, {
      actor: by,
      type: 'monitoring.monitor.deleted',
      subject: `monitor:${name}`,
    })
  }

  /** Stores a profile of the rows that a model was trained on, before it becomes the reference in a transaction. */
  async prepareReference(table: Table, prediction: TableColumn | null): Promise<PreparedReference> {
    const profile = profileOf(table, prediction)
    const bytes = new TextEncoder().encode(JSON.stringify(profile))
    const { digest } = await this.#deps.blobs.put(bytes)
    return { digest, rows: table.rowCount }
  }

  /** From now on windows are compared with this reference. @throws NOT_FOUND */
  async setReference(
    tx: Tx,
    by: Actor,
    monitor: string,
    reference: {
      readonly modelVersion: number
      readonly prepared: PreparedReference
      readonly performance: Readonly<Record<string, number>>
    },
  ): Promise<void> {
    await this.#record(tx, monitor)
    const { modelVersion, prepared, performance } = reference
    await monitors.insertReference(tx, monitor, {
      modelVersion,
      rows: prepared.rows,
      profileDigest: prepared.digest,
      performance,
      setAt: this.#deps.clock.now(),
    })
    await this.#deps.audit.append(tx, {
      actor: by,
      type: 'monitoring.reference.set',
      subject: `monitor:${monitor}`,
      data: { modelVersion, rows: prepared.rows, performance },
    })
  }

  /** Takes the newest reference that was made for a version into force again, as after a rollback. */
  async restoreReference(tx: Tx, by: Actor, monitor: string, modelVersion: number): Promise<void> {
    const found = await monitors.findReference(tx, monitor, modelVersion)
    if (!found) return
    const prepared = { digest: found.profileDigest, rows: found.rows }
    await this.setReference(tx, by, monitor, {
      modelVersion,
      prepared,
      performance: found.performance,
    })
  }

  async tick(now: number): Promise<boolean> {
    let worked = false
    const failures: unknown[] = []
    for (const monitor of await monitors.listMonitors(this.#reader, '', 10_000)) {
      try {
        if (await this.#closeDue(monitor, now)) worked = true
      } catch (failure) {
        // A monitor that cannot be read holds up no other one.
        failures.push(failure)
      }
    }
    if (failures.length > 0 && !worked) throw failures[0]
    return worked
  }

  /** @throws NOT_FOUND */
  async view(name: string): Promise<MonitorView> {
    return this.#view(await this.#record(this.#reader, name))
  }

  async list(limit: number, after = ''): Promise<Page<MonitorView>> {
    const records = await monitors.listMonitors(this.#reader, after, limit)
    const items = await Promise.all(records.map((record) => this.#view(record)))
    const last = records.at(-1)
    return records.length === limit && last ? { items, nextPageToken: last.name } : { items }
  }

  /** The latest revision of each window, newest first. */
  async windows(
    name: string,
    options: windows.WindowFilter & {
      readonly before: windows.WindowPosition | null
      readonly limit: number
    },
  ): Promise<readonly WindowReport[]> {
    await this.#record(this.#reader, name)
    return windows.listWindows(this.#reader, name, options)
  }

  /** A window with its distributions and revisions. @throws NOT_FOUND */
  async window(id: string): Promise<windows.WindowDetail> {
    const found = await windows.findWindow(this.#reader, id)
    if (found) return found
    throw new KaizenError('NOT_FOUND', `there is no monitor window "${id}"`, {
      hint: 'GET /api/v1/monitors/:name/windows lists them.',
    })
  }

  /** The newest value of every metric. */
  async metrics(name: string): Promise<readonly MetricPoint[]> {
    await this.#record(this.#reader, name)
    return windows.newestPoints(this.#reader, name)
  }

  /** Values of a metric over time. */
  series(name: string, metric: string, span: TimeSpan): Promise<readonly MetricPoint[]> {
    return windows.readSeries(this.#reader, name, metric, span)
  }

  /** What happened to the endpoint in a span: retraining, promotions, rejections, rollbacks, incidents. */
  async annotations(name: string, span: TimeSpan): Promise<readonly Annotation[]> {
    const { declaration } = await this.#record(this.#reader, name)
    return readAnnotations(this.#deps.audit, declaration.endpoint, span)
  }

  /** Marks a time in the series of a monitor. @throws NOT_FOUND */
  async annotate(
    by: Actor,
    name: string,
    mark: Pick<Annotation, 'at' | 'kind' | 'text'>,
  ): Promise<Annotation> {
    const { declaration } = await this.#record(this.#reader, name)
    const event = annotationEvent(by, declaration.endpoint, { monitor: name, ...mark })
    await this.#deps.database.write((tx) => this.#deps.audit.append(tx, event))
    return { ...mark, href: null }
  }

  /** The newest known value of a metric such as `performance:mae`; null while there is none. */
  async latest(monitor: string, metric: string): Promise<LatestMetric | null> {
    const point = (await windows.lastPoints(this.#reader, monitor, metric, 1))[0]
    if (!point || point.value === null) return null
    const reference = await monitors.findReference(this.#reader, monitor)
    return {
      value: point.value,
      at: point.at,
      rows: point.rows,
      reference: referenceValue(metric, reference),
    }
  }

  get #reader(): Reader {
    return this.#deps.database.reader
  }

  async #record(reader: Reader, name: string): Promise<MonitorRecord> {
    const record = await monitors.findMonitor(reader, name)
    if (record) return record
    throw new KaizenError('NOT_FOUND', `there is no monitor named "${name}"`, {
      hint: 'Declare one with monitor() in kaizen.ts and run `kaizen apply`.',
    })
  }

  async #view(record: MonitorRecord): Promise<MonitorView> {
    const { windows: count, lastTo } = await windows.countWindows(this.#reader, record.name)
    const open = await this.alerts.active(record.name)
    const reference = await monitors.findReference(this.#reader, record.name)
    return {
      name: record.name,
      project: record.project,
      declaration: record.declaration,
      state: open.length > 0 ? 'alerting' : count > 0 ? 'ok' : 'waiting',
      openAlerts: open.length,
      windows: count,
      lastWindowTo: lastTo,
      reference: reference
        ? {
            modelVersion: reference.modelVersion,
            rows: reference.rows,
            performance: { ...reference.performance },
          }
        : null,
    }
  }

  /** Closes every window that is due, oldest first; before that, restates those whose labels have changed. */
  async #closeDue(monitor: MonitorRecord, now: number): Promise<boolean> {
    const lengths = lengthsOf(monitor.declaration)
    const due = dueTo(now, lengths)
    if (monitor.closedTo >= due) return false
    const labelCursor = await this.#restate(monitor)
    let from = monitor.started ? monitor.closedTo : await this.#firstWindow(monitor, due)
    let standing = monitor
    for (; from < due; from += lengths.windowMs) {
      const after = { closedTo: from + lengths.windowMs, started: true, labelCursor }
      if (!(await this.#close(standing, { from, to: after.closedTo }, after))) return true
      standing = { ...standing, ...after }
    }
    return true
  }

  /** Windows before the first prediction are passed over: nothing was there to be watched. */
  async #firstWindow(monitor: MonitorRecord, due: number): Promise<number> {
    const { closedTo, labelCursor } = monitor
    const rows = await this.#closer.read(monitor, { from: closedTo, to: due })
    const first = rows.at[0]
    if (first !== undefined) return windowStart(first, lengthsOf(monitor.declaration).windowMs)
    const after = { closedTo: due, started: false, labelCursor }
    await this.#deps.database.write((tx) => monitors.moveMonitor(tx, monitor, after))
    return due
  }

  /** False when another process has closed it. */
  async #close(
    monitor: MonitorRecord,
    span: TimeSpan,
    after: monitors.MonitorProgress,
  ): Promise<boolean> {
    const { database, audit, clock, ids } = this.#deps
    const reference = await monitors.findReference(this.#reader, monitor.name)
    const closed = await this.#closer.close(monitor, span, reference)
    return database.write(async (tx) => {
      if (!(await monitors.moveMonitor(tx, monitor, after))) return false
      for (const window of closed) {
        await windows.insertWindow(tx, {
          id: ids.next('window'),
          monitor: monitor.name,
          window,
          revision: 1,
          closedAt: clock.now(),
        })
      }
      await audit.append(tx, {
        actor,
        type: 'monitoring.window.closed',
        subject: `monitor:${monitor.name}`,
        data: { ...span, windows: closed.map(summaryOf) },
      })
      await this.alerts.afterClose(tx, monitor, { reference, span })
      return true
    })
  }

  /**
   * Writes a new revision of each closed performance window that late or corrected labels have changed. Answers up to
   * which change; that is saved with the next close, and a crash before it restates to the same numbers, which is nothing.
   */
  async #restate(monitor: MonitorRecord): Promise<number> {
    const { endpoint } = monitor.declaration
    const { serving } = this.#deps
    const changed = await serving.feedbackChangedSince(endpoint, monitor.labelCursor)
    if (!changed.span || !monitor.started) return changed.cursor
    this.#closer.forget(monitor, changed.span)
    const lengths = lengthsOf(monitor.declaration)
    const reference = await monitors.findReference(this.#reader, monitor.name)
    for (const end of restatedEnds(changed.span, monitor.closedTo, lengths)) {
      const before = await windows.findPerformanceWindow(this.#reader, monitor.name, end)
      const after = before && (await this.#closer.performance(monitor, end, reference))
      if (after) await this.#writeRevision(before, after)
    }
    return changed.cursor
  }

  /** Nothing is written where the labels leave every number as it was, so a repeated restatement adds nothing. */
  async #writeRevision(before: WindowReport, after: NewWindow): Promise<void> {
    const same =
      before.labelled === after.labelled &&
      before.rows === after.rows &&
      before.statistics.every(({ value }, index) => value === after.statistics[index]?.value)
    if (same) return
    const { database, audit, clock, ids } = this.#deps
    // What the metric was judged by when the window closed stays with it.
    const statistics = after.statistics.map((statistic, index) => ({
      ...statistic,
      threshold: before.statistics[index]?.threshold ?? statistic.threshold,
    }))
    const window = { ...after, statistics }
    await database.write(async (tx) => {
      await windows.insertWindow(tx, {
        id: ids.next('window'),
        monitor: before.monitor,
        window,
        revision: before.revision + 1,
        closedAt: clock.now(),
      })
      await audit.append(tx, {
        actor,
        type: 'monitoring.window.restated',
        subject: `monitor:${before.monitor}`,
        data: {
          from: before.from,
          to: before.to,
          revision: before.revision + 1,
          before: summaryOf(before),
          after: summaryOf(window),
        },
      })
    })
  }
}

/** A window in an event: its size, its performance, and the columns that have drifted. */
const summaryOf = (window: NewWindow | WindowReport): Record<string, unknown> => ({
  kind: window.kind,
  rows: window.rows,
  labelled: window.labelled,
  modelVersions: window.modelVersions,
  ...(window.kind === 'performance'
    ? {
        values: Object.fromEntries(window.statistics.map(({ metric, value }) => [metric, value])),
      }
    : {
        drifted: window.statistics.filter(({ drifted }) => drifted).map(({ metric }) => metric),
      }),
})
