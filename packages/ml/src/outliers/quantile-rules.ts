import type { Numbers } from '../numeric/numbers.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { sortedFinite } from '../numeric/sort.ts'
import { insufficient, type Outcome } from '../outcome.ts'

/** Values outside are outliers. */
export interface OutlierFences {
  readonly method: 'tukey' | 'median-deviation'
  readonly lower: number
  readonly upper: number
  readonly rows: number
}

const NEEDED = 4

/** Tukey's fences (1977): `reach` interquartile ranges beyond the quartiles. */
export const tukeyFences = (values: Numbers, reach = 1.5): Outcome<OutlierFences> => {
  const sorted = sortedFinite(values)
  const rows = sorted.length
  if (rows < NEEDED) return insufficient('tukey', 'values', { have: rows, need: NEEDED })
  const [low, high] = [quantileOfSorted(sorted, 0.25), quantileOfSorted(sorted, 0.75)]
  const spread = reach * (high - low)
  return { status: 'ok', method: 'tukey', lower: low - spread, upper: high + spread, rows }
}

/** Makes the median absolute deviation comparable with a standard deviation of normal values. */
const NORMAL_CONSISTENCY = 1.482602218505602

/** Fences `reach` robust standard deviations around the median (Hampel 1974). */
export const medianFences = (values: Numbers, reach = 3.5): Outcome<OutlierFences> => {
  const sorted = sortedFinite(values)
  const rows = sorted.length
  if (rows < NEEDED) return insufficient('median-deviation', 'values', { have: rows, need: NEEDED })
  const median = quantileOfSorted(sorted, 0.5)
  const gaps = sortedFinite(sorted.map((value) => Math.abs(value - median)))
  const spread = reach * NORMAL_CONSISTENCY * quantileOfSorted(gaps, 0.5)
  const [lower, upper] = [median - spread, median + spread]
  return { status: 'ok', method: 'median-deviation', lower, upper, rows }
}
