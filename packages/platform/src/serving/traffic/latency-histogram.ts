const perOctave = 16
const smallestMs = 1e-3
const cells = 30 * perOctave

/** Latencies in cells that grow by 4.4 % each, from 1 µs to about 18 minutes: constant memory, percentiles within that. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(cells)
  #count = 0
  #sum = 0

  get count(): number {
    return this.#count
  }

  get sumMs(): number {
    return this.#sum
  }

  record(ms: number): void {
    const cell = Math.floor(Math.log2(Math.max(ms, smallestMs) / smallestMs) * perOctave)
    this.#counts[Math.min(cell, cells - 1)]!++
    this.#count++
    this.#sum += ms
  }

  /** The upper edge of the cell that holds this share; null while empty. */
  percentile(share: number): number | null {
    if (this.#count === 0) return null
    const rank = share * this.#count
    let seen = 0
    for (let cell = 0; cell < cells; cell++) {
      seen += this.#counts[cell]!
      if (seen > rank || seen === this.#count) return smallestMs * 2 ** ((cell + 1) / perOctave)
    }
    return null
  }

  /** How many were at most `ms`, for cumulative metrics. */
  countUpTo(ms: number): number {
    const last = Math.floor(Math.log2(Math.max(ms, smallestMs) / smallestMs) * perOctave)
    let seen = 0
    for (let cell = 0; cell <= Math.min(last, cells - 1); cell++) seen += this.#counts[cell]!
    return seen
  }
}
