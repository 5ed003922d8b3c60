import { durationMs, type PerformanceMetric } from '@kaizen/contracts'
import type { BlobStore, Database } from '../../storage/index.ts'
import { boundOf } from '../alerting/alerts.ts'
import type { StatisticsWorker } from '../compute/statistics-worker.ts'
import type { SkewTask } from '../compute/window-task.ts'
import { type CustomInput, customValues } from '../custom/custom-metrics.ts'
import type { MetricRunner } from '../custom/metric-process.ts'
import { type AttributionSource, ExplanationDrift } from '../explanations/explanation-drift.ts'
import { tableOfSample } from '../explanations/sampled-rows.ts'
import type {
  LoggedPredictions,
  MonitorRecord,
  NewWindow,
  Reference,
  ReferenceProfile,
  Statistic,
  TimeSpan,
} from '../model.ts'
import { findReference } from '../monitors.store.ts'
import type { MergedProfiles } from '../profiles/sketch-drift.ts'
import { mostAnswering } from '../sources/answering-version.ts'
import { PredictionBuckets } from '../sources/prediction-buckets.ts'
import type { Sources } from '../sources/sources.ts'
import { wantsVariation } from '../thresholds.ts'
import { lengthsOf } from './windows.ts'

/** What the windows of a monitor are compared with: a stored profile, or rows that are profiled for one window. */
export interface Compared {
  readonly stored: Reference | undefined
  readonly rolling: LoggedPredictions | null
}

/** Computes what a monitor's windows say; reads rows and the reference, writes nothing. */
export class WindowCloser {
  readonly #sources: Sources
  readonly #database: Pick<Database, 'reader'>
  readonly #blobs: BlobStore
  readonly #worker: StatisticsWorker
  readonly #metrics: MetricRunner | undefined
  readonly #explanations: ExplanationDrift
  readonly #buckets = new Map<string, PredictionBuckets>()
  /** The profile in force of each monitor, parsed once. */
  readonly #profiles = new Map<
    string,
    { readonly digest: string; readonly profile: ReferenceProfile }
  >()

  constructor(parts: {
    readonly sources: Sources
    readonly database: Pick<Database, 'reader'>
    readonly blobs: BlobStore
    readonly worker: StatisticsWorker
    readonly metrics?: MetricRunner | undefined
    readonly attributions?: AttributionSource | undefined
  }) {
    this.#sources = parts.sources
    this.#database = parts.database
    this.#blobs = parts.blobs
    this.#worker = parts.worker
    this.#metrics = parts.metrics
    this.#explanations = new ExplanationDrift(parts.attributions)
  }

  /** The drift window of a span, and the performance window that ends with it where one is declared. */
  async close(
    monitor: MonitorRecord,
    span: TimeSpan,
    compared: Compared,
  ): Promise<readonly NewWindow[]> {
    const { windowMs, everyMs, performanceMs, lagMs } = lengthsOf(monitor.declaration)
    const rows = await this.#sources.rows(monitor, span)
    const buckets = this.#bucketsOf(monitor)
    if (windowMs === everyMs && monitor.declaration.count === null) buckets.put(span.from, rows)
    const drift = await this.#inputs(monitor, span, { rows, compared })
    const performance = await this.performance(monitor, span.to, compared.stored)
    buckets.forgetBefore(span.to - Math.max(windowMs, (performanceMs ?? 0) + (lagMs ?? 0)))
    // A window of a number of rows ends within a bucket that is not yet full.
    if (monitor.declaration.count !== null) buckets.forget({ from: span.to - 1, to: span.to })
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
    const profile = reference && (await this.#profile(monitor.name, reference.profileDigest))
    const input = {
      span,
      declaration: declaration.performance,
      segments: declaration.segments,
      fairness: declaration.fairness,
      calibration: profile?.calibration ?? null,
      sampling: profile?.sampling ?? null,
      truth: profile?.truth ?? null,
      methods: declaration.drift,
      rows,
      naive: earlier && lagMs !== null ? { rows: earlier, lagMs } : null,
      bounds: boundsOf(monitor, reference),
    }
    const window = await this.#worker.compute({ kind: 'performance', input }, null)
    const labelled = declaration.custom.filter(({ labels }) => labels)
    if (labelled.length === 0) return window
    const all = await this.#sources.rows(monitor, span)
    return this.#withCustom(monitor, window, {
      metrics: labelled,
      rows: all,
      profile: profile ?? null,
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

  async #inputs(
    monitor: MonitorRecord,
    span: TimeSpan,
    given: { readonly rows: LoggedPredictions; readonly compared: Compared },
  ): Promise<NewWindow> {
    const { rows, compared } = given
    const { drift, columns, segments, segmentDrift, fairness } = monitor.declaration
    const { performance, outliers, cost, texts, embeddings } = monitor.declaration
    const { stored, rolling } = compared
    const merged = await this.#sources.profiles(monitor, span)
    if (merged) return this.#sketched(monitor, span, { merged, stored })
    const profile = stored ? await this.#profile(monitor.name, stored.profileDigest) : null
    const compare = { drift, columns, texts, embeddings, segments, segmentDrift, fairness }
    const declaration = { ...compare, performance, outliers, cost }
    const digest = stored?.profileDigest ?? null
    const beside = await this.#sources.statistics(monitor, span, rows)
    const skew = await this.#skew(monitor, rows, digest)
    const window = await this.#worker.compute(
      { kind: 'inputs', span, declaration, rows, profile, rolling, skew },
      digest,
    )
    const explained = await this.#explained(monitor, { ...given, profile, digest })
    const variation = wantsVariation(monitor.declaration) ? profile?.variation : undefined
    const told = {
      ...window,
      statistics: [...window.statistics, ...beside, ...explained],
      ...(variation && { variation }),
    }
    const metrics = monitor.declaration.custom.filter(({ labels }) => !labels)
    return metrics.length === 0 ? told : this.#withCustom(monitor, told, { metrics, rows, profile })
  }

  /** What the version that answered most rows was trained on, where the monitor asks for skew. */
  async #skew(
    { name, declaration }: MonitorRecord,
    rows: LoggedPredictions,
    reference: string | null,
  ): Promise<SkewTask | null> {
    const declared = declaration.skew
    if (!declared) return null
    const modelVersion = mostAnswering(rows)
    const trained =
      modelVersion === null
        ? undefined
        : await findReference(this.#database.reader, name, { source: 'training', modelVersion })
    if (!trained) return { declared, trained: null }
    const { profileDigest } = trained
    // The one that is kept parsed is the reference.
    const isReference = profileDigest === reference
    const profile = isReference ? null : await readProfile(this.#blobs, profileDigest)
    return { declared, trained: { modelVersion: trained.modelVersion, profile } }
  }

  /** What features count in the answers; nothing while there is no reference. */
  async #explained(
    { declaration }: MonitorRecord,
    given: {
      readonly rows: LoggedPredictions
      readonly compared: Compared
      readonly profile: ReferenceProfile | null
      readonly digest: string | null
    },
  ): Promise<readonly Statistic[]> {
    const { explanations: declared, endpoint } = declaration
    const { rows, profile, digest } = given
    const { rolling } = given.compared
    if (!declared || endpoint === null || (!profile && !rolling)) return []
    const sample = profile?.sample
    const reference = rolling ? rolling.inputs : sample ? tableOfSample(sample) : null
    return this.#explanations.statistics({
      endpoint,
      declared,
      rows,
      reference,
      digest: rolling ? null : digest,
    })
  }

  /** A window of profiles that were uploaded instead of rows. */
  async #sketched(
    monitor: MonitorRecord,
    span: TimeSpan,
    { merged, stored }: { readonly merged: MergedProfiles; readonly stored: Reference | undefined },
  ): Promise<NewWindow> {
    const { reference, drift, columns } = monitor.declaration
    const earlier =
      reference !== 'training' && reference.kind === 'rolling'
        ? await this.#sources.profiles(monitor, {
            from: span.from - durationMs(reference.length),
            to: span.from,
          })
        : null
    const stands = stored ? await this.#profile(monitor.name, stored.profileDigest) : null
    const { sketchedWindow } = await import('../profiles/sketch-drift.ts')
    const { referenceOf } = await import('../profiles/profile-columns.ts')
    return sketchedWindow({
      span,
      merged,
      declaration: { drift, columns },
      reference: earlier ? referenceOf(earlier.profile) : stands,
    })
  }

  /** A window with the metrics that the project computes itself. */
  async #withCustom(
    { name, bundle }: MonitorRecord,
    window: NewWindow,
    given: Pick<CustomInput, 'metrics' | 'rows' | 'profile'>,
  ): Promise<NewWindow> {
    const span = { from: window.from, to: window.to }
    const input = { monitor: name, span, bundle, ...given }
    const { statistics, references } = await customValues(this.#metrics, input)
    return { ...window, statistics: [...window.statistics, ...statistics], references }
  }

  async #profile(monitor: string, digest: string): Promise<ReferenceProfile> {
    const known = this.#profiles.get(monitor)
    if (known?.digest === digest) return known.profile
    const profile = await readProfile(this.#blobs, digest)
    this.#profiles.set(monitor, { digest, profile })
    return profile
  }

  #bucketsOf(monitor: MonitorRecord): PredictionBuckets {
    const known = this.#buckets.get(monitor.name)
    if (known) return known
    const { segments, fairness } = monitor.declaration
    const made = new PredictionBuckets(
      (span) => this.#sources.rows(monitor, span),
      lengthsOf(monitor.declaration).everyMs,
      [...new Set([...segments, ...(fairness?.columns ?? [])])],
    )
    this.#buckets.set(monitor.name, made)
    return made
  }
}

async function readProfile(blobs: BlobStore, digest: string): Promise<ReferenceProfile> {
  const bytes = await blobs.bytes(digest)
  return JSON.parse(new TextDecoder().decode(bytes)) as ReferenceProfile
}

/** The bound that the first alert rule of each performance metric sets. */
function boundsOf(
  monitor: MonitorRecord,
  reference: Reference | undefined,
): Readonly<Record<string, number>> {
  const bounds: Record<string, number> = {}
  for (const rule of monitor.declaration.alerts) {
    const bound = boundOf(rule, referenceValue(rule.metric, reference))?.bound
    if (bound !== undefined) bounds[rule.metric] ??= bound
  }
  return bounds
}

/** Reference value of a metric: the champion's own on its holdout, for performance. */
export function referenceValue(metric: string, reference: Reference | undefined): number | null {
  const [kind, name] = metric.split(':')
  if (kind !== 'performance' || name === undefined) return null
  // A segment is held to the value of the whole.
  return reference?.performance[name.split('@')[0] as PerformanceMetric] ?? null
}
