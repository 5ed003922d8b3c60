/** Gathers what is asked for within one turn into as few requests as their size allows. */
export class Batch<Value> {
  readonly #limit: number
  readonly #fetch: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>
  #waiting: PromiseWithResolvers<ReadonlyMap<string, Value>> | null = null
  #keys = new Set<string>()

  constructor(
    limit: number,
    fetch: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
  ) {
    this.#limit = limit
    this.#fetch = fetch
  }

  /** The value of a key; an error where the answer lacks it. */
  async load(key: string): Promise<Value> {
    if (!this.#waiting) {
      this.#waiting = Promise.withResolvers()
      setTimeout(() => this.#send())
    }
    this.#keys.add(key)
    const { promise } = this.#waiting
    if (this.#keys.size >= this.#limit) this.#send()
    const value = (await promise).get(key)
    if (value === undefined) throw new Error(`the answer lacks ${key}`)
    return value
  }

  #send(): void {
    const waiting = this.#waiting
    if (!waiting) return
    const keys = [...this.#keys]
    this.#waiting = null
    this.#keys = new Set()
    this.#fetch(keys).then(waiting.resolve, waiting.reject)
  }
}
