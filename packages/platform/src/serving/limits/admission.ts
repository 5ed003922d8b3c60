import { type EndpointSettings, KaizenError } from '@kaizen/contracts'
import type { Caller } from './quotas.ts'
import { TokenBuckets } from './token-buckets.ts'

export type Limits = NonNullable<EndpointSettings['limits']>

export interface Admitted {
  readonly caller: Caller | undefined
  /** What the caller allows, where it says. */
  readonly timeoutMs: number | undefined
}

const clientOf = (caller: Caller | undefined): string =>
  caller ? `${caller.actor.name} ${caller.address}` : ''

interface Waiting {
  readonly go: () => void
  abandoned: boolean
}

/** Lets requests in as limits allow: at most so many at once, so many waiting, so many a second and so long. */
export class Admission {
  readonly #limits: Limits
  readonly #buckets: TokenBuckets | undefined
  #inside = 0
  #queue: Waiting[] = []

  constructor(limits: Limits) {
    this.#limits = limits
    const { clientRate, clientBurst } = limits
    this.#buckets =
      clientRate === undefined
        ? undefined
        : new TokenBuckets({ rate: clientRate, burst: clientBurst })
  }

  get waiting(): number {
    return this.#queue.length
  }

  /** @throws RATE_LIMITED, OVERLOADED, TIMEOUT */
  async run<T>(request: Admitted, work: () => Promise<T>): Promise<T> {
    const waitMs = this.#buckets?.take(clientOf(request.caller), performance.now()) ?? 0
    if (waitMs > 0) {
      throw new KaizenError(
        'RATE_LIMITED',
        `more than ${this.#limits.clientRate} requests a second`,
        {
          hint: `Send the next one in ${Math.ceil(waitMs)} ms.`,
          details: { retryAfterSeconds: waitMs / 1000 },
        },
      )
    }
    const timeoutMs = Math.min(
      this.#limits.timeoutMs ?? Number.POSITIVE_INFINITY,
      request.timeoutMs ?? Number.POSITIVE_INFINITY,
    )
    if (timeoutMs === Number.POSITIVE_INFINITY) {
      await this.#enter()?.turn
      return this.#through(work)
    }
    return this.#within(timeoutMs, work)
  }

  async #within<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(
      () =>
        reject(
          new KaizenError('TIMEOUT', `there was no answer within ${timeoutMs} ms`, {
            hint: 'Send it again later, or allow more time.',
          }),
        ),
      timeoutMs,
    )
    try {
      const place = this.#enter()
      if (place) {
        await Promise.race([place.turn, late]).catch((failure: unknown) => {
          place.waiting.abandoned = true
          throw failure
        })
      }
      // What is being computed goes on and keeps its place until it is done; only nobody waits for it any more.
      const answer = this.#through(work)
      answer.catch(() => undefined)
      return await Promise.race([answer, late])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Takes a place, or a place in the queue; undefined where there was one at once. @throws OVERLOADED */
  #enter(): { readonly turn: Promise<void>; readonly waiting: Waiting } | undefined {
    const { maxConcurrent = Number.POSITIVE_INFINITY, maxQueue } = this.#limits
    if (this.#inside < maxConcurrent) {
      this.#inside++
      return undefined
    }
    if (this.#queue.length >= maxQueue) {
      throw new KaizenError(
        'OVERLOADED',
        `${this.#inside} requests are being computed and ${this.#queue.length} wait`,
        { hint: 'Send it again in a second.' },
      )
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting: Waiting = { go: resolve, abandoned: false }
    this.#queue.push(waiting)
    return { turn: promise, waiting }
  }

  async #through<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  /** Gives the place to the next who still waits for it. */
  #leave(): void {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      if (next.abandoned) continue
      next.go()
      return
    }
    this.#inside--
  }
}
