import { type DeliveryView, KaizenError, type Page } from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import type { Actor } from '../kernel/index.ts'
import type { Database, Reader } from '../storage/index.ts'
import type { AlertService } from './alerting/alerts.service.ts'
import { deliveriesOf } from './alerting/deliveries.store.ts'
import { annotationEvent, readAnnotations } from './annotations.ts'
import { sourceInWords } from './drift/references.ts'
import { healthOf, type MonitorHealth, rankMonitors, ranksAfter, rankToken } from './health.ts'
import type {
  Annotation,
  MetricPoint,
  MonitorRecord,
  MonitorView,
  TimeSpan,
  WindowReport,
  WindowSummary,
} from './model.ts'
import * as monitors from './monitors.store.ts'
import { newestVerdicts, type OpenAlerts, openAlertCounts, standings } from './overview.store.ts'
import type { SeriesPoint } from './series.ts'
import { subjectOf } from './sources/sources.ts'
import { thinnedSeries } from './thinned-series.ts'
import { driftedPoints, newestOfAll, newestPoints, readSeries } from './values.store.ts'
import * as windows from './windows/windows.store.ts'

/** Windows that a trend shows. */
const trendWindows = 60
const recordsAtOnce = 1000

/** What people and other stages read of monitors. */
export class MonitorReader {
  readonly #deps: { readonly database: Database; readonly audit: AuditLog }
  readonly #alerts: AlertService

  constructor(
    deps: { readonly database: Database; readonly audit: AuditLog },
    alerts: AlertService,
  ) {
    this.#deps = deps
    this.#alerts = alerts
  }

  /** @throws NOT_FOUND */
  async view(name: string): Promise<MonitorView> {
    return this.#view(await this.record(name))
  }

  async list(limit: number, after = ''): Promise<Page<MonitorView>> {
    const records = await monitors.listMonitors(this.#reader, after, limit)
    const items = await Promise.all(records.map((record) => this.#view(record)))
    const last = records.at(-1)
    return records.length === limit && last ? { items, nextPageToken: last.name } : { items }
  }

  /** Declarations that were in force, newest first. */
  async versions(name: string): Promise<readonly monitors.MonitorVersion[]> {
    await this.record(name)
    return monitors.listVersions(this.#reader, name)
  }

  /** The latest revision of each window, newest first. */
  async windows(name: string, options: windows.WindowQuery): Promise<readonly WindowReport[]> {
    await this.record(name)
    return windows.listWindows(this.#reader, name, options)
  }

  /** The same without their statistics. */
  async summaries(name: string, options: windows.WindowQuery): Promise<readonly WindowSummary[]> {
    await this.record(name)
    return windows.listSummaries(this.#reader, name, options)
  }

  /** A window with its distributions and revisions. @throws NOT_FOUND */
  async window(id: string): Promise<windows.WindowDetail> {
    const found = await windows.findWindow(this.#reader, id)
    if (found) return found
    throw new KaizenError('NOT_FOUND', `there is no monitor window "${id}"`, {
      hint: 'GET /api/v1/monitors/:name/windows lists them.',
    })
  }

  /** What webhooks were told of a window. */
  deliveries(window: string): Promise<readonly DeliveryView[]> {
    return deliveriesOf(this.#reader, window)
  }

  /** The newest value of every metric. */
  async metrics(name: string): Promise<readonly MetricPoint[]> {
    await this.record(name)
    return newestPoints(this.#reader, name)
  }

  /** Values of a metric over time; with `points`, at most so many, each the mean of neighbours with their range. */
  async series(
    name: string,
    metric: string,
    options: TimeSpan & { readonly points?: number | undefined },
  ): Promise<readonly SeriesPoint[]> {
    const { from, to, points } = options
    return points === undefined
      ? readSeries(this.#reader, name, metric, { from, to })
      : thinnedSeries(this.#reader, name, metric, { from, to, points })
  }

  /** What happened to the source in a span: retraining, promotions, rejections, rollbacks, incidents. */
  async annotations(name: string, span: TimeSpan): Promise<readonly Annotation[]> {
    return readAnnotations(this.#deps.audit, subjectOf(await this.record(name)), span)
  }

  /** Marks a time in the series of a monitor. @throws NOT_FOUND */
  async annotate(
    by: Actor,
    name: string,
    mark: Pick<Annotation, 'at' | 'kind' | 'text'>,
  ): Promise<Annotation> {
    const event = annotationEvent(by, subjectOf(await this.record(name)), {
      monitor: name,
      ...mark,
    })
    await this.#deps.database.write((tx) => this.#deps.audit.append(tx, event))
    return { ...mark, href: null }
  }

  /** Health of each monitor at a glance: the worst metric, the trend, open alerts. */
  /** Health of monitors, the worst first. @throws INVALID_REQUEST for a token that is not of this list */
  async overview(limit: number, after = ''): Promise<Page<MonitorHealth>> {
    const { ranked, open } = await this.#ranked()
    const rest = ranksAfter(ranked, after)
    const chosen = rest.slice(0, limit)
    const records = await monitors.findMonitors(
      this.#reader,
      chosen.map(({ monitor }) => monitor),
    )
    const items = await Promise.all(
      records.map(async (record) => {
        const verdicts = await newestVerdicts(this.#reader, record.name, trendWindows)
        const drifted = await driftedPoints(this.#reader, record.name)
        return healthOf(record, { verdicts, drifted, open: open.get(record.name) ?? [] })
      }),
    )
    const last = chosen.at(-1)
    return limit < rest.length && last ? { items, nextPageToken: rankToken(last) } : { items }
  }

  /** How many monitors stand in each state. */
  async states(): Promise<Record<MonitorHealth['state'], number>> {
    const counts = { waiting: 0, ok: 0, unknown: 0, drifting: 0, alerting: 0 }
    for (const { state } of (await this.#ranked()).ranked) counts[state]++
    return counts
  }

  async #ranked() {
    const open = Map.groupBy(await openAlertCounts(this.#reader), ({ monitor }) => monitor)
    return { open, ranked: rankMonitors(await standings(this.#reader), open) }
  }

  /** Newest values of all monitors, at most so many. */
  newest(limit: number) {
    return newestOfAll(this.#reader, limit)
  }

  /** All monitors, in order of name. */
  async records(): Promise<readonly MonitorRecord[]> {
    const found: MonitorRecord[] = []
    for (;;) {
      const after = found.at(-1)?.name ?? ''
      const page = await monitors.listMonitors(this.#reader, after, recordsAtOnce)
      found.push(...page)
      if (page.length < recordsAtOnce) return found
    }
  }

  openAlerts(): Promise<readonly OpenAlerts[]> {
    return openAlertCounts(this.#reader)
  }

  /** @throws NOT_FOUND */
  async record(name: string): Promise<MonitorRecord> {
    const record = await monitors.findMonitor(this.#reader, name)
    if (record) return record
    throw new KaizenError('NOT_FOUND', `there is no monitor named "${name}"`, {
      hint: 'Declare one with monitor() in kaizen.ts and run `kaizen apply`.',
    })
  }

  get #reader(): Reader {
    return this.#deps.database.reader
  }

  async #view(record: MonitorRecord): Promise<MonitorView> {
    const { windows: count, lastTo } = await windows.countWindows(this.#reader, record.name)
    const open = await this.#alerts.active(record.name)
    const reference = await monitors.findReference(this.#reader, record.name, {
      source: record.declaration.reference,
    })
    return {
      name: record.name,
      project: record.project,
      declaration: record.declaration,
      version: record.version,
      state: open.length > 0 ? 'alerting' : count > 0 ? 'ok' : 'waiting',
      openAlerts: open.length,
      windows: count,
      lastWindowTo: lastTo,
      reference: reference
        ? {
            modelVersion: reference.modelVersion,
            source: sourceInWords(reference.source, reference.modelVersion),
            rows: reference.rows,
            performance: { ...reference.performance },
          }
        : null,
    }
  }
}
