import { setTimeout as pause } from 'node:timers/promises'
import { KaizenError } from '@kaizen/contracts'
import type { Clock, Ids } from '../kernel/index.ts'
import type { Database, Tx } from '../storage/index.ts'
import type { Job, JobFailed, JobHandler, NewJob } from './model.ts'
import * as store from './store.ts'

const leaseMs = 30_000
const heartbeatMs = 10_000
const pollMs = 1000
const firstPauseMs = 250
const longestPauseMs = 5000

export interface JobOptions {
  readonly database: Database
  readonly clock: Clock
  readonly ids: Ids
  /** How many jobs run at once in this process. */
  readonly concurrency: number
  /** True when no other process shares the database: what runs of this queue's kinds at start was orphaned by a crash. */
  readonly soleOwner: boolean
  readonly onFailure: (job: Job, failure: unknown) => void
}

/** One queue for everything long: leases with heartbeat and fencing, retries with backoff, cancel as a state. */
export class JobQueue implements AsyncDisposable {
  readonly #options: JobOptions
  readonly #handlers = new Map<string, Handling>()
  readonly #running = new Map<
    string,
    { readonly kind: string; readonly abort: AbortController; readonly done: Promise<void> }
  >()
  #timer: NodeJS.Timeout | undefined
  #claiming: Promise<void> | undefined
  #again = false
  readonly #stop = new AbortController()
  #stopped = false
  #idleWaiters: (() => void)[] = []

  constructor(options: JobOptions) {
    this.#options = options
  }

  /**
   * Registers the handler of a kind; before `start`. Jobs that are `slow`, of whatever kind, never take all places of the
   * process: one is left for the others, where there is more than one.
   */
  handle(kind: string, run: JobHandler, failed?: JobFailed, { slow = false } = {}): void {
    this.#handlers.set(kind, { run, failed, slow })
  }

  async start(): Promise<void> {
    if (this.#options.soleOwner)
      await this.#options.database.write((tx) =>
        store.releaseOrphans(tx, [...this.#handlers.keys()]),
      )
    this.#timer = setInterval(() => this.#wake(), pollMs).unref()
    this.#wake()
  }

  /** Adds a job in the caller's transaction, or answers the unfinished one of the same kind and key. */
  async enqueue(tx: Tx, job: NewJob): Promise<Job> {
    const existing = await store.findUnfinished(tx, job.kind, job.key)
    if (existing) return existing
    const { clock, ids } = this.#options
    const added: Job = {
      id: ids.next('job'),
      kind: job.kind,
      key: job.key,
      payload: job.payload,
      state: 'queued',
      attempt: 0,
      maxAttempts: job.maxAttempts ?? 1,
      runAt: job.runAt ?? clock.now(),
      error: null,
    }
    await store.insertJob(tx, added, clock.now())
    setImmediate(() => this.#wake())
    return added
  }

  /** Cancels the unfinished job of a kind and key; its handler's signal is aborted. */
  async cancel(tx: Tx, kind: string, key: string): Promise<boolean> {
    const ids = await store.cancelByKey(tx, kind, key, this.#options.clock.now())
    for (const id of ids)
      this.#running.get(id)?.abort.abort(new KaizenError('CONFLICT', 'the job was cancelled'))
    return ids.length > 0
  }

  async get(id: string): Promise<Job | undefined> {
    return store.getJob(this.#options.database.reader, id)
  }

  /** Resolves when nothing is due or running. */
  async settled(): Promise<void> {
    while (!this.#stopped && (await this.isBusy())) {
      this.#wake()
      await new Promise<void>((resolve) => {
        this.#idleWaiters.push(resolve)
        setTimeout(resolve, 200).unref()
      })
    }
  }

  /** Whether anything is due or running. */
  async isBusy(): Promise<boolean> {
    const { active } = await store.pending(this.#options.database.reader, this.#options.clock.now())
    return active > 0 || this.#running.size > 0
  }

  /** When the next waiting job is due, in the server's clock. */
  async nextRunAt(): Promise<number | null> {
    return (await store.pending(this.#options.database.reader, this.#options.clock.now())).nextRunAt
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.#stop.abort()
    clearInterval(this.#timer)
    await this.#claiming
    const running = [...this.#running.values()]
    for (const { abort } of running)
      abort.abort(new KaizenError('UNAVAILABLE', 'the server is shutting down'))
    await Promise.all(running.map(({ done }) => done))
  }

  #wake(): void {
    if (this.#stopped || this.#handlers.size === 0) return
    this.#again = true
    this.#claiming ??= this.#claim().finally(() => {
      this.#claiming = undefined
    })
  }

  async #claim(): Promise<void> {
    const { database, clock, concurrency } = this.#options
    while (this.#again && !this.#stopped) {
      this.#again = false
      while (this.#running.size < concurrency && !this.#stopped) {
        const wallMs = Date.now()
        const kinds = this.#kindsWithPlaces()
        if (kinds.length === 0) break
        const lease = await database
          .write((tx) =>
            store.claimJob(tx, database.dialect, {
              kinds,
              now: clock.now(),
              wallMs,
              leaseUntil: wallMs + leaseMs,
            }),
          )
          .catch(() => undefined)
        if (!lease) break
        this.#run(lease)
      }
    }
  }

  #kindsWithPlaces(): readonly string[] {
    const isSlow = (kind: string): boolean => this.#handlers.get(kind)?.slow ?? false
    const slow = [...this.#running.values()].filter(({ kind }) => isSlow(kind)).length
    const kinds = [...this.#handlers.keys()]
    return slow < Math.max(1, this.#options.concurrency - 1)
      ? kinds
      : kinds.filter((kind) => !isSlow(kind))
  }

  #run(lease: store.Lease): void {
    const abort = new AbortController()
    const done = this.#execute(lease, abort).finally(() => {
      this.#running.delete(lease.job.id)
      for (const wake of this.#idleWaiters.splice(0)) wake()
      this.#wake()
    })
    this.#running.set(lease.job.id, { kind: lease.job.kind, abort, done })
  }

  async #execute(lease: store.Lease, abort: AbortController): Promise<void> {
    const { database, onFailure } = this.#options
    const { job } = lease
    const beat = setInterval(() => {
      database
        .write((tx) => store.heartbeat(tx, job.id, lease.token, Date.now() + leaseMs))
        .then(
          (held) =>
            held || abort.abort(new KaizenError('STALE_WRITE', 'the lease of the job was lost')),
        )
        .catch(() => undefined)
    }, heartbeatMs).unref()
    try {
      const outcome = await this.#outcomeOf(job, abort.signal)
      await this.#untilRecorded(lease, outcome)
      const isLast = job.attempt >= job.maxAttempts
      if (!outcome.ok && isLast && !this.#stopped) onFailure(job, outcome.failure)
    } finally {
      clearInterval(beat)
    }
  }

  async #outcomeOf(job: Job, signal: AbortSignal): Promise<Outcome> {
    try {
      await this.#handlers.get(job.kind)?.run({ job, signal })
      return { ok: true }
    } catch (failure) {
      return { ok: false, failure }
    }
  }

  /**
   * How a job has ended is written until it is written: while the disk is full or the database away, the job is held.
   * A server that is told to stop meanwhile leaves it, and the next one takes it up again.
   */
  async #untilRecorded(lease: store.Lease, outcome: Outcome): Promise<void> {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        await this.#options.database.write((tx) => this.#record(tx, lease, outcome))
        return
      } catch (failure) {
        if (pauseMs === firstPauseMs) this.#options.onFailure(lease.job, failure)
      }
      if (this.#stopped) return
      await pause(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
    }
  }

  /** Shutdown gives the job back untouched; otherwise it is tried again after a growing pause, or has failed. */
  async #record(tx: Tx, lease: store.Lease, outcome: Outcome): Promise<void> {
    const { job } = lease
    const now = this.#options.clock.now()
    if (outcome.ok) {
      await store.releaseJob(tx, lease, { state: 'succeeded', error: null, now })
      return
    }
    const { failure } = outcome
    const error = failure instanceof Error ? failure.message : String(failure)
    if (this.#stopped) {
      await store.releaseJob(tx, lease, { state: 'queued', error: null, now })
      return
    }
    if (job.attempt < job.maxAttempts) {
      const runAt = now + 1000 * 2 ** (job.attempt - 1)
      await store.releaseJob(tx, lease, { state: 'queued', error, runAt, now })
      return
    }
    if (await store.releaseJob(tx, lease, { state: 'failed', error, now }))
      await this.#handlers.get(job.kind)?.failed?.(tx, job, failure)
  }
}

interface Handling {
  readonly run: JobHandler
  readonly failed: JobFailed | undefined
  readonly slow: boolean
}

type Outcome = { readonly ok: true } | { readonly ok: false; readonly failure: unknown }
