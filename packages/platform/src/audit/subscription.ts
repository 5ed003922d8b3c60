import type { Database, Tx } from '../storage/index.ts'
import type { AuditEvent } from './model.ts'
import type { AuditLog } from './service.ts'

const batchSize = 256
const pollMs = 1000
/** Events passed over before that is written down: as many a restart may read again. */
const keepEvery = 4096
/** Another process takes an event: time for it to commit. */
const turnMs = 20

export interface SubscriptionOptions {
  /** Names the cursor; a subscription of the same name goes on where the last one stopped. */
  readonly name: string
  /** Events that concern it; all others are passed over. */
  readonly concerns: (event: AuditEvent) => boolean
  /** Reacts inside the transaction that moves the cursor: each event takes effect exactly once, however many servers read. */
  readonly react: (tx: Tx, event: AuditEvent) => Promise<void>
  /** Without an event the log itself could not be read; both are tried again. */
  readonly onError: (failure: unknown, event?: AuditEvent) => void
}

/**
 * A durable reader of the audit log: reactions survive restarts, in order, once each. Of several servers that read by
 * one name whoever moves the cursor reacts. Events that concern nobody move it every few thousand events.
 */
export class Subscription implements AsyncDisposable {
  readonly #database: Database
  readonly #log: AuditLog
  readonly #options: SubscriptionOptions
  #position: number | undefined
  /** Where the cursor stood when it was last seen. */
  #kept = 0
  #work: Promise<void> | undefined
  #again = false
  #timer: NodeJS.Timeout
  #stopListening: () => void
  #stopped = false
  #stalled = false
  #isAway = false

  constructor(database: Database, log: AuditLog, options: SubscriptionOptions) {
    this.#database = database
    this.#log = log
    this.#options = options
    this.#stopListening = log.onAppend((events) => this.#hear(events))
    // Another process on the same database appends unheard.
    this.#timer = setInterval(() => this.#wake(), pollMs).unref()
    this.#wake()
  }

  /** Resolves when everything committed before the call has been reacted to, or a reaction has failed. */
  async caughtUp(): Promise<void> {
    const head = await this.#log.headSeq()
    this.#stalled = false
    while (!this.#stopped && !this.#stalled && (this.#position ?? -1) < head) {
      const before = this.#position
      this.#wake()
      await this.#work
      if (this.#position === before) await new Promise((resolve) => setTimeout(resolve, turnMs))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    this.#stopListening()
    await this.#work
    if (!this.#stalled) await this.#keep(batchSize).catch(this.#options.onError)
  }

  /** Events that follow the last one known and concern nobody here are passed over without a look at the database. */
  #hear(events: readonly AuditEvent[]): void {
    const [first, last] = [events[0], events.at(-1)]
    const follows = !this.#work && first !== undefined && first.seq - 1 === this.#position
    if (follows && last && !events.some((event) => this.#options.concerns(event)))
      this.#position = last.seq
    else this.#wake()
    if ((this.#position ?? 0) - this.#kept >= keepEvery) this.#wake()
  }

  #wake(): void {
    this.#again = true
    this.#work ??= this.#run()
      .then(
        () => {
          this.#isAway = false
        },
        (failure: unknown) => {
          this.#stalled = true
          // The database is away, and each second brings the same.
          if (!this.#isAway) this.#options.onError(failure)
          this.#isAway = true
        },
      )
      .finally(() => {
        this.#work = undefined
      })
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      this.#position ??= await this.#seen()
      const events = await this.#log.readAfter(this.#position, batchSize)
      if (events.length === batchSize) this.#again = true
      if (events.length > 0 && !(await this.#react(events))) return
      await this.#keep(keepEvery)
    }
  }

  async #seen(): Promise<number> {
    this.#kept = await this.#log.cursor(this.#options.name, 0)
    return this.#kept
  }

  /** Writes down what was passed over, once it is so much; where another process is faster, that one has. */
  async #keep(least: number): Promise<void> {
    const position = this.#position
    if (position === undefined || position - this.#kept < least) return
    const { name } = this.#options
    await this.#database.write((tx) => this.#log.advanceCursor(tx, name, position))
    this.#kept = position
  }

  /**
   * Answers false when a reaction failed, and the event is tried again, or when another process has the turn: it is
   * looked at again where the cursor then stands.
   */
  async #react(events: readonly AuditEvent[]): Promise<boolean> {
    const { name, concerns, react, onError } = this.#options
    for (const event of events) {
      if (event.seq <= this.#kept || !concerns(event)) {
        this.#position = event.seq
        continue
      }
      try {
        const isOurs = await this.#database.write(async (tx) => {
          if (!(await this.#log.advanceCursor(tx, name, event.seq))) return false
          await react(tx, event)
          return true
        })
        if (isOurs) this.#kept = event.seq
        else if ((await this.#seen()) < event.seq) return false
        this.#position = event.seq
      } catch (failure) {
        this.#stalled = true
        onError(failure, event)
        return false
      }
    }
    return true
  }
}
