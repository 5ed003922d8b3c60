import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import type { Predict } from './shapley.ts'

/** What a model says on average, and for each row, as one feature is varied. */
export interface PartialDependence {
  readonly grid: Float64Array
  readonly average: Float64Array
  /** Individual conditional expectation: one curve a row. */
  readonly individual: readonly Float64Array[]
}

/**
 * Partial dependence (Friedman 2001) and individual curves (Goldstein et al. 2015) over a background.
 * @throws MlError for a background without rows.
 */
export const partialDependence = (
  predict: Predict,
  background: readonly Numbers[],
  { feature, grid }: { readonly feature: number; readonly grid: Numbers },
): PartialDependence => {
  if (background.length === 0) {
    throw new MlError(
      'invalid_input',
      'the background has no rows',
      'give rows to average the model over',
    )
  }
  const individual = background.map(() => new Float64Array(grid.length))
  const average = new Float64Array(grid.length)
  for (let g = 0; g < grid.length; g++) {
    const outputs = predict(
      background.map((row) =>
        Float64Array.from(row, (value, i) => (i === feature ? grid[g]! : value)),
      ),
    )
    individual.forEach((curve, row) => {
      curve[g] = outputs[row]!
      average[g]! += outputs[row]! / background.length
    })
  }
  return { grid: Float64Array.from(grid), average, individual }
}

/** Points at equal distances from the smallest to the largest finite value of a column. */
export const equidistantGrid = (values: Numbers, points: number): Float64Array => {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) continue
    first = Math.min(first, value)
    last = Math.max(last, value)
  }
  const step = points > 1 ? (last - first) / (points - 1) : 0
  return Float64Array.from({ length: points }, (_, i) =>
    i === points - 1 ? last : first + i * step,
  )
}
