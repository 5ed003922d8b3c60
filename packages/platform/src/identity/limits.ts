/** Failures that are forgiven before waiting begins: many people may share an address, nobody shares a name. */
const forgiven = { user: 5, address: 30 } as const
const longestWaitMs = 5 * 60_000
const forgottenAfterMs = 30 * 60_000
const mostKeys = 20_000

interface Failures {
  readonly count: number
  readonly lastAt: number
}

export interface LoginAttempt {
  readonly username: string
  readonly address: string
}

/** Slows down guessing: after some failures of a name or an address each further try waits twice as long. */
export class LoginLimit {
  readonly #failures = new Map<string, Failures>()

  /** Milliseconds until the next attempt is looked at; 0 is now. */
  waitMs(attempt: LoginAttempt, now: number): number {
    return Math.max(
      ...keysOf(attempt).map(({ key, free }) => {
        const failures = this.#failures.get(key)
        if (!failures || failures.count < free) return 0
        const wait = Math.min(longestWaitMs, 1000 * 2 ** Math.min(20, failures.count - free))
        return Math.max(0, failures.lastAt + wait - now)
      }),
    )
  }

  /** Answers whether this failure is the first that makes others wait. */
  failed(attempt: LoginAttempt, now: number): boolean {
    let began = false
    for (const { key, free } of keysOf(attempt)) {
      const before = this.#failures.get(key)
      const fresh = before && now - before.lastAt < forgottenAfterMs ? before.count : 0
      this.#failures.delete(key)
      this.#failures.set(key, { count: fresh + 1, lastAt: now })
      began ||= fresh + 1 === free
    }
    while (this.#failures.size > mostKeys) {
      const [oldest] = this.#failures.keys()
      if (oldest === undefined) break
      this.#failures.delete(oldest)
    }
    return began
  }

  succeeded({ username }: LoginAttempt): void {
    this.#failures.delete(`user ${username}`)
  }
}

const keysOf = ({ username, address }: LoginAttempt) => [
  { key: `user ${username}`, free: forgiven.user },
  { key: `address ${address}`, free: forgiven.address },
]

/** Requests of each principal: a bucket that holds two seconds' worth and fills steadily. */
export class RequestLimit {
  readonly #perSecond: number
  readonly #buckets = new Map<string, { left: number; at: number }>()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Takes one request; answers the milliseconds to wait where there is none left, else 0. */
  take(principal: string, now: number): number {
    const size = Math.max(1, 2 * this.#perSecond)
    const before = this.#buckets.get(principal) ?? { left: size, at: now }
    const filled = before.left + (Math.max(0, now - before.at) / 1000) * this.#perSecond
    const left = Math.min(size, filled)
    this.#buckets.delete(principal)
    this.#buckets.set(principal, { left: left >= 1 ? left - 1 : left, at: now })
    if (this.#buckets.size > mostKeys) {
      const [oldest] = this.#buckets.keys()
      if (oldest !== undefined) this.#buckets.delete(oldest)
    }
    return left >= 1 ? 0 : Math.ceil(((1 - left) / this.#perSecond) * 1000)
  }
}
