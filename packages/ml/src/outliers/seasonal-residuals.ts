import type { Numbers } from '../numeric/numbers.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { sortedFinite } from '../numeric/sort.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { medianFences } from './quantile-rules.ts'

/** Residuals of a series from the usual value of their season, and which of them are outliers. */
export interface SeasonalResiduals {
  readonly period: number
  /** Median of each season. */
  readonly seasonal: Float64Array
  /** NaN where the series is missing. */
  readonly residuals: Float64Array
  readonly lower: number
  readonly upper: number
  /** Indices of outliers. */
  readonly outliers: readonly number[]
}

/**
 * Outliers of a seasonal series: residuals from seasonal medians outside robust fences. By definition: what the median
 * of its place in the season leaves of a value.
 */
export const seasonalResiduals = (
  series: Numbers,
  { period, reach = 3.5 }: { readonly period: number; readonly reach?: number },
): Outcome<SeasonalResiduals> => {
  const have = series.length
  if (have < 2 * period)
    return insufficient('seasonal-residuals', 'values', { have, need: 2 * period })
  const seasonal = Float64Array.from({ length: period }, (_, phase) => {
    const season = Array.from(series).filter((__, i) => i % period === phase)
    return quantileOfSorted(sortedFinite(season), 0.5)
  })
  const residuals = Float64Array.from(series, (value, i) => value - seasonal[i % period]!)
  const fences = medianFences(residuals, reach)
  if (fences.status !== 'ok') return fences
  const { lower, upper } = fences
  const outliers = Array.from(residuals.keys()).filter(
    (i) => residuals[i]! < lower || residuals[i]! > upper,
  )
  return { status: 'ok', period, seasonal, residuals, lower, upper, outliers }
}
