import { MlError } from '../ml-error.ts'
import { sortInPlace } from '../numeric/sort.ts'

/** Items held at most; beyond it the smaller half of the counts is given up. */
const CAPACITY = 1024

/** An item with bounds of its true count. */
export interface FrequentItem {
  readonly item: string
  readonly lower: number
  readonly upper: number
}

/** The serialised form of a frequent-items sketch. */
export interface FrequentItemsJson {
  readonly kind: 'frequent-items'
  readonly version: 1
  readonly count: number
  /** By how much a count may be too low. */
  readonly error: number
  readonly items: readonly (readonly [item: string, count: number])[]
}

/**
 * The most frequent items of a stream in constant memory: Misra and Gries' counters (1982), purged by
 * the median count (Anderson et al. 2017). Counts are exact while there are at most 1024 distinct
 * items; else too low by at most `maxError`, itself below 1/512 of the total. Another version of the serialised form is refused.
 */
export class FrequentItems {
  #counts = new Map<string, number>()
  #error = 0
  #total = 0

  get count(): number {
    return this.#total
  }

  get maxError(): number {
    return this.#error
  }

  /** Whether every distinct item is held with its exact count. */
  get isExact(): boolean {
    return this.#error === 0
  }

  add(item: string, count = 1): void {
    this.#total += count
    this.#counts.set(item, (this.#counts.get(item) ?? 0) + count)
    if (this.#counts.size > CAPACITY) this.#purge()
  }

  /** Takes in another sketch; the other is left alone. */
  merge(other: FrequentItems): void {
    this.#total += other.#total
    this.#error += other.#error
    for (const [item, count] of other.#counts) {
      this.#counts.set(item, (this.#counts.get(item) ?? 0) + count)
    }
    while (this.#counts.size > CAPACITY) this.#purge()
  }

  /** The items of the largest counts, then in code point order. */
  top(limit: number): FrequentItem[] {
    return this.#sorted()
      .slice(0, limit)
      .map(([item, count]) => ({ item, lower: count, upper: count + this.#error }))
  }

  toJson(): FrequentItemsJson {
    return {
      kind: 'frequent-items',
      version: 1,
      count: this.#total,
      error: this.#error,
      items: this.#sorted(),
    }
  }

  /** @throws MlError when the form is of another version. */
  static fromJson(json: FrequentItemsJson): FrequentItems {
    if (json.kind !== 'frequent-items' || json.version !== 1) {
      throw new MlError(
        'invalid_input',
        'this is no frequent-items sketch of version 1',
        'profile the data again with this version',
      )
    }
    const sketch = new FrequentItems()
    sketch.#counts = new Map(json.items)
    sketch.#error = json.error
    sketch.#total = json.count
    return sketch
  }

  #sorted(): [string, number][] {
    return [...this.#counts].sort(
      ([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : a > b ? 1 : 0),
    )
  }

  #purge(): void {
    const counts = sortInPlace(Float64Array.from(this.#counts.values()))
    const median = counts[counts.length >>> 1]!
    this.#error += median
    for (const [item, count] of this.#counts) {
      if (count > median) this.#counts.set(item, count - median)
      else this.#counts.delete(item)
    }
  }
}
