import { setImmediate as breathe } from 'node:timers/promises'
import type { PerformanceMetric } from '@kaizen/contracts'
import { answerColumn } from '../evaluation/index.ts'
import type { BlobStore, Table } from '../storage/index.ts'
import { boundOf } from './alerts.ts'
import { driftOf } from './drift.ts'
import type {
  LoggedPredictions,
  MonitorRecord,
  NewWindow,
  PredictionLog,
  Reference,
  ReferenceProfile,
  TimeSpan,
} from './model.ts'
import { performanceOf, versionsOf } from './performance.ts'
import { PredictionBuckets } from './prediction-buckets.ts'
import { lengthsOf } from './windows.ts'

/** Statistics run on the event loop in slices of this length, so that predictions wait no longer. */
const sliceMs = 5

/** Computes what a monitor's windows say; reads the log and the reference, writes nothing. */
export class WindowCloser {
  readonly #log: PredictionLog
  readonly #blobs: BlobStore
  readonly #buckets = new Map<string, PredictionBuckets>()
  /** The profile in force of each monitor, parsed once. */
  readonly #profiles = new Map<
    string,
    { readonly digest: string; readonly profile: ReferenceProfile }
  >()

  constructor(log: PredictionLog, blobs: BlobStore) {
    this.#log = log
    this.#blobs = blobs
  }

  /** Rows of the prediction log. */
  read(monitor: MonitorRecord, span: TimeSpan): Promise<LoggedPredictions> {
    return this.#log.predictions(monitor.declaration.endpoint, span)
  }

  /** The drift window of a span, and the performance window that ends with it where one is declared. */
  async close(
    monitor: MonitorRecord,
    span: TimeSpan,
    reference: Reference | undefined,
  ): Promise<readonly NewWindow[]> {
    const rows = await this.read(monitor, span)
    const buckets = this.#bucketsOf(monitor)
    buckets.put(span.from, rows)
    const drift = await this.#drift(monitor, span, { rows, reference })
    const performance = await this.performance(monitor, span.to, reference)
    const { windowMs, performanceMs, lagMs } = lengthsOf(monitor.declaration)
    buckets.forgetBefore(span.to - Math.max(windowMs, (performanceMs ?? 0) + (lagMs ?? 0)))
    return performance ? [drift, performance] : [drift]
  }

  /** The performance window that ends at a time; undefined where none is declared. */
  async performance(
    monitor: MonitorRecord,
    to: number,
    reference: Reference | undefined,
  ): Promise<NewWindow | undefined> {
    const { declaration } = monitor
    const { performanceMs, lagMs } = lengthsOf(declaration)
    if (!declaration.performance || performanceMs === null) return undefined
    const span = { from: to - performanceMs, to }
    const buckets = this.#bucketsOf(monitor)
    const rows = await buckets.rows(span)
    const earlier =
      lagMs === null ? null : await buckets.rows({ from: span.from - lagMs, to: span.from })
    return performanceOf({
      span,
      declaration: declaration.performance,
      rows,
      naive: earlier && lagMs !== null ? { rows: earlier, lagMs } : null,
      thresholdOf: (metric) => thresholdOf(monitor, metric, reference),
    })
  }

  /** Labels in the span have changed: what is remembered of it is read again. */
  forget(monitor: MonitorRecord, span: TimeSpan): void {
    this.#buckets.get(monitor.name)?.forget(span)
  }

  /** The declaration has changed or the monitor is gone. */
  reset(name: string): void {
    this.#buckets.delete(name)
    this.#profiles.delete(name)
  }

  async #drift(
    monitor: MonitorRecord,
    span: TimeSpan,
    given: { readonly rows: LoggedPredictions; readonly reference: Reference | undefined },
  ): Promise<NewWindow> {
    const { rows, reference } = given
    const report = reference
      ? await this.#report(monitor, rows, reference)
      : { statistics: [], distributions: [] }
    const labelled = rows.actual.reduce<number>((sum, actual) => sum + Number(actual !== null), 0)
    return {
      kind: 'drift',
      ...span,
      rows: rows.at.length,
      labelled,
      modelVersions: versionsOf(rows.version),
      ...report,
    }
  }

  async #report(
    monitor: MonitorRecord,
    rows: LoggedPredictions,
    reference: Reference,
  ): Promise<Pick<NewWindow, 'statistics' | 'distributions'>> {
    const { drift: methods, columns } = monitor.declaration
    const profile = await this.#profile(monitor.name, reference.profileDigest)
    const prediction = answerColumn(answered(rows))
    const steps = driftOf({ reference: profile, inputs: rows.inputs, prediction, methods, columns })
    let sliceStart = performance.now()
    for (;;) {
      const step = steps.next()
      if (step.done) return step.value
      if (performance.now() - sliceStart < sliceMs) continue
      await breathe()
      sliceStart = performance.now()
    }
  }

  async #profile(monitor: string, digest: string): Promise<ReferenceProfile> {
    const known = this.#profiles.get(monitor)
    if (known?.digest === digest) return known.profile
    const bytes = await this.#blobs.bytes(digest)
    const profile = JSON.parse(new TextDecoder().decode(bytes)) as ReferenceProfile
    this.#profiles.set(monitor, { digest, profile })
    return profile
  }

  #bucketsOf(monitor: MonitorRecord): PredictionBuckets {
    const known = this.#buckets.get(monitor.name)
    if (known) return known
    const { endpoint } = monitor.declaration
    const made = new PredictionBuckets(this.#log, endpoint, lengthsOf(monitor.declaration).windowMs)
    this.#buckets.set(monitor.name, made)
    return made
  }
}

/** Outputs of the rows that were answered. */
function answered({ outputs, error }: LoggedPredictions): Table {
  if (error.every((message) => message === null)) return outputs
  const rows = error.flatMap((message, row) => (message === null ? [row] : []))
  const columns = outputs.columns.map((column) =>
    column.values instanceof Float64Array
      ? { ...column, values: Float64Array.from(rows, (row) => column.values[row] as number) }
      : { ...column, values: rows.map((row) => column.values[row]) },
  )
  return { rowCount: rows.length, columns: columns as Table['columns'] }
}

/** The bound that the first alert rule of a metric sets. */
function thresholdOf(
  monitor: MonitorRecord,
  metric: string,
  reference: Reference | undefined,
): number | null {
  const rule = monitor.declaration.alerts.find((candidate) => candidate.metric === metric)
  return rule ? (boundOf(rule, referenceValue(metric, reference))?.bound ?? null) : null
}

/** Reference value of a metric: the champion's own on its holdout, for performance. */
export function referenceValue(metric: string, reference: Reference | undefined): number | null {
  const [kind, name] = metric.split(':')
  if (kind !== 'performance' || name === undefined) return null
  return reference?.performance[name as PerformanceMetric] ?? null
}
