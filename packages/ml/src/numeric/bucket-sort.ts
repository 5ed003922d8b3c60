import { radixSort } from './radix-sort.ts'

/** Values a bucket, were they spread evenly; more, and smaller, buckets miss the cache. */
const VALUES_PER_BUCKET = 8
const MOST_BUCKET_BITS = 18
/** Longer buckets are sorted by the engine, and those beyond `ENGINE_UP_TO` by digits. */
const INSERTION_UP_TO = 48
const ENGINE_UP_TO = 1024

interface Spread {
  readonly min: number
  /** Buckets a unit. */
  readonly scale: number
  readonly buckets: number
}

/**
 * Sorts finite numbers in place: each goes to the bucket of its place between the least and the greatest, buckets
 * are sorted by insertion. Answers false, with the values as they were, where buckets would not part them: infinite
 * values or ranges, most values in long buckets, or a -0, which buckets cannot tell from 0.
 */
export const bucketSort = (values: Float64Array): boolean => {
  const spread = spreadOf(values)
  if (!spread) return false
  const ends = bucketStarts(values, spread)
  if (!ends) return false
  const parted = part(values, spread, ends)
  let from = 0
  for (const to of ends) {
    if (to - from <= INSERTION_UP_TO) insertionSort(parted, from, to)
    else sortLong(parted.subarray(from, to))
    from = to
  }
  values.set(parted)
  return true
}

const spreadOf = (values: Float64Array): Spread | null => {
  let [min, max] = [values[0]!, values[0]!]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value < min) min = value
    else if (value > max) max = value
    else if (value === 0 && Object.is(value, -0)) return null
  }
  const isNegativeZero = Object.is(min, -0) || Object.is(max, -0)
  const bits = Math.round(Math.log2(values.length / VALUES_PER_BUCKET))
  const buckets = 1 << Math.max(1, Math.min(MOST_BUCKET_BITS, bits))
  const scale = (buckets - 1) / (max - min)
  return scale > 0 && scale < Number.POSITIVE_INFINITY && !isNegativeZero
    ? { min, scale, buckets }
    : null
}

/** Where each bucket begins; null when long ones hold more than half of the values. */
const bucketStarts = (
  values: Float64Array,
  { min, scale, buckets }: Spread,
): Uint32Array | null => {
  const starts = new Uint32Array(buckets)
  for (let i = 0; i < values.length; i++) starts[((values[i]! - min) * scale) | 0]!++
  let [at, inLong] = [0, 0]
  for (let bucket = 0; bucket < buckets; bucket++) {
    const count = starts[bucket]!
    starts[bucket] = at
    at += count
    if (count > INSERTION_UP_TO) inLong += count
  }
  return 2 * inLong > values.length ? null : starts
}

/** The values by bucket; starts become ends. */
const part = (values: Float64Array, { min, scale }: Spread, starts: Uint32Array): Float64Array => {
  const parted = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    parted[starts[((value - min) * scale) | 0]!++] = value
  }
  return parted
}

const insertionSort = (values: Float64Array, from: number, to: number): void => {
  for (let i = from + 1; i < to; i++) {
    const value = values[i]!
    let j = i - 1
    for (; j >= from && values[j]! > value; j--) values[j + 1] = values[j]!
    values[j + 1] = value
  }
}

const sortLong = (bucket: Float64Array): void => {
  if (bucket.length <= ENGINE_UP_TO) bucket.sort()
  else radixSort(bucket)
}
