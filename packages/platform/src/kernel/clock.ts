/** Where a server's idea of now comes from. Domain code takes `now` as an argument; shells ask the clock. */
export interface Clock {
  readonly kind: 'system' | 'replay'
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number
}

export const systemClock: Clock = { kind: 'system', now: () => Date.now() }

/** A clock that stands still until it is moved forward: for replays, back-tests and tests. */
export class ReplayClock implements Clock {
  readonly kind = 'replay'
  #now: number

  constructor(startMs: number) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  /** Moves to `toMs`; a replay clock never goes back. */
  moveTo(toMs: number): void {
    if (toMs < this.#now) {
      throw new RangeError(`a replay clock does not go back: ${toMs} is before ${this.#now}`)
    }
    this.#now = toMs
  }
}
