import { KaizenError, type Page, type ReportDelivery, type ReportView } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { JobQueue } from '../../jobs/index.ts'
import type { Actor, Clock, Ids, Ticker } from '../../kernel/index.ts'
import type { Database, Tx } from '../../storage/index.ts'
import { findChannel } from '../alerting/channels.store.ts'
import type { Sender } from '../alerting/send.ts'
import { type DocumentSources, makeDocument } from './document.ts'
import type { DeliveryRecord, ReportBody, ReportDocument, ReportRecord } from './model.ts'
import * as store from './reports.store.ts'
import { nextTime, periodOf } from './rules.ts'

const jobKind = 'monitoring.report'
/** With pauses that double from a second, the last attempt is about a quarter of an hour after the first. */
const maxAttempts = 10
/** Failures that waiting does not mend. */
const lasting: ReadonlySet<string> = new Set(['FORBIDDEN', 'UNSUPPORTED', 'NOT_FOUND'])

export interface ReportDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  readonly jobs: JobQueue
  readonly sender: Pick<Sender, 'send'>
  readonly sources: Omit<DocumentSources, 'days'>
}

/** Named reports over monitors and datasets: made when asked for, and sent by schedule, each time once. */
export class ReportBuilder implements Ticker {
  readonly name = 'reports'
  readonly #deps: ReportDeps
  readonly #sources: DocumentSources

  /** Before the queue starts. */
  constructor(deps: ReportDeps) {
    this.#deps = deps
    const { reader } = deps.database
    this.#sources = {
      ...deps.sources,
      days: (monitor, metric, span) => store.daySlots(reader, monitor, metric, span),
    }
    deps.jobs.handle(jobKind, ({ job }) => this.#deliver(job.key, job.attempt))
  }

  async list(limit: number, after = ''): Promise<Page<ReportView>> {
    const found = await store.listReports(this.#deps.database.reader, after, limit)
    const items = found.map(viewOf)
    const last = items.at(-1)
    return items.length === limit && last ? { items, nextPageToken: last.name } : { items }
  }

  /** @throws NOT_FOUND */
  async get(name: string): Promise<ReportView> {
    return viewOf(await this.#record(name))
  }

  /** Creates or replaces a report; its schedule counts from now. @throws INVALID_REQUEST */
  put(by: Actor, name: string, body: ReportBody): Promise<ReportView> {
    return this.#deps.database.write((tx) => this.declare(tx, by, { name, ...body }))
  }

  /** The same in a project's transaction. @throws INVALID_REQUEST */
  async declare(
    tx: Tx,
    by: Actor,
    { name, ...body }: ReportBody & { readonly name: string },
  ): Promise<ReportView> {
    const { audit, clock } = this.#deps
    const now = clock.now()
    periodOf(body, now)
    const nextAt = nextTime(body, now)
    const record = { name, body, nextAt, updatedAt: now, updatedBy: by.name }
    const before = await store.findReport(tx, name)
    await store.upsertReport(tx, record)
    await audit.append(tx, {
      actor: by,
      type: before ? 'monitoring.report.changed' : 'monitoring.report.created',
      subject: `monitor-report:${name}`,
      data: { before: before?.body ?? null, after: body },
    })
    return viewOf(record)
  }

  /** @throws NOT_FOUND */
  async delete(by: Actor, name: string): Promise<void> {
    await this.#deps.database.write(async (tx) => {
      if (!(await this.remove(tx, by, name))) throw noReport(name)
    })
  }

  /** False where there is none of the name. */
  async remove(tx: Tx, by: Actor, name: string): Promise<boolean> {
    if (!(await store.deleteReport(tx, name))) return false
    const subject = `monitor-report:${name}`
    await this.#deps.audit.append(tx, { actor: by, type: 'monitoring.report.deleted', subject })
    return true
  }

  /** A report as it would be now. */
  preview(body: ReportBody): Promise<ReportDocument> {
    return makeDocument(this.#sources, { name: null, body, now: this.#deps.clock.now() })
  }

  /** A named report, made now. @throws NOT_FOUND */
  async document(name: string): Promise<ReportDocument> {
    const { body } = await this.#record(name)
    return makeDocument(this.#sources, { name, body, now: this.#deps.clock.now() })
  }

  /** Sends a report now, as jobs. @throws NOT_FOUND, INVALID_REQUEST where it goes nowhere */
  async send(by: Actor, name: string): Promise<readonly ReportDelivery[]> {
    const report = await this.#record(name)
    if (report.body.channels.length === 0) {
      throw new KaizenError('INVALID_REQUEST', `the report "${name}" names no channel to go to`, {
        hint: '`kaizen alerts channels` lists them.',
      })
    }
    const now = this.#deps.clock.now()
    return this.#deps.database.write((tx) => this.#queue(tx, report, { by, dueAt: now }))
  }

  /** Newest first. @throws NOT_FOUND */
  async deliveries(name: string, limit: number, before?: string): Promise<Page<ReportDelivery>> {
    await this.#record(name)
    const { reader } = this.#deps.database
    const found = await store.listDeliveries(reader, name, { before: before ?? null, limit })
    const items = found.map(({ body: _, ...delivery }) => delivery)
    const last = items.at(-1)
    return items.length === limit && last ? { items, nextPageToken: last.id } : { items }
  }

  /** Queues what is due. Of several servers one moves the schedule on; times that passed unseen are told once. */
  async tick(now: number): Promise<boolean> {
    const { database } = this.#deps
    let worked = false
    for (const report of await store.dueReports(database.reader, now)) {
      const dueAt = report.nextAt ?? now
      const moved = await database.write(async (tx) => {
        if (!(await store.moveSchedule(tx, report, nextTime(report.body, now)))) return false
        await this.#queue(tx, report, { by: 'system', dueAt })
        return true
      })
      worked ||= moved
    }
    return worked
  }

  async #queue(
    tx: Tx,
    { name, body }: ReportRecord,
    { by, dueAt }: { readonly by: Actor | string; readonly dueAt: number },
  ): Promise<readonly ReportDelivery[]> {
    const { audit, ids, jobs } = this.#deps
    const made: ReportDelivery[] = []
    for (const channel of new Set(body.channels)) {
      const delivery = {
        id: ids.next('delivery'),
        report: name,
        channel,
        dueAt,
        state: 'queued' as const,
        attempts: 0,
        error: null,
        doneAt: null,
      }
      await store.insertDelivery(tx, { ...delivery, body })
      await jobs.enqueue(tx, { kind: jobKind, key: delivery.id, payload: {}, maxAttempts })
      made.push(delivery)
    }
    await audit.append(tx, {
      actor: by,
      type: 'monitoring.report.queued',
      subject: `monitor-report:${name}`,
      data: { dueAt, channels: made.map(({ channel }) => channel) },
    })
    return made
  }

  async #deliver(id: string, attempt: number): Promise<void> {
    const { reader } = this.#deps.database
    const delivery = await store.findDelivery(reader, id)
    if (!delivery || delivery.state === 'sent') return
    try {
      await this.#tell(delivery)
    } catch (failure) {
      const error = failure instanceof Error ? failure.message : String(failure)
      const isLasting = lasting.has(String((failure as { readonly code?: unknown }).code))
      const isOver = isLasting || attempt >= maxAttempts
      await this.#done(id, attempt, { state: isOver ? 'failed' : 'queued', error })
      if (!isLasting) throw failure
      return
    }
    await this.#done(id, attempt, { state: 'sent', error: null })
  }

  async #tell({ id, report: name, body, channel, dueAt }: DeliveryRecord): Promise<void> {
    const found = await findChannel(this.#deps.database.reader, channel)
    if (!found) throw new KaizenError('NOT_FOUND', `there is no alert channel named "${channel}"`)
    const report = await makeDocument(this.#sources, { name, body, now: dueAt })
    // Loaded by those who send reports: a start need not wait for it.
    const { reportHtml } = await import('./html.ts')
    await this.#deps.sender.send(found.target, { report, html: reportHtml(report), at: dueAt, id })
  }

  #done(
    id: string,
    attempts: number,
    { state, error }: Pick<DeliveryRecord, 'state' | 'error'>,
  ): Promise<void> {
    const { database, clock } = this.#deps
    const doneAt = state === 'queued' ? null : clock.now()
    return database.write((tx) => store.updateDelivery(tx, id, { state, attempts, error, doneAt }))
  }

  async #record(name: string): Promise<ReportRecord> {
    const record = await store.findReport(this.#deps.database.reader, name)
    if (record) return record
    throw noReport(name)
  }
}

const viewOf = ({ body, ...rest }: ReportRecord): ReportView => ({ ...rest, ...body })

const noReport = (name: string): KaizenError =>
  new KaizenError('NOT_FOUND', `there is no report named "${name}"`, {
    hint: '`kaizen reports list` lists them.',
  })
