import { type BinnedTable, binSlots } from './bins.ts'
import type { LaneScale, Lanes } from './fixed-point.ts'

/**
 * Sums over the rows of a node by feature and bin: slot `(feature * 256 + bin) * lanes`.
 * Features fill up to whole words of four.
 */
export type Histogram = Float64Array

/** An empty histogram for a table. */
export const createHistogram = (table: BinnedTable, lanes: Lanes): Histogram =>
  new Float64Array(table.wordsPerRow * 4 * binSlots * lanes.count)

/** Fills a histogram from `rows[start..end)`. */
export const buildHistogram = (
  histogram: Histogram,
  table: BinnedTable,
  lanes: Lanes,
  node: { readonly rows: Int32Array; readonly start: number; readonly end: number },
): void => {
  histogram.fill(0)
  const { words, wordsPerRow } = table
  const rows = node.rows.subarray(node.start, node.end)
  if (lanes.count === 1) addOneLane(histogram, words, wordsPerRow, rows, lanes.first)
  else addTwoLanes(histogram, words, wordsPerRow, rows, lanes.first, lanes.second)
}

/** Turns the histogram of a parent into that of one child, given the other child's. */
export const subtractHistogram = (parent: Histogram, child: Histogram): void => {
  for (let i = 0; i < parent.length; i++) parent[i]! -= child[i]!
}

const addOneLane = (
  histogram: Histogram,
  words: Uint32Array,
  wordsPerRow: number,
  rows: Int32Array,
  lane: Float64Array,
): void => {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const value = lane[row]!
    const from = row * wordsPerRow
    for (let w = 0, base = 0; w < wordsPerRow; w++, base += 1024) {
      const word = words[from + w]!
      histogram[base + (word & 255)]! += value
      histogram[base + 256 + ((word >>> 8) & 255)]! += value
      histogram[base + 512 + ((word >>> 16) & 255)]! += value
      histogram[base + 768 + (word >>> 24)]! += value
    }
  }
}

const addTwoLanes = (
  histogram: Histogram,
  words: Uint32Array,
  wordsPerRow: number,
  rows: Int32Array,
  first: Float64Array,
  second: Float64Array,
): void => {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const a = first[row]!
    const b = second[row]!
    const from = row * wordsPerRow
    for (let w = 0, base = 0; w < wordsPerRow; w++, base += 2048) {
      const word = words[from + w]!
      let slot = base + ((word & 255) << 1)
      histogram[slot]! += a
      histogram[slot + 1]! += b
      slot = base + 512 + ((word >>> 7) & 510)
      histogram[slot]! += a
      histogram[slot + 1]! += b
      slot = base + 1024 + ((word >>> 15) & 510)
      histogram[slot]! += a
      histogram[slot + 1]! += b
      slot = base + 1536 + ((word >>> 23) & 510)
      histogram[slot]! += a
      histogram[slot + 1]! += b
    }
  }
}

/** One feature's sums by bin, unpacked from the lanes. */
export interface BinSums {
  readonly gradient: Float64Array
  readonly hessian: Float64Array
  readonly count: Float64Array
}

/** Room for one feature's sums. */
export const createBinSums = (): BinSums => ({
  gradient: new Float64Array(binSlots),
  hessian: new Float64Array(binSlots),
  count: new Float64Array(binSlots),
})

/** Reads bins `from..to` of one feature. */
export const readBins = (
  sums: BinSums,
  histogram: Histogram,
  at: { readonly feature: number; readonly from: number; readonly to: number },
  reading: { readonly lanes: 1 | 2; readonly scale: LaneScale },
): void => {
  const { gradient, hessian, count } = sums
  const { countUnit, gradientUnit, hessianUnit } = reading.scale
  const perCountUnit = 1 / countUnit
  const base = at.feature * binSlots
  for (let bin = at.from; bin < at.to; bin++) {
    if (reading.lanes === 1) {
      const packed = histogram[base + bin]!
      const units = Math.floor(packed * perCountUnit)
      const rows = packed - units * countUnit
      gradient[bin] = units * gradientUnit
      hessian[bin] = rows
      count[bin] = rows
    } else {
      const packed = histogram[(base + bin) * 2 + 1]!
      const units = Math.floor(packed * perCountUnit)
      gradient[bin] = histogram[(base + bin) * 2]! * gradientUnit
      hessian[bin] = units * hessianUnit
      count[bin] = packed - units * countUnit
    }
  }
}
