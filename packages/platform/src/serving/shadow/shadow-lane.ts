/** Runs work that nobody waits for, a few at a time, and sheds what does not fit rather than slow down what somebody does. */
export class ShadowLane {
  readonly #concurrency: number
  readonly #capacity: number
  #running = 0
  #queue: (() => Promise<void>)[] = []
  readonly #pending = new Set<Promise<void>>()
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
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#pending.add(promise)
    this.#queue.push(async () => {
      await work()
      this.#pending.delete(promise)
      resolve()
    })
    setImmediate(() => this.#next())
    return true
  }

  /** Resolves when everything offered so far is done; what is offered later does not hold it up. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }

  #next(): void {
    if (this.#running >= this.#concurrency) return
    const work = this.#queue.shift()
    if (!work) return
    this.#running++
    void work().finally(() => {
      this.#running--
      this.#next()
    })
  }
}
