import type { Database, Tx } from '../storage/index.ts'
import type { AuditEvent } from './model.ts'
import type { AuditLog } from './service.ts'

const batchSize = 256
const pollMs = 1000

export interface SubscriptionOptions {
  /** Names the cursor; a subscription of the same name goes on where the last one stopped. */
  readonly name: string
  /** Events that concern it; all others are passed over. */
  readonly concerns: (event: AuditEvent) => boolean
  /** Reacts inside the transaction that moves the cursor: each event takes effect exactly once. */
  readonly react: (tx: Tx, event: AuditEvent) => Promise<void>
  readonly onError: (failure: unknown, event: AuditEvent) => void
}

/** A durable reader of the audit log: reactions survive restarts, in order, once each. */
export class Subscription implements AsyncDisposable {
  readonly #database: Database
  readonly #log: AuditLog
  readonly #options: SubscriptionOptions
  #position: number | undefined
  #work: Promise<void> | undefined
  #again = false
  #timer: NodeJS.Timeout
  #stopListening: () => void
  #stopped = false
  #stalled = false

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
      this.#wake()
      await this.#work
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    this.#stopListening()
    await this.#work
  }

  /** Events that follow the last one known and concern nobody here are passed over without a look at the database. */
  #hear(events: readonly AuditEvent[]): void {
    const [first, last] = [events[0], events.at(-1)]
    const follows = !this.#work && first !== undefined && first.seq - 1 === this.#position
    if (follows && last && !events.some((event) => this.#options.concerns(event)))
      this.#position = last.seq
    else this.#wake()
  }

  #wake(): void {
    this.#again = true
    this.#work ??= this.#run().finally(() => {
      this.#work = undefined
    })
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      this.#position ??= await this.#log.cursor(this.#options.name, 0)
      const events = await this.#log.readAfter(this.#position, batchSize)
      if (events.length === batchSize) this.#again = true
      if (events.length > 0 && !(await this.#react(events))) return
    }
  }

  /** Answers false when a reaction failed; the cursor stays before that event, which is tried again. */
  async #react(events: readonly AuditEvent[]): Promise<boolean> {
    const { name, concerns, react, onError } = this.#options
    for (const event of events) {
      if (!concerns(event)) {
        this.#position = event.seq
        continue
      }
      try {
        await this.#database.write(async (tx) => {
          await react(tx, event)
          await this.#log.saveCursor(tx, name, event.seq)
        })
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
