import type { Numbers } from './numbers.ts'
import { sortInPlace } from './sort.ts'

/** Values a bucket on average, of both samples together. */
const VALUES_PER_BUCKET = 48
const MOST_BUCKETS = 1 << 16
/** Whole numbers over no wider a range get a bucket each. */
const WIDEST_WHOLE_RANGE = 1 << 17
/** Values looked at to find where most of them lie. */
const PROBES = 1024

/**
 * The line cut into buckets: `buckets` of equal width from `origin` on, one before them and one behind. The place of a
 * value is (value - origin) * scale, so that bucket k + 1 holds the places [k, k + 1).
 */
export interface Grid {
  readonly origin: number
  readonly scale: number
  readonly buckets: number
  /** Whether every value is a whole place: then a bucket holds one value, at its lower end. */
  readonly isWhole: boolean
}

interface Range {
  readonly count: number
  readonly min: number
  readonly max: number
  readonly isWhole: boolean
}

/** Both samples over one grid. */
export interface PairedBuckets {
  readonly grid: Grid
  /** Finite values of each sample. */
  readonly sizes: readonly [reference: number, current: number]
  /** Least and greatest place of both samples. */
  readonly ends: readonly [first: number, last: number]
  readonly reference: Uint32Array
  readonly current: Uint32Array
}

/** Counts the finite values of two samples by bucket; null where they do not spread over several places. */
export const pairedBuckets = (reference: Numbers, current: Numbers): PairedBuckets | null => {
  const [a, b] = [rangeOf(reference), rangeOf(current)]
  const [min, max] = [Math.min(a.min, b.min), Math.max(a.max, b.max)]
  if (a.count === 0 || b.count === 0 || !(max > min)) return null
  const isWhole = a.isWhole && b.isWhole && max - min < WIDEST_WHOLE_RANGE
  const grid = isWhole
    ? { origin: min, scale: 1, buckets: max - min + 1, isWhole }
    : spreadGrid([reference, current], [min, max], a.count + b.count)
  if (!Number.isFinite(grid.scale) || !(grid.scale > 0)) return null
  return {
    grid,
    sizes: [a.count, b.count],
    ends: [(min - grid.origin) * grid.scale, (max - grid.origin) * grid.scale],
    reference: countByBucket(reference, grid),
    current: countByBucket(current, grid),
  }
}

const rangeOf = (values: Numbers): Range => {
  let [count, fractions] = [0, 0]
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value - value !== 0) continue
    count++
    if (value < min) min = value
    if (value > max) max = value
    if (fractions === 0 && value !== Math.floor(value)) fractions++
  }
  return { count, min, max, isWhole: fractions === 0 }
}

/** Equal buckets where most values lie; what is far out goes to the ends. */
const spreadGrid = (
  samples: readonly Numbers[],
  [min, max]: readonly [number, number],
  total: number,
): Grid => {
  const probes: number[] = []
  for (const sample of samples) {
    const step = Math.max(1, Math.floor(sample.length / (PROBES / 2)))
    for (let i = 0; i < sample.length; i += step) {
      if (Number.isFinite(sample[i])) probes.push(sample[i]!)
    }
  }
  probes.sort((x, y) => x - y)
  const at = (share: number) => probes[Math.floor(share * (probes.length - 1))] ?? min
  const margin = (at(0.995) - at(0.005)) / 2
  const low = Math.max(min, at(0.005) - margin)
  const high = Math.min(max, at(0.995) + margin)
  const bits = Math.round(Math.log2(total / VALUES_PER_BUCKET))
  const buckets = Math.min(MOST_BUCKETS, 1 << Math.max(4, bits))
  return { origin: low, scale: buckets / (high - low), buckets, isWhole: false }
}

const countByBucket = (values: Numbers, { origin, scale, buckets }: Grid): Uint32Array => {
  const counts = new Uint32Array(buckets + 2)
  for (let i = 0; i < values.length; i++) {
    const place = (values[i]! - origin) * scale
    if (place >= 0 && place < buckets) counts[(place | 0) + 1]!++
    else if (place - place === 0) counts[place < 0 ? 0 : buckets + 1]!++
  }
  return counts
}

/** How far places lie below the upper end of their bucket, summed by bucket, and their standard deviation (divisor n). */
export interface PlaceSums {
  /** The outer buckets stay 0. */
  readonly toUpperEnd: Float64Array
  readonly deviation: number
}

/** One pass over the finite values; deviations are taken from the middle of the grid, near their mean. */
export const placeSums = (
  values: Numbers,
  { origin, scale, buckets }: Grid,
  count: number,
): PlaceSums => {
  const toUpperEnd = new Float64Array(buckets + 2)
  const middle = buckets / 2
  let [sum, squares] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    const place = (values[i]! - origin) * scale
    const off = place - middle
    if (place >= 0 && place < buckets) {
      const k = (place | 0) + 1
      toUpperEnd[k] = toUpperEnd[k]! + (k - place)
    } else if (off - off !== 0) continue
    sum += off
    squares += off * off
  }
  return { toUpperEnd, deviation: Math.sqrt(Math.max(0, squares - (sum * sum) / count) / count) }
}

/** The places of all finite values in marked buckets, ascending. */
export const placesIn = (
  values: Numbers,
  { origin, scale, buckets }: Grid,
  marked: Uint8Array,
): Float64Array => {
  let found = new Float64Array(1024)
  let count = 0
  for (let i = 0; i < values.length; i++) {
    const place = (values[i]! - origin) * scale
    if (place - place !== 0) continue
    const k = place < 0 ? 0 : place >= buckets ? buckets + 1 : (place | 0) + 1
    if (marked[k] === 0) continue
    if (count === found.length) {
      const wider = new Float64Array(2 * count)
      wider.set(found)
      found = wider
    }
    found[count++] = place
  }
  return sortInPlace(found.slice(0, count))
}
