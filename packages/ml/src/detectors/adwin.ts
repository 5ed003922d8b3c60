import type { OnlineDetector, Signal } from './detector.ts'

export interface AdwinOptions {
  /** Bound of false alarms; 0.002 by default. */
  readonly delta?: number
  /** Values between two looks for a cut; 32 by default. */
  readonly clock?: number
  /** Buckets of one size before two are joined; 5 by default. */
  readonly maxBuckets?: number
  /** Values at least on both sides of a cut; 5 by default. */
  readonly minWindowLength?: number
  /** No cut in windows up to this size; 10 by default. */
  readonly gracePeriod?: number
}

/** Sums and variations of the buckets of one size, oldest first; row i holds 2^i values a bucket. */
interface BucketRow {
  readonly sums: number[]
  readonly variations: number[]
}

export interface AdwinState {
  ticks: number
  width: number
  total: number
  /** Sum of squared deviations of the window. */
  variation: number
  rows: BucketRow[]
  hasDrifted: boolean
}

const fresh = (): AdwinState => ({
  hasDrifted: false,
  ticks: 0,
  width: 0,
  total: 0,
  variation: 0,
  rows: [{ sums: [], variations: [] }],
})

export interface Adwin extends OnlineDetector<AdwinState> {
  readonly width: number
  readonly mean: number
}

/**
 * ADWIN2 (Bifet and Gavaldà 2007): a window that drops its older part as soon as its mean differs from that
 * of the newer one. Memory grows with the logarithm of the window, which starts afresh after a drift.
 */
export const adwin = (options: AdwinOptions = {}, state: AdwinState = fresh()): Adwin => {
  const { delta = 0.002, clock = 32, maxBuckets = 5 } = options
  const { minWindowLength = 5, gracePeriod = 10 } = options
  const s = structuredClone(state)
  const rule = { delta, minWindowLength }
  return {
    name: 'adwin',
    update: (value): Signal => {
      if (!Number.isFinite(value)) return 'stable'
      if (s.hasDrifted) Object.assign(s, fresh())
      insert(s, value, maxBuckets)
      s.ticks++
      if (s.ticks % clock !== 0 || s.width <= gracePeriod) return 'stable'
      s.hasDrifted = shrink(s, rule)
      return s.hasDrifted ? 'drift' : 'stable'
    },
    snapshot: () => structuredClone(s),
    get width() {
      return s.width
    },
    get mean() {
      return s.width > 0 ? s.total / s.width : 0
    },
  }
}

const insert = (s: AdwinState, value: number, maxBuckets: number): void => {
  if (s.width > 0) {
    const deviation = value - s.total / s.width
    s.variation += (s.width * deviation * deviation) / (s.width + 1)
  }
  s.width++
  s.total += value
  s.rows[0]!.sums.push(value)
  s.rows[0]!.variations.push(0)
  let size = 1
  for (let i = 0; i < s.rows.length; i++, size *= 2) {
    const row = s.rows[i]!
    if (row.sums.length <= maxBuckets) return
    if (i + 1 === s.rows.length) s.rows.push({ sums: [], variations: [] })
    const sumA = row.sums.shift()!
    const sumB = row.sums.shift()!
    const variationA = row.variations.shift()!
    const variationB = row.variations.shift()!
    const gap = (sumA - sumB) / size
    s.rows[i + 1]!.sums.push(sumA + sumB)
    s.rows[i + 1]!.variations.push(variationA + variationB + (size * gap * gap) / 2)
  }
}

interface CutRule {
  readonly delta: number
  readonly minWindowLength: number
}

/** Drops the oldest bucket as long as some cut of the window is significant. */
const shrink = (s: AdwinState, rule: CutRule): boolean => {
  let hasCut = false
  while (hasSignificantCut(s, rule)) {
    hasCut = true
    dropOldest(s)
  }
  return hasCut
}

const hasSignificantCut = (s: AdwinState, { delta, minWindowLength }: CutRule): boolean => {
  const spread = s.width > 0 ? s.variation / s.width : 0
  const log = Math.log((2 * Math.log(s.width)) / delta)
  let n0 = 0
  let sum0 = 0
  let size = 2 ** (s.rows.length - 1)
  for (let i = s.rows.length - 1; i >= 0; i--, size /= 2) {
    const { sums } = s.rows[i]!
    for (let k = 0; k < sums.length; k++) {
      n0 += size
      sum0 += sums[k]!
      const n1 = s.width - n0
      if (n1 < minWindowLength) return false
      if (n0 < minWindowLength) continue
      const m = 1 / (n0 - minWindowLength + 1) + 1 / (n1 - minWindowLength + 1)
      const bound = Math.sqrt(2 * m * spread * log) + (2 / 3) * log * m
      if (Math.abs(sum0 / n0 - (s.total - sum0) / n1) > bound) return true
    }
  }
  return false
}

const dropOldest = (s: AdwinState): void => {
  const last = s.rows.length - 1
  const row = s.rows[last]!
  const size = 2 ** last
  const [sum, variation] = [row.sums.shift()!, row.variations.shift()!]
  s.width -= size
  s.total -= sum
  const gap = sum / size - (s.width > 0 ? s.total / s.width : 0)
  s.variation = Math.max(
    0,
    s.variation - variation - (size * s.width * gap * gap) / (size + s.width),
  )
  if (row.sums.length === 0 && last > 0) s.rows.pop()
}
