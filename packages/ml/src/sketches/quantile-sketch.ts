import { MlError } from '../ml-error.ts'
import { bucketSort } from '../numeric/bucket-sort.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { fromBase64, toBase64 } from './base64.ts'

/** Size of the top level. Rank error at 99 % confidence is below 1.33 % (2.296 / k^0.9723). */
const K = 200
/** Each lower level may hold two thirds of the one above it, but no fewer than eight items. */
const SHRINK = 2 / 3
const SMALLEST = 8
/** Values are gathered unsorted before they enter the lowest level. */
const BUFFER = 512

/** The serialised form of a quantile sketch. */
export interface QuantileSketchJson {
  readonly kind: 'quantiles'
  readonly version: 1
  readonly k: number
  readonly count: number
  readonly min: number | null
  readonly max: number | null
  /** State of the generator that decides which half survives a compaction. */
  readonly random: number
  /** Lengths of the levels; items of level h stand for 2^h values. */
  readonly lengths: readonly number[]
  /** Base64 of the items of all levels as little-endian doubles. */
  readonly items: string
}

/**
 * Quantiles of a stream in constant memory: the KLL sketch of Karnin, Lang and Liberty (2016) with
 * k = 200. Sketches merge within the same error; the same values in the same order give the same
 * sketch. Values that are not finite are left out. Another version of the serialised form is refused.
 */
export class QuantileSketch {
  #levels: Float64Array[] = [new Float64Array(0)]
  readonly #buffer = new Float64Array(BUFFER)
  #buffered = 0
  #count = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY
  #random = 0x2545f491

  get count(): number {
    return this.#count
  }

  /** The smallest value, exactly; infinite while there are none. */
  get min(): number {
    return this.#min
  }

  /** The largest value, exactly. */
  get max(): number {
    return this.#max
  }

  add(values: Numbers): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (value - value !== 0) continue
      if (value < this.#min) this.#min = value
      if (value > this.#max) this.#max = value
      this.#buffer[this.#buffered++] = value
      if (this.#buffered === BUFFER) this.#flush()
    }
  }

  /** Takes in another sketch; the other is left alone. */
  merge(other: QuantileSketch): void {
    this.#flush()
    const theirs = other.#settled()
    theirs.forEach((level, h) => {
      this.#levels[h] = mergeSorted(this.#levels[h] ?? new Float64Array(0), level)
    })
    this.#count += other.#count + other.#buffered
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
    this.#compact()
  }

  /** Approximate q-quantiles, q in [0, 1]; NaN while there are no values. */
  quantiles(shares: Numbers): Float64Array {
    const { values, weights } = this.#weighted()
    const total = weights[weights.length - 1] ?? 0
    return Float64Array.from(shares, (q) => {
      if (total === 0) return Number.NaN
      if (q <= 0) return this.#min
      if (q >= 1) return this.#max
      return values[firstAtLeast(weights, q * total)]!
    })
  }

  /** Approximate shares of values at or below each point. */
  shareAtOrBelow(points: Numbers): Float64Array {
    const { values, weights } = this.#weighted()
    const total = weights[weights.length - 1] ?? 0
    return Float64Array.from(points, (point) => {
      if (total === 0) return Number.NaN
      if (point < this.#min) return 0
      if (point >= this.#max) return 1
      const after = firstAbove(values, point)
      return after === 0 ? 0 : weights[after - 1]! / total
    })
  }

  toJson(): QuantileSketchJson {
    this.#flush()
    const all = concatenated(this.#levels)
    return {
      kind: 'quantiles',
      version: 1,
      k: K,
      count: this.#count,
      min: this.#count > 0 ? this.#min : null,
      max: this.#count > 0 ? this.#max : null,
      random: this.#random,
      lengths: this.#levels.map((level) => level.length),
      items: toBase64(new Uint8Array(all.buffer)),
    }
  }

  /** @throws MlError when the form is of another version or damaged. */
  static fromJson(json: QuantileSketchJson): QuantileSketch {
    const isReadable = json.kind === 'quantiles' && json.version === 1 && json.k === K
    const bytes = isReadable ? fromBase64(json.items) : new Uint8Array(0)
    const expected = json.lengths.reduce((sum, length) => sum + length, 0)
    if (!isReadable || bytes.length !== 8 * expected) {
      throw new MlError(
        'invalid_input',
        'this is no quantile sketch of version 1',
        'profile the data again with this version',
      )
    }
    const all = new Float64Array(bytes.buffer)
    const sketch = new QuantileSketch()
    let offset = 0
    sketch.#levels = json.lengths.map((length) => {
      offset += length
      return all.slice(offset - length, offset)
    })
    sketch.#count = json.count
    sketch.#min = json.min ?? Number.POSITIVE_INFINITY
    sketch.#max = json.max ?? Number.NEGATIVE_INFINITY
    sketch.#random = json.random
    return sketch
  }

  #flush(): void {
    if (this.#buffered === 0) return
    const sorted = ascending(this.#buffer.slice(0, this.#buffered))
    this.#count += this.#buffered
    this.#buffered = 0
    this.#levels[0] = mergeSorted(this.#levels[0]!, sorted)
    this.#compact()
  }

  /** The levels as they would be with the buffer taken in, without changing this sketch. */
  #settled(): Float64Array[] {
    if (this.#buffered === 0) return this.#levels
    const sorted = ascending(this.#buffer.slice(0, this.#buffered))
    const [lowest, ...rest] = this.#levels
    return [mergeSorted(lowest!, sorted), ...rest]
  }

  /** Halves levels, lowest first, until all together are within their capacity. */
  #compact(): void {
    let held = this.#levels.reduce((sum, level) => sum + level.length, 0)
    for (let h = 0; h < this.#levels.length; h++) {
      const { each, total } = capacitiesOf(this.#levels.length)
      if (held <= total) return
      const level = this.#levels[h]!
      if (level.length <= each[h]! || level.length < 2) continue
      const kept = level.length % 2
      const survivors = new Float64Array((level.length - kept) / 2)
      const offset = kept + this.#nextBit()
      for (let i = 0; i < survivors.length; i++) survivors[i] = level[2 * i + offset]!
      this.#levels[h] = level.slice(0, kept)
      held -= survivors.length
      this.#levels[h + 1] = mergeSorted(this.#levels[h + 1] ?? new Float64Array(0), survivors)
    }
  }

  /** xorshift32 (Marsaglia 2003): part of the state, so that a sketch continues as it would have. */
  #nextBit(): number {
    let x = this.#random
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#random = x
    return (x >>> 16) & 1
  }

  /** All items ascending, each with the number of values at or below it. */
  #weighted(): { readonly values: Float64Array; readonly weights: Float64Array } {
    const levels = this.#settled()
    const all = concatenated(levels)
    const weightOf = new Float64Array(all.length)
    let offset = 0
    levels.forEach((level, h) => {
      weightOf.fill(2 ** h, offset, offset + level.length)
      offset += level.length
    })
    const order = Uint32Array.from(all, (_, i) => i).sort((a, b) => all[a]! - all[b]!)
    const values = Float64Array.from(order, (i) => all[i]!)
    let sum = 0
    const weights = Float64Array.from(order, (i) => {
      sum += weightOf[i]!
      return sum
    })
    return { values, weights }
  }
}

interface Capacities {
  /** Of each level, lowest first. */
  readonly each: readonly number[]
  readonly total: number
}

const knownCapacities: Capacities[] = []

const capacitiesOf = (levels: number): Capacities => {
  const known = knownCapacities[levels]
  if (known) return known
  const each = Array.from({ length: levels }, (_, level) =>
    Math.max(SMALLEST, Math.ceil(K * SHRINK ** (levels - level - 1))),
  )
  const capacities = { each, total: each.reduce((sum, capacity) => sum + capacity, 0) }
  knownCapacities[levels] = capacities
  return capacities
}

/** Sorts finite values in place: spread ones by buckets, in a third of the engine's time. */
const ascending = (values: Float64Array): Float64Array =>
  values.length === BUFFER && bucketSort(values) ? values : values.sort()

const mergeSorted = (a: Float64Array, b: Float64Array): Float64Array => {
  if (a.length === 0) return b
  if (b.length === 0) return a
  const merged = new Float64Array(a.length + b.length)
  let [i, j] = [0, 0]
  for (let k = 0; k < merged.length; k++) {
    merged[k] = j >= b.length || (i < a.length && a[i]! <= b[j]!) ? a[i++]! : b[j++]!
  }
  return merged
}

const concatenated = (levels: readonly Float64Array[]): Float64Array => {
  const all = new Float64Array(levels.reduce((sum, level) => sum + level.length, 0))
  let offset = 0
  for (const level of levels) {
    all.set(level, offset)
    offset += level.length
  }
  return all
}

const firstAtLeast = (ascending: Float64Array, target: number): number => {
  let [low, high] = [0, ascending.length - 1]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! < target) low = middle + 1
    else high = middle
  }
  return low
}

const firstAbove = (ascending: Float64Array, target: number): number => {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! <= target) low = middle + 1
    else high = middle
  }
  return low
}
