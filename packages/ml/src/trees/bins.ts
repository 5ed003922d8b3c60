import type { EncodedTable, Feature } from '../data/features.ts'
import { MlError } from '../ml-error.ts'
import type { Random } from '../random/random.ts'

/** The bin of missing values, and of categories too rare for a bin of their own. */
export const missingBin = 255
/** Bins a feature occupies in a histogram, the missing one included. */
export const binSlots = 256

/** Rows that quantiles are taken from; more do not move 255 of them noticeably. */
const sampleSize = 100_000

/** Numeric bin `b` holds the values above `cuts[b - 1]` and up to `cuts[b]`. */
interface NumericBins {
  readonly kind: 'numeric'
  readonly binCount: number
  readonly cuts: Float64Array
}

/** Categorical bin `b` holds the category whose code is `codes[b]`. */
interface CategoricalBins {
  readonly kind: 'categorical'
  readonly binCount: number
  readonly codes: Int32Array
}

export type FeatureBins = NumericBins | CategoricalBins

/**
 * A table as bins, in the two layouts that growing a tree reads: four features a word and row by
 * row for histograms, feature by feature for partitions.
 */
export interface BinnedTable {
  readonly rowCount: number
  readonly features: readonly FeatureBins[]
  readonly columns: readonly Uint8Array[]
  readonly wordsPerRow: number
  readonly words: Uint32Array
}

/** Bins each column by its own quantiles (numeric) or frequencies (categorical). */
export const binTable = (
  table: EncodedTable,
  features: readonly Feature[],
  options: { readonly maxBins: number; readonly random: Random },
): BinnedTable => {
  const sample = sampleRows(table.rowCount, options.random)
  const bins: FeatureBins[] = []
  const columns = table.columns.map((values, index) => {
    const feature = features[index]!
    const fitted =
      feature.kind === 'numeric'
        ? numericBins(feature.name, values as Float32Array, sample, options.maxBins)
        : categoricalBins(values as Int32Array, feature.categories.length, options.maxBins)
    bins.push(fitted)
    return fitted.kind === 'numeric'
      ? binNumbers(values as Float32Array, fitted.cuts)
      : binCodes(values as Int32Array, fitted.codes)
  })
  const wordsPerRow = Math.ceil(columns.length / 4)
  const words = packWords(columns, table.rowCount, wordsPerRow)
  return { rowCount: table.rowCount, features: bins, columns, wordsPerRow, words }
}

/** All rows when there are few; otherwise a random sample with replacement. */
const sampleRows = (rowCount: number, random: Random): Int32Array | null =>
  rowCount <= sampleSize
    ? null
    : Int32Array.from({ length: sampleSize }, () => Math.floor(random() * rowCount))

const numericBins = (
  name: string,
  values: Float32Array,
  sample: Int32Array | null,
  maxBins: number,
): NumericBins => {
  const drawn = new Float32Array(sample?.length ?? values.length)
  if (sample) for (let i = 0; i < drawn.length; i++) drawn[i] = values[sample[i]!]!
  else drawn.set(values)
  const sorted = drawn.sort()
  let present = sorted.length
  while (present > 0 && Number.isNaN(sorted[present - 1]!)) present--
  if (present > 0 && !(Number.isFinite(sorted[0]!) && Number.isFinite(sorted[present - 1]!))) {
    throw new MlError(
      'invalid_input',
      `feature '${name}' holds an infinite value (or one beyond the range of float32)`,
      'replace it by a finite number, or by NaN if it stands for a missing one',
    )
  }
  const cuts = quantileCuts(sorted.subarray(0, present), maxBins)
  return { kind: 'numeric', binCount: cuts.length + 1, cuts }
}

/**
 * Cuts between distinct values so that bins hold about equally many rows. A value that is more
 * frequent than a fair share gets a bin of its own, and the rest share what is left.
 * Cuts are midpoints in float64 of neighbouring float32 values, so each cut separates them exactly.
 */
const quantileCuts = (sorted: Float32Array, maxBins: number): Float64Array => {
  const cuts: number[] = []
  const distinct = countDistinct(sorted)
  let rowsLeft = sorted.length
  let share = distinct <= maxBins ? 0 : rowsLeft / maxBins
  let inBin = 0
  let start = 0
  while (start < sorted.length) {
    const value = sorted[start]!
    let end = start + 1
    while (end < sorted.length && sorted[end] === value) end++
    inBin += end - start
    const nextEnd = share === 0 ? end : end + Math.max(1, runLength(sorted, end, Math.ceil(share)))
    const nextIsHeavy = share > 0 && nextEnd - end >= share
    if (end < sorted.length && cuts.length < maxBins - 1 && (inBin >= share || nextIsHeavy)) {
      cuts.push((value + sorted[end]!) / 2)
      rowsLeft -= inBin
      inBin = 0
      if (share > 0) share = rowsLeft / (maxBins - cuts.length)
    }
    start = end
  }
  return Float64Array.from(cuts)
}

const countDistinct = (sorted: Float32Array): number => {
  let count = sorted.length > 0 ? 1 : 0
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) count++
  return count
}

/** How often the value at `start` repeats, counted up to `limit`. */
const runLength = (sorted: Float32Array, start: number, limit: number): number => {
  const end = Math.min(sorted.length, start + limit)
  let i = start
  while (i < end && sorted[i] === sorted[start]) i++
  return i - start
}

const categoricalBins = (codes: Int32Array, size: number, maxBins: number): CategoricalBins => {
  const counts = new Float64Array(size)
  for (const code of codes) if (code >= 0) counts[code]!++
  const frequent = Array.from(counts.keys())
    .filter((code) => counts[code]! > 0)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, maxBins)
  return {
    kind: 'categorical',
    binCount: frequent.length,
    codes: Int32Array.from(frequent).sort(),
  }
}

const binCodes = (codes: Int32Array, binned: Int32Array): Uint8Array => {
  const binOf = new Map(Array.from(binned, (code, bin) => [code, bin]))
  const bins = new Uint8Array(codes.length)
  for (let row = 0; row < codes.length; row++) bins[row] = binOf.get(codes[row]!) ?? missingBin
  return bins
}

/**
 * The bin of each value. A grid of equal cells over the range of the cuts narrows the search:
 * a cell knows the bins at its two ends, and mostly they are the same or neighbours.
 */
const binNumbers = (values: Float32Array, cuts: Float64Array): Uint8Array => {
  const bins = new Uint8Array(values.length)
  const low = cuts[0] ?? 0
  const span = (cuts[cuts.length - 1] ?? 0) - low
  const cellCount = span > 0 && Number.isFinite(span) ? 2048 : 0
  const perUnit = cellCount / span
  const firstBin = new Uint8Array(cellCount + 2)
  for (const cut of cuts) {
    if (cellCount > 0) firstBin[Math.floor((cut - low) * perUnit) + 1]!++
  }
  for (let cell = 1; cell < firstBin.length; cell++) firstBin[cell]! += firstBin[cell - 1]!
  const top = cuts.length
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    let left = 0
    let right = top
    const cell = (value - low) * perUnit
    if (cell >= 0 && cell < cellCount) {
      left = firstBin[cell | 0]!
      right = firstBin[(cell | 0) + 1]!
    }
    while (left < right) {
      const middle = (left + right) >> 1
      if (value <= cuts[middle]!) right = middle
      else left = middle + 1
    }
    bins[row] = Number.isNaN(value) ? missingBin : left
  }
  return bins
}

const packWords = (
  columns: readonly Uint8Array[],
  rowCount: number,
  wordsPerRow: number,
): Uint32Array => {
  const words = new Uint32Array(rowCount * wordsPerRow)
  const none = new Uint8Array(rowCount)
  for (let word = 0; word < wordsPerRow; word++) {
    const [a, b, c, d] = [0, 1, 2, 3].map((i) => columns[word * 4 + i] ?? none)
    for (let row = 0, at = word; row < rowCount; row++, at += wordsPerRow) {
      words[at] = a![row]! | (b![row]! << 8) | (c![row]! << 16) | (d![row]! << 24)
    }
  }
  return words
}
