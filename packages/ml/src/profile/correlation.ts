import { MlError } from '../ml-error.ts'
import { meanOf } from '../numeric/mean.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { ascendingOrder } from '../numeric/order.ts'
import { midranks } from '../numeric/ranks.ts'
import { insufficient, type Outcome } from '../outcome.ts'

/** Correlation coefficients, each between -1 and 1. */
export interface Correlations {
  readonly rows: number
  readonly pearson: number
  /** Pearson's of the mean ranks. */
  readonly spearman: number
  /** Kendall's tau-b. */
  readonly kendallTauB: number
}

/**
 * Correlations of two columns over the rows in which both are finite. Pearson 1895, Spearman 1904, Kendall 1945 by
 * Knight 1966.
 * @throws MlError when lengths differ.
 */
export const correlations = (x: Numbers, y: Numbers): Outcome<Correlations> => {
  const pair = presentPair(x, y)
  if ('status' in pair) return pair
  return { status: 'ok', ...coefficients(pair), kendallTauB: kendallTauB(pair.a, pair.b) }
}

/** The same without Kendall's coefficient, which takes the most time. @throws MlError when lengths differ. */
export const pearsonAndSpearman = (
  x: Numbers,
  y: Numbers,
): Outcome<Omit<Correlations, 'kendallTauB'>> => {
  const pair = presentPair(x, y)
  return 'status' in pair ? pair : { status: 'ok', ...coefficients(pair) }
}

interface Pair {
  readonly a: Float64Array
  readonly b: Float64Array
}

const coefficients = ({ a, b }: Pair) => ({
  rows: a.length,
  pearson: pearson(a, b),
  spearman: pearson(midranks(a), midranks(b)),
})

/** The rows in which both columns are finite, where there are enough of them and neither is constant. */
const presentPair = (x: Numbers, y: Numbers) => {
  if (x.length !== y.length) {
    throw new MlError(
      'invalid_input',
      `the columns have ${x.length} and ${y.length} rows`,
      'pass columns of one table',
    )
  }
  const rows = Array.from(x.keys()).filter((i) => Number.isFinite(x[i]) && Number.isFinite(y[i]))
  const a = Float64Array.from(rows, (i) => x[i]!)
  const b = Float64Array.from(rows, (i) => y[i]!)
  if (rows.length < 2) return insufficient('correlation', 'rows', { have: rows.length, need: 2 })
  if (isConstant(a) || isConstant(b)) {
    return insufficient('correlation', 'distinct values', { have: 1, need: 2 })
  }
  return { a, b }
}

const isConstant = (values: Float64Array): boolean => values.every((value) => value === values[0])

/** Pearson's coefficient of finite values, in two passes. */
const pearson = (x: Float64Array, y: Float64Array): number => {
  const [dx, dy] = [deviations(x), deviations(y)]
  let [xx, yy, xy] = [0, 0, 0]
  for (let i = 0; i < dx.length; i++) {
    xx += dx[i]! * dx[i]!
    yy += dy[i]! * dy[i]!
    xy += dx[i]! * dy[i]!
  }
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)))
}

/** Deviations from the mean, in a unit in which their squares are neither 0 nor infinite. */
const deviations = (values: Float64Array): Float64Array => {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const unit = largest > 1e-70 && largest < 1e70 ? 1 : largest
  const scaled = unit === 1 ? values : values.map((value) => value / unit)
  const mean = meanOf(scaled)
  return scaled.map((value) => value - mean)
}

/** Kendall's tau-b in O(n log n): discordant pairs are the swaps of a merge sort (Knight 1966). */
const kendallTauB = (x: Float64Array, y: Float64Array): number => {
  const n = x.length
  const byY = ascendingOrder(y)
  const byXthenY = ascendingOrder(Float64Array.from(byY, (i) => x[i]!)).map((i) => byY[i]!)
  const [xs, ys] = [byXthenY, byXthenY].map((order, k) =>
    Float64Array.from(order, (i) => (k === 0 ? x[i]! : y[i]!)),
  ) as [Float64Array, Float64Array]
  const pairs = (n * (n - 1)) / 2
  const tiedX = tiedPairs(n, (i) => xs[i] === xs[i - 1])
  const tiedBoth = tiedPairs(n, (i) => xs[i] === xs[i - 1] && ys[i] === ys[i - 1])
  const swaps = sortCountingSwaps(ys)
  const tiedY = tiedPairs(n, (i) => ys[i] === ys[i - 1])
  const difference = pairs - tiedX - tiedY + tiedBoth - 2 * swaps
  return difference / Math.sqrt(pairs - tiedX) / Math.sqrt(pairs - tiedY)
}

/** Pairs within runs of equal neighbours. */
const tiedPairs = (n: number, isTied: (i: number) => boolean): number => {
  let [sum, run] = [0, 0]
  for (let i = 1; i < n; i++) {
    run = isTied(i) ? run + 1 : 0
    sum += run
  }
  return sum
}

const sortCountingSwaps = (values: Float64Array): number => {
  const spare = new Float64Array(values.length)
  let swaps = 0
  for (let size = 1; size < values.length; size *= 2) {
    for (let start = 0; start < values.length; start += 2 * size) {
      const middle = Math.min(start + size, values.length)
      const end = Math.min(start + 2 * size, values.length)
      let [i, j] = [start, middle]
      for (let k = start; k < end; k++) {
        if (j >= end || (i < middle && values[i]! <= values[j]!)) spare[k] = values[i++]!
        else {
          spare[k] = values[j++]!
          swaps += middle - i
        }
      }
    }
    values.set(spare)
  }
  return swaps
}
