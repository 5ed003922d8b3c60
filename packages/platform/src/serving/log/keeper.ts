import type { EndpointSettings, LogView } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import { type Actor, type Clock, systemActor } from '../../kernel/index.ts'
import type { Database } from '../../storage/index.ts'
import { longestWaitMs } from './compactable.ts'
import type { PartFile } from './part.ts'
import { PartClient } from './part-client.ts'
import type { PredictionLog } from './prediction-log.ts'
import { insertRemovals, newestRemovals, recordedAmong } from './removals.store.ts'
import { type Removal, removals } from './retention.ts'

export interface KeptEndpoint {
  readonly name: string
  readonly log: PredictionLog
  readonly settings: EndpointSettings
}

export interface KeeperDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly onFault: (failure: unknown, what: string) => void
}

const retentionEveryMs = 60_000
const shownRemovals = 20

/** Keeps the logs of endpoints: turns segments into Parquet, and takes away what retention does not keep. */
export class LogKeeper implements AsyncDisposable {
  readonly #deps: KeeperDeps
  readonly #client = new PartClient()
  /** Compactions happen one after the other: they are the work of one process. */
  #turn: Promise<void> = Promise.resolve()
  #isBusy = false
  #isClosed = false
  #retainedAt = Number.NEGATIVE_INFINITY

  constructor(deps: KeeperDeps) {
    this.#deps = deps
  }

  /** Begins what is due. Parquet is written in the system's time: it changes nothing that anyone sees. */
  async tick(endpoints: Iterable<KeptEndpoint>, now: number): Promise<void> {
    const list = [...endpoints]
    if (!this.#isBusy && !this.#isClosed) {
      this.#isBusy = true
      void this.#compactDue(list)
        .catch((failure) => this.#deps.onFault(failure, 'writing predictions as Parquet'))
        .finally(() => {
          this.#isBusy = false
        })
    }
    if (Math.abs(now - this.#retainedAt) < retentionEveryMs) return
    this.#retainedAt = now
    for (const endpoint of list) await this.retain(endpoint, now)
  }

  /** Turns everything that an endpoint has logged so far into Parquet. */
  async compact(endpoint: KeptEndpoint): Promise<LogView> {
    await endpoint.log.seal()
    await this.#exclusively(() => this.#compactLog(endpoint.log, true))
    await this.retain(endpoint, this.#deps.clock.now())
    return this.view(endpoint)
  }

  /**
   * Takes away what retention does not keep. The record of it comes first, with the event: files that a crash leaves are
   * taken away by the next look, without another event.
   */
  async retain(endpoint: KeptEndpoint, now: number): Promise<void> {
    const { name, log, settings } = endpoint
    const { segments, files } = log.kept
    const kept = { files, segmentBytes: segments.sizeBytes }
    const gone = removals(kept, settings.log?.retention, now)
    if (gone.length === 0) return
    await this.#record(name, gone, now)
    // A compaction under way would bring a manifest back.
    await this.#exclusively(() => log.remove(new Set(gone.map(({ file }) => file.path))))
  }

  async view({ name, log, settings }: KeptEndpoint): Promise<LogView> {
    const { segments, files } = log.kept
    const removed = await newestRemovals(this.#deps.database.reader, name, shownRemovals)
    return {
      rows: segments.rows + files.reduce((sum, { rows }) => sum + rows, 0),
      sizeBytes: segments.sizeBytes + files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      span: log.span ?? null,
      segments,
      days: daysOf(files),
      retention: settings.log?.retention ?? null,
      removed: removed.map(({ file: _, ...rest }) => rest),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#client[Symbol.asyncDispose]()
    await this.#turn.catch(() => undefined)
  }

  async #compactDue(endpoints: readonly KeptEndpoint[]): Promise<void> {
    const now = Date.now()
    for (const { log } of endpoints) {
      if (this.#isClosed) return
      if (log.begunAt !== undefined && now - log.begunAt >= longestWaitMs) await log.seal()
      if (log.compactable({ now })) await this.#exclusively(() => this.#compactLog(log, false))
    }
  }

  async #compactLog(log: PredictionLog, all: boolean): Promise<void> {
    try {
      for (;;) {
        const run = this.#isClosed ? undefined : log.compactable({ now: Date.now(), all })
        if (!run) return
        await log.compact(run, (task) => this.#client.write(task))
      }
    } catch (failure) {
      // The process is ended with the server; what it was writing is written again.
      if (!this.#isClosed) throw failure
    } finally {
      await this.#client[Symbol.asyncDispose]()
    }
  }

  #record(name: string, gone: readonly Removal[], now: number): Promise<void> {
    const { database, audit } = this.#deps
    return database.write(async (tx) => {
      const paths = gone.map(({ file }) => file.path)
      const recorded = await recordedAmong(tx, name, paths)
      const fresh = gone.filter(({ file }) => !recorded.has(file.path))
      if (fresh.length === 0) return
      await insertRemovals(
        tx,
        name,
        fresh.map(({ file, reason }) => ({
          file: file.path,
          day: file.day,
          rows: file.rows,
          sizeBytes: file.sizeBytes,
          reason,
          removedAt: now,
        })),
      )
      const actor: Actor = systemActor
      await audit.append(tx, {
        actor,
        type: 'serving.log.removed',
        subject: `endpoint:${name}`,
        data: {
          days: [...new Set(fresh.map(({ file }) => file.day))].slice(0, 366),
          files: fresh.length,
          rows: fresh.reduce((sum, { file }) => sum + file.rows, 0),
          sizeBytes: fresh.reduce((sum, { file }) => sum + file.sizeBytes, 0),
          reasons: [...new Set(fresh.map(({ reason }) => reason))],
        },
      })
    })
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const next = this.#turn.then(work, work)
    this.#turn = next.catch(() => undefined)
    return next
  }
}

/** Newest day first. */
function daysOf(files: readonly PartFile[]): LogView['days'] {
  const days = new Map<string, { files: number; rows: number; sizeBytes: number; from: number }>()
  for (const file of files) {
    const day = days.get(file.day) ?? { files: 0, rows: 0, sizeBytes: 0, from: file.minAt }
    day.files++
    day.rows += file.rows
    day.sizeBytes += file.sizeBytes
    day.from = Math.min(day.from, file.minAt)
    days.set(file.day, day)
  }
  return [...days]
    .sort(([, a], [, b]) => b.from - a.from)
    .map(([day, { files: count, rows, sizeBytes }]) => ({ day, files: count, rows, sizeBytes }))
}
