import { KaizenError } from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import { type Actor, type Clock, digestOf, type Ids, type Ticker } from '../kernel/index.ts'
import { type BundleFile, checkBundlePaths } from '../pipelines/index.ts'
import type { BlobStore, Database, Reader, Table, TableColumn, Tx } from '../storage/index.ts'
import { AlertService } from './alerting/alerts.service.ts'
import type { Notifier } from './alerting/notifier.ts'
import { CauseFinder, type LineageSource } from './causes/service.ts'
import { StatisticsWorker } from './compute/statistics-worker.ts'
import type { MetricRunner } from './custom/metric-process.ts'
import { References, sourceInWords, storedAs } from './drift/references.ts'
import type { AttributionSource } from './explanations/explanation-drift.ts'
import type {
  LatestMetric,
  MonitorDeclaration,
  MonitorRecord,
  PredictionLog,
  PreparedReference,
  Reference,
  TimeSpan,
} from './model.ts'
import { MonitorReader } from './monitor-reader.ts'
import * as monitors from './monitors.store.ts'
import type { DatasetRows } from './sources/dataset-rows.ts'
import { type RowSource, Sources, type WatchedSources } from './sources/sources.ts'
import { keptVerdict } from './statistic.ts'
import { lastPoints } from './values.store.ts'
import { DueMonitors } from './windows/due-monitors.ts'
import { Recomputation } from './windows/recomputation.ts'
import { type Compared, referenceValue, WindowCloser } from './windows/window-closer.ts'
import { summaryOf, WindowWriter } from './windows/window-writer.ts'
import * as windows from './windows/windows.store.ts'
import {
  dueTo,
  endOfCount,
  historyFrom,
  lengthsOf,
  reachOfLabels,
  windowStart,
  windowsAtOnce,
} from './windows/windows.ts'

export interface MonitoringDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly ids: Ids
  readonly serving: PredictionLog
  readonly datasets: RowSource & Pick<DatasetRows, 'version'>
  readonly batches: WatchedSources['batches']
  readonly runs: RowSource
  readonly features: RowSource
  readonly notifier?: Pick<Notifier, 'notify' | 'notifyWindow'> | undefined
  /** Computes the metrics of projects; without it they have no values. */
  readonly metrics?: MetricRunner | undefined
  readonly lineage?: LineageSource | undefined
  /** Tells what features count in answers; without it nothing is said of them. */
  readonly attributions?: AttributionSource | undefined
}

/** The project that declares a monitor, and the files that its own metrics run from. */
export interface DeclaringProject {
  readonly project: string
  readonly bundle?: readonly BundleFile[]
}

const actor = 'system'

/**
 * Watches endpoints, datasets and uploaded batches: closes windows when their time has come, compares them with a
 * reference, restates performance as labels arrive, and opens and resolves alerts.
 */
export class MonitoringService implements Ticker, AsyncDisposable {
  readonly name = 'monitoring'
  readonly alerts: AlertService
  readonly reader: MonitorReader
  readonly recomputation: Recomputation
  readonly causes: CauseFinder
  readonly #deps: MonitoringDeps
  readonly #sources: Sources
  readonly #worker = new StatisticsWorker()
  readonly #references: References
  readonly #closer: WindowCloser
  readonly #writer: WindowWriter
  readonly #due: DueMonitors
  /** How far the source of a monitor of counted windows reached when it was last looked at. */
  readonly #counted = new Map<string, string>()

  constructor(deps: MonitoringDeps) {
    this.#deps = deps
    this.#sources = new Sources(deps)
    this.alerts = new AlertService(deps)
    this.reader = new MonitorReader(deps, this.alerts)
    this.causes = new CauseFinder(deps, this.reader, this.#sources)
    this.#references = new References({
      blobs: deps.blobs,
      sources: this.#sources,
      datasets: deps.datasets,
      worker: this.#worker,
    })
    this.#closer = new WindowCloser({ ...deps, sources: this.#sources, worker: this.#worker })
    this.#writer = new WindowWriter(deps)
    this.#due = new DueMonitors(deps)
    this.recomputation = new Recomputation(deps, {
      closer: this.#closer,
      writer: this.#writer,
      compared: (monitor, span) => this.#compared(monitor, span),
      record: (name) => this.#record(this.#reader, name),
      begin: (monitor) => this.#firstWindow(monitor, Number.POSITIVE_INFINITY),
    })
  }

  /**
   * Brings a project's declaration into force, as a new version where it differs. Windows that have closed stay as they
   * are until they are recomputed; a new monitor begins where the rows that it watches begin.
   */
  async declare(
    tx: Tx,
    by: Actor,
    declaration: MonitorDeclaration,
    { project, bundle = [] }: DeclaringProject,
  ): Promise<void> {
    const hasCode = declaration.custom.length > 0
    if (hasCode) checkBundlePaths(bundle)
    const files = [...bundle].sort((a, b) => (a.path < b.path ? -1 : 1))
    const now = this.#deps.clock.now()
    const before = await monitors.findMonitor(tx, declaration.name)
    const { everyMs } = lengthsOf(declaration)
    const changed = !before || JSON.stringify(before.declaration) !== JSON.stringify(declaration)
    const last = await monitors.lastVersion(tx, declaration.name)
    const version = changed ? last + 1 : before.version
    const { lastTo } = await windows.countWindows(tx, declaration.name)
    const begin = before?.closedTo ?? lastTo ?? now
    await monitors.upsertMonitor(
      tx,
      {
        name: declaration.name,
        project,
        declaration,
        version,
        closedTo: declaration.count === null ? windowStart(begin, everyMs) : begin,
        started: before?.started ?? lastTo !== null,
        labelCursor: before?.labelCursor ?? 0,
        bundle: hasCode ? { digest: digestOf(files), files } : null,
      },
      now,
    )
    this.#closer.reset(declaration.name)
    this.#counted.delete(declaration.name)
    if (changed) {
      await monitors.insertVersion(tx, declaration.name, {
        version,
        declaration,
        declaredAt: now,
        declaredBy: by.name,
      })
    }
    await this.#deps.audit.append(tx, {
      actor: by,
      type: before ? 'monitoring.monitor.changed' : 'monitoring.monitor.created',
      subject: `monitor:${declaration.name}`,
      data: { version, before: before?.declaration ?? null, after: declaration },
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

  /** Stores a profile of the rows that a model was trained on, before it becomes the reference in a transaction. @throws NOT_FOUND */
  async prepareReference(
    monitor: string,
    rows: { readonly table: Table; readonly prediction: TableColumn | null },
  ): Promise<PreparedReference> {
    const { declaration } = await this.#record(this.#reader, monitor)
    return this.#references.prepare(rows, declaration)
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
    const { prepared, ...rest } = reference
    await this.#setReference(tx, by, monitor, {
      ...rest,
      ...storedAs(prepared),
      source: 'training',
    })
  }

  /** Takes the newest reference that was made for a version into force again, as after a rollback. */
  async restoreReference(tx: Tx, by: Actor, monitor: string, modelVersion: number): Promise<void> {
    const found = await monitors.findReference(tx, monitor, { source: 'training', modelVersion })
    if (found) await this.#setReference(tx, by, monitor, found)
  }

  async tick(now: number): Promise<boolean> {
    let worked = false
    const failures: unknown[] = []
    for await (const monitor of this.#due.at(now)) {
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

  /** The newest known value of a metric such as `performance:mae`; null while there is none. */
  async latest(monitor: string, metric: string): Promise<LatestMetric | null> {
    const point = (await lastPoints(this.#reader, monitor, metric, 1))[0]
    if (!point || point.value === null) return null
    const reference = await monitors.findReference(this.#reader, monitor)
    return {
      value: point.value,
      at: point.at,
      rows: point.rows,
      reference: referenceValue(metric, reference),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker[Symbol.asyncDispose]()
    await this.#deps.metrics?.[Symbol.asyncDispose]()
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

  async #setReference(
    tx: Tx,
    by: Actor | string,
    monitor: string,
    reference: Omit<Reference, 'setAt'>,
  ): Promise<void> {
    await monitors.insertReference(tx, monitor, { ...reference, setAt: this.#deps.clock.now() })
    const { modelVersion, rows, performance, source } = reference
    await this.#deps.audit.append(tx, {
      actor: by,
      type: 'monitoring.reference.set',
      subject: `monitor:${monitor}`,
      data: { modelVersion, rows, performance, source: sourceInWords(source, modelVersion) },
    })
  }

  /** What a window is compared with; a reference that the declaration names is made when it is first asked for. */
  async #compared(monitor: MonitorRecord, span: TimeSpan): Promise<Compared> {
    const source = monitor.declaration.reference
    const rolling = await this.#references.rolling(monitor, span)
    const stored = await monitors.findReference(this.#reader, monitor.name, { source })
    if (source === 'training' || source.kind === 'rolling') return { stored, rolling }
    if (stored && (await this.#references.covers(stored, monitor.declaration)))
      return { stored, rolling }
    const prepared = await this.#references.declared(monitor, this.#deps.clock.now())
    if (!prepared) return { stored, rolling }
    const made = { modelVersion: 0, performance: {}, source, ...storedAs(prepared) }
    await this.#deps.database.write((tx) => this.#setReference(tx, actor, monitor.name, made))
    return { stored: { ...made, setAt: this.#deps.clock.now() }, rolling }
  }

  /** Closes every window that is due, oldest first; before that, restates those whose labels have changed. */
  async #closeDue(monitor: MonitorRecord, now: number): Promise<boolean> {
    if (monitor.declaration.count !== null) return this.#closeCounted(monitor, now)
    const lengths = lengthsOf(monitor.declaration)
    const due = dueTo(now, lengths)
    if (monitor.closedTo >= due && monitor.started) return false
    const first = monitor.started ? monitor.closedTo : await this.#firstWindow(monitor, due)
    if (first === null) return false
    const labelCursor = await this.#restate(monitor)
    const until = Math.min(due, first + windowsAtOnce(monitor.declaration) * lengths.everyMs)
    let standing = monitor
    for (let from = first; from < until; from += lengths.everyMs) {
      const to = from + lengths.everyMs
      const after = { closedTo: to, started: true, labelCursor }
      const span = { from: to - lengths.windowMs, to }
      if (!(await this.#close(standing, span, after))) return true
      standing = { ...standing, ...after }
    }
    return true
  }

  /** Windows of a number of rows close as soon as there are so many; rows that fill no window yet wait. */
  async #closeCounted(monitor: MonitorRecord, now: number): Promise<boolean> {
    const count = monitor.declaration.count ?? 1
    const until = now - lengthsOf(monitor.declaration).latenessMs
    const reached = await this.#sources.span(monitor)
    if (!reached) return false
    const state = `${monitor.closedTo}:${Math.min(reached.to, until)}`
    if (this.#counted.get(monitor.name) === state) return false
    this.#counted.set(monitor.name, state)
    const labelCursor = await this.#restate(monitor)
    const from = monitor.started ? monitor.closedTo : reached.from
    let { at } = await this.#sources.rows(monitor, { from, to: until })
    let standing = monitor
    for (let to = endOfCount(at, count); to !== null; to = endOfCount(at, count)) {
      const end = to
      const after = { closedTo: end, started: true, labelCursor }
      if (!(await this.#close(standing, { from: at[0]!, to: end }, after))) return true
      standing = { ...standing, ...after }
      const next = at.findIndex((time) => time >= end)
      at = next < 0 ? new Float64Array(0) : at.subarray(next)
    }
    return standing !== monitor
  }

  /** Start of the window of the first row; null, and nothing is written, while there is none that is due. */
  async #firstWindow(monitor: MonitorRecord, due: number): Promise<number | null> {
    const span = await this.#sources.span(monitor)
    if (!span || span.from >= due) return null
    return historyFrom(span.from, due, lengthsOf(monitor.declaration))
  }

  /** False when another process has closed it. */
  async #close(
    monitor: MonitorRecord,
    span: TimeSpan,
    after: monitors.MonitorProgress,
  ): Promise<boolean> {
    const { database, audit } = this.#deps
    const compared = await this.#compared(monitor, span)
    const reference = compared.stored
    const closed = await this.#closer.close(monitor, span, compared)
    return database.write(async (tx) => {
      if (!(await monitors.moveMonitor(tx, monitor, after))) return false
      const judged = []
      for (const window of closed) {
        judged.push(await this.#writer.judged(tx, monitor, { window, reference }))
      }
      for (const window of judged) await this.#writer.insert(tx, monitor, window)
      await audit.append(tx, {
        actor,
        type: 'monitoring.window.closed',
        subject: `monitor:${monitor.name}`,
        data: { ...span, windows: judged.map(summaryOf) },
      })
      const references = Object.assign({}, ...closed.map((window) => window.references))
      await this.alerts.afterClose(tx, monitor, { reference, references, span })
      return true
    })
  }

  /**
   * Writes a new revision of each closed performance window that late or corrected labels have changed. Answers up to
   * which change; that is saved with the next close, and a crash before it restates to the same numbers, which is nothing.
   */
  async #restate(monitor: MonitorRecord): Promise<number> {
    const changed = await this.#sources.labelsChangedSince(monitor, monitor.labelCursor)
    if (!changed.span || !monitor.started) return changed.cursor
    this.#closer.forget(monitor, changed.span)
    const reach = reachOfLabels(changed.span, monitor.closedTo, lengthsOf(monitor.declaration))
    if (!reach) return changed.cursor
    const source = monitor.declaration.reference
    const reference = await monitors.findReference(this.#reader, monitor.name, { source })
    const kind = 'performance' as const
    const ends = await windows.windowEnds(this.#reader, monitor.name, { kind, ...reach })
    for (const to of ends) {
      const before = await windows.findWindowAt(this.#reader, monitor.name, { kind, to })
      const after = before && (await this.#closer.performance(monitor, to, reference))
      if (!before || !after) continue
      // What each metric was judged by when the window closed stays with it.
      const bounds = new Map(before.statistics.map((one) => [one.metric, one]))
      const statistics = after.statistics.map((one) => ({
        ...one,
        ...keptVerdict(one, bounds.get(one.metric)),
      }))
      await this.#deps.database.write((tx) =>
        this.#writer.revise(tx, monitor, { before, after: { ...after, statistics } }),
      )
    }
    return changed.cursor
  }
}
