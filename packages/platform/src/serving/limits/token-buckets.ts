/** Clients remembered; beyond that the one seen longest ago is forgotten, as if it had been quiet. */
const remembered = 10_000

interface Bucket {
  tokens: number
  at: number
}

/** Requests a second of each client, with bursts: a token bucket each. */
export class TokenBuckets {
  readonly #rate: number
  readonly #burst: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(limits: { readonly rate: number; readonly burst: number }) {
    this.#rate = limits.rate
    this.#burst = limits.burst
  }

  /** Takes a token at a time in milliseconds; answers how long to wait for one where there is none. */
  take(client: string, now: number): number {
    let bucket = this.#buckets.get(client)
    // Taken out and put in again, so that the map is in order of use.
    if (bucket) this.#buckets.delete(client)
    else bucket = { tokens: this.#burst, at: now }
    this.#buckets.set(client, bucket)
    if (this.#buckets.size > remembered) {
      this.#buckets.delete(this.#buckets.keys().next().value!)
    }
    const gained = ((now - bucket.at) / 1000) * this.#rate
    bucket.tokens = Math.min(this.#burst, bucket.tokens + Math.max(0, gained))
    bucket.at = now
    if (bucket.tokens < 1) return ((1 - bucket.tokens) / this.#rate) * 1000
    bucket.tokens--
    return 0
  }
}
