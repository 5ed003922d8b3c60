import type { Numbers } from '../numeric/numbers.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { sortedFinite } from '../numeric/sort.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { checkBinary, checkProbabilities, checkRows } from './rows.ts'

/** Cells of equal width over [0, 1], or with equally many rows. */
export type CalibrationStrategy = 'uniform' | 'quantile'

/** Cells that hold rows, ascending by score. */
export interface CalibrationCurve {
  readonly fractionPositive: Float64Array
  readonly meanPredicted: Float64Array
  readonly counts: Float64Array
}

/**
 * Observed share of positives against the mean score, by cells of the score. DeGroot and Fienberg 1983.
 * @throws MlError for a score outside 0 to 1.
 */
export const calibrationCurve = (
  label: Numbers,
  score: Numbers,
  { bins = 10, strategy = 'uniform' }: { bins?: number; strategy?: CalibrationStrategy } = {},
): Outcome<CalibrationCurve> => {
  const rows = checkRows({ label, score })
  checkBinary(label)
  checkProbabilities(score)
  if (rows === 0) return insufficient('calibration-curve', 'rows', { have: 0, need: 1 })
  const inner = innerEdges(score, bins, strategy)
  const cellOf = (s: number) => firstAtLeast(inner, s)
  return { status: 'ok', ...cellMeans(label, score, { bins, cellOf }) }
}

export interface CalibrationError {
  /** Expected calibration error: mean gap of cells, weighted by their rows. */
  readonly ece: number
  /** The largest gap of a cell. */
  readonly mce: number
  readonly bins: number
  readonly rows: number
}

/**
 * Calibration error in cells of equal width (Guo et al. 2017), the last closed at 1.
 * @throws MlError for a score outside 0 to 1.
 */
export const calibrationError = (
  label: Numbers,
  score: Numbers,
  bins = 10,
): Outcome<CalibrationError> => {
  const rows = checkRows({ label, score })
  checkBinary(label)
  checkProbabilities(score)
  if (rows === 0) return insufficient('calibration-error', 'rows', { have: 0, need: 1 })
  const cellOf = (s: number) => Math.max(0, Math.min(Math.floor(bins * s), bins - 1))
  const { fractionPositive, meanPredicted, counts } = cellMeans(label, score, { bins, cellOf })
  let [ece, mce] = [0, 0]
  counts.forEach((count, i) => {
    const gap = Math.abs(fractionPositive[i]! - meanPredicted[i]!)
    ece += (count / rows) * gap
    mce = Math.max(mce, gap)
  })
  return { status: 'ok', ece, mce, bins, rows }
}

const innerEdges = (score: Numbers, bins: number, strategy: CalibrationStrategy): Float64Array => {
  const shares = Array.from({ length: bins - 1 }, (_, i) => (i + 1) * (1 / bins))
  if (strategy === 'uniform') return Float64Array.from(shares)
  const sorted = sortedFinite(score)
  // By way of per cent, as the reference has it: an edge on a score must fall on the same side of it.
  return Float64Array.from(shares, (share) => quantileOfSorted(sorted, (share * 100) / 100))
}

const cellMeans = (
  label: Numbers,
  score: Numbers,
  { bins, cellOf }: { readonly bins: number; readonly cellOf: (score: number) => number },
): CalibrationCurve => {
  const counts = new Float64Array(bins)
  const positives = new Float64Array(bins)
  const sums = new Float64Array(bins)
  for (let i = 0; i < label.length; i++) {
    const cell = cellOf(score[i]!)
    counts[cell]!++
    positives[cell]! += label[i]!
    sums[cell]! += score[i]!
  }
  const occupied = Array.from(counts.keys()).filter((cell) => counts[cell]! > 0)
  return {
    fractionPositive: Float64Array.from(occupied, (cell) => positives[cell]! / counts[cell]!),
    meanPredicted: Float64Array.from(occupied, (cell) => sums[cell]! / counts[cell]!),
    counts: Float64Array.from(occupied, (cell) => counts[cell]!),
  }
}

/** The number of edges below a value. */
const firstAtLeast = (edges: Float64Array, value: number): number => {
  let [low, high] = [0, edges.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (edges[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
