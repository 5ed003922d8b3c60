import type { Numbers } from '../numeric/numbers.ts'
import {
  type PairedBuckets,
  pairedBuckets,
  placeSums,
  placesIn,
} from '../numeric/paired-buckets.ts'

/**
 * Distances of two empirical distribution functions F (reference) and G (current), exact, without sorting the samples: they are
 * counted over narrow buckets, and only buckets inside which the answer is not settled by their counts are sorted.
 */

/** Below this many values of both samples sorting them is as fast. */
const WORTH_BUCKETS = 1 << 15

/** Largest gaps n m (F - G) and n m (G - F), whole numbers. */
export interface LargestGaps {
  readonly above: number
  readonly below: number
}

/** Null where sorting is the better way: few values, or values at one place. */
export const largestGapsOf = (
  reference: Numbers,
  current: Numbers,
): (LargestGaps & Pick<PairedBuckets, 'sizes'>) | null => {
  const buckets = bucketsOf(reference, current)
  if (!buckets) return null
  const { grid, sizes } = buckets
  const edges = gapsAtEdges(buckets)
  if (grid.isWhole) return { ...edges, sizes }
  const marked = openBuckets(buckets, edges)
  const gaps = gapsInside(buckets, edges, {
    marked,
    reference: placesIn(reference, grid, marked),
    current: placesIn(current, grid, marked),
  })
  return { ...gaps, sizes }
}

/** The area between F and G, and the standard deviation of the reference (divisor n), in the unit of the values. */
export interface AreaBetween {
  readonly area: number
  readonly deviation: number
  readonly sizes: PairedBuckets['sizes']
}

/** Null as for `largestGapsOf`. */
export const areaBetweenDistributions = (
  reference: Numbers,
  current: Numbers,
): AreaBetween | null => {
  const buckets = bucketsOf(reference, current)
  if (!buckets) return null
  const { grid, sizes } = buckets
  if (grid.isWhole) {
    return { area: wholeArea(buckets), deviation: wholeDeviation(buckets), sizes }
  }
  const marked = crossedBuckets(buckets)
  const inside = {
    marked,
    reference: placesIn(reference, grid, marked),
    current: placesIn(current, grid, marked),
  }
  const [before, after] = [
    placeSums(reference, grid, sizes[0]),
    placeSums(current, grid, sizes[1]),
  ] as const
  const settled = settledArea(buckets, marked, [before.toUpperEnd, after.toUpperEnd])
  return {
    area: (settled + areaInside(buckets, inside)) / grid.scale,
    deviation: before.deviation / grid.scale,
    sizes,
  }
}

/** Buckets that need a closer look, and the places of the values in them. */
interface Inside {
  readonly marked: Uint8Array
  readonly reference: Float64Array
  readonly current: Float64Array
}

const bucketsOf = (reference: Numbers, current: Numbers): PairedBuckets | null =>
  reference.length + current.length < WORTH_BUCKETS ? null : pairedBuckets(reference, current)

const gapsAtEdges = ({ sizes: [n, m], reference, current }: PairedBuckets): LargestGaps => {
  let [i, j, above, below] = [0, 0, 0, 0]
  for (let k = 0; k < reference.length; k++) {
    i += reference[k]!
    j += current[k]!
    const gap = i * m - j * n
    if (gap > above) above = gap
    else if (-gap > below) below = -gap
  }
  return { above, below }
}

/** Buckets in which a gap could exceed those at the edges. */
const openBuckets = (
  { sizes: [n, m], reference, current }: PairedBuckets,
  { above, below }: LargestGaps,
): Uint8Array => {
  const marked = new Uint8Array(reference.length)
  let gap = 0
  for (let k = 0; k < reference.length; k++) {
    const [rise, fall] = [reference[k]! * m, current[k]! * n]
    if (gap + rise > above || fall - gap > below) marked[k] = 1
    gap += rise - fall
  }
  return marked
}

const gapsInside = (
  { sizes: [n, m], ...counts }: PairedBuckets,
  edges: LargestGaps,
  { marked, reference, current }: Inside,
): LargestGaps => {
  let { above, below } = edges
  let [gap, i, j] = [0, 0, 0]
  for (let k = 0; k < marked.length; k++) {
    const [rises, falls] = [counts.reference[k]!, counts.current[k]!]
    if (marked[k] === 1) {
      let inner = gap
      const [iEnd, jEnd] = [i + rises, j + falls]
      while (i < iEnd || j < jEnd) {
        const next =
          i < iEnd && (j >= jEnd || reference[i]! <= current[j]!) ? reference[i]! : current[j]!
        while (i < iEnd && reference[i] === next) {
          inner += m
          i++
        }
        while (j < jEnd && current[j] === next) {
          inner -= n
          j++
        }
        if (inner > above) above = inner
        else if (-inner > below) below = -inner
      }
    }
    gap += rises * m - falls * n
  }
  return { above, below }
}

/** A value a bucket, at its lower end: the gap behind it reaches to the next. */
const wholeArea = ({ sizes: [n, m], reference, current }: PairedBuckets): number => {
  let [gap, area] = [0, 0]
  for (let k = 1; k < reference.length - 2; k++) {
    gap += reference[k]! * m - current[k]! * n
    area += Math.abs(gap)
  }
  return area / (n * m)
}

const wholeDeviation = ({ sizes: [n], reference }: PairedBuckets): number => {
  let sum = 0
  for (let k = 0; k < reference.length; k++) sum += reference[k]! * k
  const mean = sum / n
  let squares = 0
  for (let k = 0; k < reference.length; k++) squares += reference[k]! * (k - mean) ** 2
  return Math.sqrt(squares / n)
}

/** Buckets in which F - G could change its sign, and the outer ones. */
const crossedBuckets = ({ sizes: [n, m], reference, current }: PairedBuckets): Uint8Array => {
  const marked = new Uint8Array(reference.length)
  let gap = 0
  for (let k = 0; k < reference.length; k++) {
    const [rise, fall] = [reference[k]! * m, current[k]! * n]
    const isCrossed = gap - fall < 0 && gap + rise > 0
    if ((isCrossed && rise + fall > 0) || k === 0 || k === reference.length - 1) marked[k] = 1
    gap += rise - fall
  }
  return marked
}

/** The area of the buckets that are not marked, in widths of a bucket: there the integral has one sign. */
const settledArea = (
  { sizes: [n, m], reference, current }: PairedBuckets,
  marked: Uint8Array,
  [below, under]: readonly [Float64Array, Float64Array],
): number => {
  let [gap, area] = [0, 0]
  for (let k = 0; k < reference.length; k++) {
    if (marked[k] === 0) area += Math.abs(gap / (n * m) + below[k]! / n - under[k]! / m)
    gap += reference[k]! * m - current[k]! * n
  }
  return area
}

/** The area of the marked buckets, value by value. */
const areaInside = (
  { sizes: [n, m], ends: [first, last], grid, ...counts }: PairedBuckets,
  { marked, reference, current }: Inside,
): number => {
  let [gap, area, i, j] = [0, 0, 0, 0]
  const upper = (k: number) => (k === marked.length - 1 ? Math.max(last, grid.buckets) : k)
  for (let k = 0; k < marked.length; k++) {
    const [rises, falls] = [counts.reference[k]!, counts.current[k]!]
    if (marked[k] === 1) {
      const [iEnd, jEnd] = [i + rises, j + falls]
      let [inner, position] = [gap, k === 0 ? Math.min(first, 0) : k - 1]
      while (i < iEnd || j < jEnd) {
        const isReference = i < iEnd && (j >= jEnd || reference[i]! <= current[j]!)
        const next = isReference ? reference[i]! : current[j]!
        area += Math.abs(inner) * (next - position)
        position = next
        if (isReference) {
          inner += m
          i++
        } else {
          inner -= n
          j++
        }
      }
      area += Math.abs(inner) * (upper(k) - position)
    }
    gap += rises * m - falls * n
  }
  return area / (n * m)
}
