import { MlError } from '../ml-error.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { type Arguments, presentNumbers, type Values } from './expectation.ts'

/**
 * Whether a value lies within a window that the column itself sets: Tukey's fences (Tukey 1977, `multiplier`
 * interquartile ranges beyond the quartiles, the fences within), or less than `multiplier` sample standard deviations
 * from the mean. A column that sets no window, as one of no value or of infinities, has no outliers.
 * @throws MlError for a method that is not known, a multiplier that is none, or a column of texts
 */
export const notOutlier = (args: Arguments, column: Values): ((value: unknown) => boolean) => {
  const { method = 'iqr', multiplier = 1.5 } = args
  if (typeof multiplier !== 'number' || !(multiplier >= 0)) {
    throw new MlError('invalid_option', `multiplier is ${String(multiplier)}`, 'give 0 or more')
  }
  const present = presentNumbers(column)
  if (method === 'iqr') return withinFences(present.sort(), multiplier)
  if (method === 'std') return nearMean(present, multiplier)
  throw new MlError('invalid_option', `method is '${String(method)}'`, "use 'iqr' or 'std'")
}

function withinFences(sorted: Float64Array, multiplier: number): (value: unknown) => boolean {
  const [first, third] = [quantileOfSorted(sorted, 0.25), quantileOfSorted(sorted, 0.75)]
  const reach = multiplier * (third - first)
  if (!Number.isFinite(first) || !Number.isFinite(third)) return () => true
  return (value) => Number(value) >= first - reach && Number(value) <= third + reach
}

function nearMean(present: Float64Array, multiplier: number): (value: unknown) => boolean {
  const count = present.length
  const mean = present.reduce((sum, value) => sum + value, 0) / count
  const squares = present.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const reach = multiplier * Math.sqrt(squares / (count - 1))
  if (count < 2 || !Number.isFinite(mean) || !Number.isFinite(reach)) return () => true
  if (reach <= 0) return (value) => Number(value) === mean
  return (value) => Math.abs(Number(value) - mean) < reach
}
