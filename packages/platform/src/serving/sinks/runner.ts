import type { Database } from '../../storage/index.ts'
import type { LiveEndpoint } from '../endpoints/live-endpoint.ts'
import type { LogPlace } from '../log/log-place.ts'
import { eventOf, redaction } from './events.ts'
import { NotTaken, type Sent, type SinkRecord, type SinkSender } from './model.ts'
import { pauseAfter } from './rules.ts'
import { advanceSink } from './sinks.store.ts'

export interface RunnerDeps {
  readonly database: Database
  readonly now: () => number
  /** Of the logs of this server. */
  readonly log: string
  /** @throws NOT_FOUND */
  readonly live: (endpoint: string) => Promise<LiveEndpoint>
  /** Where the sink is in the log of its endpoint; it begins there where it has not. */
  readonly placeOf: (sink: SinkRecord, live: LiveEndpoint) => Promise<LogPlace>
  readonly open: (sink: SinkRecord) => Promise<SinkSender>
}

/** Events that are sent before it is noted how far the sink is: so many are repeated at most after a crash. */
const batchEvents = 256

/** Takes one sink on: reads the log behind its place, sends, notes the place; the next events only then. */
export class SinkRunner {
  readonly #deps: RunnerDeps
  readonly #sink: SinkRecord
  readonly #stop = new AbortController()
  #sender: SinkSender | undefined
  #working: Promise<void> | undefined
  #failures = 0
  /** In the system's time: receivers live in it, also while the server's clock is moved by hand. */
  #againAt = 0
  problem: string | null = null

  constructor(deps: RunnerDeps, sink: SinkRecord) {
    this.#deps = deps
    this.#sink = sink
  }

  /** Works until nothing is left to send, unless a receiver asked for patience. */
  wake(): Promise<void> {
    if (Date.now() < this.#againAt) return Promise.resolve()
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
    return this.#working
  }

  /** Breaks off what is under way; it is sent again by the next who takes the sink on. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#close()
    await this.#working
    await this.#close()
  }

  async #work(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted && (await this.#batch()));
      this.#failures = 0
      this.problem = null
    } catch (failure) {
      await this.#close()
      if (this.#stop.signal.aborted) return
      const asked = failure instanceof NotTaken ? failure.afterMs : undefined
      this.#againAt = Date.now() + pauseAfter(++this.#failures, asked)
      this.problem = (failure as Error).message
    }
  }

  /** False where nothing was there to send. */
  async #batch(): Promise<boolean> {
    const { database, now, log, live, placeOf } = this.#deps
    const sink = this.#sink
    const endpoint = await live(sink.endpoint)
    const from = await placeOf(sink, endpoint)
    const { rows, next: to } = await endpoint.log.after(from, batchEvents)
    if (rows.length === 0) return false
    const columns = [...(endpoint.settings.log?.redact ?? []), ...sink.redact]
    const scope = { endpoint: sink.endpoint, log, isRedacted: redaction(columns) }
    const events = rows
      .filter(({ row }) => sink.arms === 'all' || row.rows.schema.mode === 'live')
      .map((row) => eventOf(row, scope))
    this.#sender ??= await this.#deps.open(sink)
    const { before, within } = this.#sender
    const nothing: Sent = { refused: 0, refusal: null }
    const sent =
      (events.length > 0 && (await before?.call(this.#sender, events, this.#stop.signal))) ||
      nothing
    await database.write(async (tx) => {
      const progress = { from, to, ...sent, sent: events.length - sent.refused, at: now() }
      if (!(await advanceSink(tx, { sink: sink.id, log }, progress))) {
        throw new Error('the sink is paused, deleted, or taken on by another')
      }
      await within?.(tx, events)
    })
    return true
  }

  async #close(): Promise<void> {
    const sender = this.#sender
    this.#sender = undefined
    await sender?.[Symbol.asyncDispose]()
  }
}
