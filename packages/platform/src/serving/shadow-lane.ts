/** Runs work that nobody waits for, a few at a time, and sheds what does not fit rather than slow down what somebody does. */
export class ShadowLane {
  readonly #concurrency: number
  readonly #capacity: number
  #running = 0
  #queue: (() => Promise<void>)[] = []
  #waiters: (() => void)[] = []
  #shed = 0

  constructor(options: { readonly concurrency: number; readonly capacity: number }) {
    this.#concurrency = options.concurrency
    this.#capacity = options.capacity
  }

  /** How much work was dropped. */
  get shed(): number {
    return this.#shed
  }

  /**
   * Takes work that never rejects, to start in a later turn of the loop, after answers have been sent; false where it
   * was dropped.
   */
  offer(work: () => Promise<void>): boolean {
    if (this.#queue.length >= this.#capacity) {
      this.#shed++
      return false
    }
    this.#queue.push(work)
    setImmediate(() => this.#next())
    return true
  }

  /** Resolves when nothing waits or runs. */
  async idle(): Promise<void> {
    while (this.#running > 0 || this.#queue.length > 0) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  #next(): void {
    if (this.#running >= this.#concurrency) return
    const work = this.#queue.shift()
    if (!work) return
    this.#running++
    void work().finally(() => {
      this.#running--
      if (this.#queue.length > 0) this.#next()
      else if (this.#running === 0) for (const wake of this.#waiters.splice(0)) wake()
    })
  }
}
