import { KaizenError } from '@kaizen/contracts'
import type { AuditLog, Subscription } from '../audit/index.ts'
import type { JobQueue } from '../jobs/index.ts'
import { type Actor, type Clock, ReplayClock, type Ticker } from '../kernel/index.ts'
import type { Database } from '../storage/index.ts'
import { writeReplayClock } from './clock.store.ts'

const tickEveryMs = 1000
const dayMs = 86_400_000
/** A replay must not be kept busy for hours by one request: every window of the time between is closed in it. */
const longestStepMs = 366 * dayMs
/** So many rounds without an end mean that a part keeps finding work that it does not do. */
const roundLimit = 1000

export interface SchedulerDeps {
  readonly clock: Clock
  readonly database: Database
  readonly audit: AuditLog
  readonly jobs: JobQueue
  readonly tickers: readonly Ticker[]
  readonly subscriptions: readonly Subscription[]
  readonly onError: (ticker: string, failure: unknown) => void
}

/** Makes time pass: ticks every second by the system's clock, or when a replay moves its clock. */
export class Scheduler implements AsyncDisposable {
  readonly #deps: SchedulerDeps
  #timer: NodeJS.Timeout | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #stopped = false

  constructor(deps: SchedulerDeps) {
    this.#deps = deps
  }

  start(): void {
    if (this.#deps.clock.kind === 'replay') return
    this.#timer = setInterval(
      () => void this.#exclusively(() => this.#tickAll()),
      tickEveryMs,
    ).unref()
  }

  /**
   * Moves the replay clock and resolves when everything that is due by then is done.
   * @throws UNSUPPORTED on a server whose clock is the system's; CONFLICT for a time before the clock's; INVALID_REQUEST
   * for one more than a year ahead.
   */
  async advance(actor: Actor, to: number): Promise<number> {
    const { clock, database, audit } = this.#deps
    if (!(clock instanceof ReplayClock)) {
      throw new KaizenError(
        'UNSUPPORTED',
        "this server's clock is the system's and cannot be moved",
        {
          hint: 'Start a server with --replay-from TIME to move time by the API.',
        },
      )
    }
    return this.#exclusively(async () => {
      if (to < clock.now()) {
        throw new KaizenError(
          'CONFLICT',
          `the replay clock stands at ${clock.now()} and does not go back to ${to}`,
        )
      }
      if (to - clock.now() > longestStepMs) {
        throw new KaizenError(
          'INVALID_REQUEST',
          `body.to: ${to} is more than ${longestStepMs / dayMs} days after the replay clock, which stands at ${clock.now()}`,
          { hint: 'Move it in shorter steps: everything that is due on the way is done in each.' },
        )
      }
      await database.write(async (tx) => {
        await writeReplayClock(tx, to)
        if (Math.floor(to / dayMs) > Math.floor(clock.now() / dayMs)) {
          await audit.append(tx, {
            actor,
            type: 'app.clock.advanced',
            subject: 'clock:replay',
            data: { to },
          })
        }
      })
      clock.moveTo(to)
      await this.#untilQuiet()
      return clock.now()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    await this.#turn.catch(() => undefined)
  }

  /** Ticks, jobs and reactions feed each other: round after round until a tick finds nothing to do. */
  async #untilQuiet(): Promise<void> {
    const { jobs, subscriptions } = this.#deps
    for (let round = 0; round < roundLimit && !this.#stopped; round++) {
      const worked = await this.#tickAll()
      await Promise.all(subscriptions.map((subscription) => subscription.caughtUp()))
      await jobs.settled()
      await Promise.all(subscriptions.map((subscription) => subscription.caughtUp()))
      if (!worked && !(await jobs.isBusy())) return
    }
    if (!this.#stopped)
      throw new Error(
        'the loop did not come to rest: a part keeps finding work that it does not do',
      )
  }

  async #tickAll(): Promise<boolean> {
    let worked = false
    for (const ticker of this.#deps.tickers) {
      if (this.#stopped) return false
      try {
        if (await ticker.tick(this.#deps.clock.now())) worked = true
      } catch (failure) {
        this.#deps.onError(ticker.name, failure)
      }
    }
    return worked
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work, work)
    this.#turn = next.catch(() => undefined)
    return next
  }
}
