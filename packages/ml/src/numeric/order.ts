import type { Numbers } from './numbers.ts'

const DIGIT_BITS = 11
const RADIX = 1 << DIGIT_BITS
const DIGITS = 6

/** Row indices in ascending order of the values, which must not be NaN; equal values keep their order. */
export const ascendingOrder = (values: Numbers): Uint32Array => {
  const n = values.length
  if (n < 2000) {
    const order = Uint32Array.from({ length: n }, (_, i) => i)
    return order.sort((a, b) => values[a]! - values[b]! || a - b)
  }
  const byBuckets = bucketOrder(values)
  if (byBuckets) return byBuckets
  const keys = orderedKeys(values)
  const counts = digitCounts(keys)
  let from = Uint32Array.from({ length: n }, (_, i) => i)
  let to = new Uint32Array(n)
  for (let digit = 0; digit < DIGITS; digit++) {
    const offsets = counts.subarray(digit * RADIX, (digit + 1) * RADIX)
    if (offsets.includes(n)) continue
    let offset = 0
    for (let i = 0; i < RADIX; i++) {
      const count = offsets[i]!
      offsets[i] = offset
      offset += count
    }
    for (let i = 0; i < n; i++) {
      const row = from[i]!
      to[offsets[digitOf(keys[2 * row]!, keys[2 * row + 1]!, digit)]!++] = row
    }
    ;[from, to] = [to, from]
  }
  return from
}

/** Low and high words of unsigned keys that compare like the doubles. */
const orderedKeys = (values: Numbers): Uint32Array => {
  const doubles = Float64Array.from(values)
  for (let i = 0; i < doubles.length; i++) if (doubles[i] === 0) doubles[i] = 0
  const keys = new Uint32Array(doubles.buffer)
  for (let i = 0; i < keys.length; i += 2) {
    const high = keys[i + 1]!
    const mask = high >> 31
    keys[i] = keys[i]! ^ mask
    keys[i + 1] = high ^ (mask | 0x80000000)
  }
  return keys
}

const digitCounts = (keys: Uint32Array): Uint32Array => {
  const counts = new Uint32Array(DIGITS * RADIX)
  for (let i = 0; i < keys.length; i += 2) {
    for (let digit = 0; digit < DIGITS; digit++) {
      counts[digit * RADIX + digitOf(keys[i]!, keys[i + 1]!, digit)]!++
    }
  }
  return counts
}

const digitOf = (low: number, high: number, digit: number): number => {
  if (digit < 2) return (low >>> (DIGIT_BITS * digit)) & (RADIX - 1)
  if (digit === 2) return (low >>> 22) | ((high & 1) << 10)
  return (high >>> (1 + DIGIT_BITS * (digit - 3))) & (RADIX - 1)
}

const VALUES_PER_BUCKET = 8
const MOST_BUCKETS = 1 << 18
/** Longer buckets are left to the digits. */
const INSERTION_UP_TO = 40

/**
 * The same by buckets between the least and the greatest value, each sorted by insertion; null where the values are
 * infinite or crowd in few places.
 */
const bucketOrder = (values: Numbers): Uint32Array | null => {
  const n = values.length
  let [min, max] = [values[0]!, values[0]!]
  for (let i = 1; i < n; i++) {
    if (values[i]! < min) min = values[i]!
    if (values[i]! > max) max = values[i]!
  }
  const buckets = Math.min(MOST_BUCKETS, Math.ceil(n / VALUES_PER_BUCKET))
  const scale = (buckets - 1) / (max - min)
  if (!(scale > 0) || !Number.isFinite(scale)) return null
  const ends = new Uint32Array(buckets)
  for (let i = 0; i < n; i++) ends[((values[i]! - min) * scale) | 0]!++
  let at = 0
  for (let bucket = 0; bucket < buckets; bucket++) {
    const count = ends[bucket]!
    if (count > INSERTION_UP_TO) return null
    ends[bucket] = at
    at += count
  }
  const order = new Uint32Array(n)
  const sorted = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const place = ends[((values[i]! - min) * scale) | 0]!++
    order[place] = i
    sorted[place] = values[i]!
  }
  let from = 0
  for (let bucket = 0; bucket < buckets; bucket++) {
    insertInOrder({ sorted, order }, from, ends[bucket]!)
    from = ends[bucket]!
  }
  return order
}

const insertInOrder = (
  { sorted, order }: { readonly sorted: Float64Array; readonly order: Uint32Array },
  from: number,
  to: number,
): void => {
  for (let i = from + 1; i < to; i++) {
    const [value, row] = [sorted[i]!, order[i]!]
    let j = i - 1
    for (; j >= from && sorted[j]! > value; j--) {
      sorted[j + 1] = sorted[j]!
      order[j + 1] = order[j]!
    }
    sorted[j + 1] = value
    order[j + 1] = row
  }
}
