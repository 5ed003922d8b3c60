import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { fromBase64, toBase64 } from './base64.ts'
import { type HashWords, hashNumber, hashText } from './hash.ts'

/** Registers of a sketch, 2^12: a standard error of 1.62 %. */
export const distinctRegisters = 1 << 12
/** Up to this many distinct hashes are kept as they are, and the estimate is exact. */
const EXACT_UP_TO = 1024
const VALUE_BITS = 32

/** The serialised form of a distinct-count sketch. */
export interface DistinctSketchJson {
  readonly kind: 'distinct'
  readonly version: 1
  /** Hashes, ascending, while there are few; else base64 of one byte a register. */
  readonly hashes?: readonly number[]
  readonly registers?: string
}

/**
 * Estimates the number of distinct values: HyperLogLog with 4096 registers (Flajolet et al. 2007) and
 * Ertl's improved estimator (2017), exact up to 1024 values. Merging parts gives bit for bit the
 * sketch of the whole.
 */
export class DistinctSketch {
  #hashes: Set<number> | null = new Set()
  #registers: Uint8Array | null = null
  readonly #words: HashWords = { low: 0, high: 0 }

  /** Adds each value that is not NaN. */
  addNumbers(values: Numbers): void {
    let previous = Number.NaN
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (Number.isNaN(value) || value === previous) continue
      previous = value
      hashNumber(value, this.#words)
      this.#add(this.#words.low, this.#words.high)
    }
  }

  addText(value: string): void {
    hashText(value, this.#words)
    this.#add(this.#words.low, this.#words.high)
  }

  /** Takes in another sketch; the other is left alone. */
  merge(other: DistinctSketch): void {
    if (other.#hashes) {
      for (const hash of other.#hashes) this.#add(hash % 2 ** 32, Math.floor(hash / 2 ** 32))
      return
    }
    const registers = this.#dense()
    other.#registers?.forEach((rank, i) => {
      if (rank > registers[i]!) registers[i] = rank
    })
  }

  /** The estimated number of distinct values. */
  estimate(): number {
    return this.#hashes ? this.#hashes.size : ertlEstimate(this.#registers!)
  }

  toJson(): DistinctSketchJson {
    const head = { kind: 'distinct', version: 1 } as const
    if (this.#hashes) return { ...head, hashes: [...this.#hashes].sort((a, b) => a - b) }
    return { ...head, registers: toBase64(this.#registers!) }
  }

  /** @throws MlError when the form is of another version or damaged. */
  static fromJson(json: DistinctSketchJson): DistinctSketch {
    const sketch = new DistinctSketch()
    if (json.kind !== 'distinct' || json.version !== 1) throw unreadable()
    if (json.hashes) sketch.#hashes = new Set(json.hashes)
    else {
      sketch.#hashes = null
      sketch.#registers = fromBase64(json.registers ?? '')
      if (sketch.#registers.length !== distinctRegisters) throw unreadable()
    }
    return sketch
  }

  /**
   * The sketch of values that were hashed elsewhere: in each of 4096 registers the greatest rank, which is the number
   * of leading zeros of a hash's 32 bits and one.
   * @throws MlError when there are not 4096 registers.
   */
  static ofRegisters(registers: Uint8Array): DistinctSketch {
    return DistinctSketch.fromJson({
      kind: 'distinct',
      version: 1,
      registers: toBase64(registers),
    })
  }

  #add(low: number, high: number): void {
    if (this.#hashes) {
      this.#hashes.add(high * 2 ** 32 + low)
      if (this.#hashes.size > EXACT_UP_TO) this.#dense()
      return
    }
    const index = high & (distinctRegisters - 1)
    const rank = low === 0 ? VALUE_BITS + 1 : Math.clz32(low) + 1
    if (rank > this.#registers![index]!) this.#registers![index] = rank
  }

  #dense(): Uint8Array {
    if (this.#registers) return this.#registers
    const hashes = this.#hashes ?? new Set()
    this.#hashes = null
    this.#registers = new Uint8Array(distinctRegisters)
    for (const hash of hashes) this.#add(hash % 2 ** 32, Math.floor(hash / 2 ** 32))
    return this.#registers
  }
}

const unreadable = () =>
  new MlError(
    'invalid_input',
    'this is no distinct-count sketch of version 1',
    'profile the data again with this version',
  )

/** Ertl's improved raw estimator, algorithm 6 of "New cardinality estimation algorithms" (2017). */
const ertlEstimate = (registers: Uint8Array): number => {
  const counts = new Float64Array(VALUE_BITS + 2)
  for (const rank of registers) counts[rank]!++
  let z = distinctRegisters * tau(1 - counts[VALUE_BITS + 1]! / distinctRegisters)
  for (let rank = VALUE_BITS; rank >= 1; rank--) z = 0.5 * (z + counts[rank]!)
  z += distinctRegisters * sigma(counts[0]! / distinctRegisters)
  return (distinctRegisters * distinctRegisters) / (2 * Math.LN2 * z)
}

const sigma = (start: number): number => {
  if (start === 1) return Number.POSITIVE_INFINITY
  let [x, y, z, previous] = [start, 1, start, Number.NaN]
  while (z !== previous) {
    previous = z
    x *= x
    z += x * y
    y += y
  }
  return z
}

const tau = (start: number): number => {
  if (start === 0 || start === 1) return 0
  let [x, y, z, previous] = [start, 1, 1 - start, Number.NaN]
  while (z !== previous) {
    previous = z
    x = Math.sqrt(x)
    y *= 0.5
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}
