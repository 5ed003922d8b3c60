import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { sortedFinite } from '../numeric/sort.ts'
import type { Predict } from './shapley.ts'

/** The effect of a feature at ascending edges, centred; sound also where features depend on each other. */
export interface AccumulatedLocalEffects {
  readonly edges: Float64Array
  readonly effects: Float64Array
  /** Rows between neighbouring edges. */
  readonly counts: Float64Array
}

/**
 * Apley and Zhu's accumulated local effects (2020): differences of outputs within quantile cells, summed up
 * and centred by the mean over rows.
 * @throws MlError when the feature has fewer than two distinct values.
 */
export const accumulatedLocalEffects = (
  predict: Predict,
  background: readonly Numbers[],
  { feature, cells = 20 }: { readonly feature: number; readonly cells?: number },
): AccumulatedLocalEffects => {
  const sorted = sortedFinite(background.map((row) => row[feature]!))
  // Edges are values that occur, as in the paper: no cell is without rows, however few or tied they are.
  const quantiles = Array.from({ length: cells + 1 }, (_, i) =>
    quantileOfSorted(sorted, i / cells, 'inverted_cdf'),
  )
  const edges = Float64Array.from(new Set(quantiles))
  if (edges.length < 2) {
    throw new MlError(
      'invalid_input',
      `feature ${feature} has a single value`,
      'choose a feature that varies',
    )
  }
  const rows = background.filter((row) => Number.isFinite(row[feature]))
  const cellOf = rows.map((row) =>
    Math.max(0, edges.findIndex((edge) => row[feature]! <= edge) - 1),
  )
  const at = (side: 0 | 1) =>
    predict(
      rows.map((row, r) =>
        Float64Array.from(row, (value, i) => (i === feature ? edges[cellOf[r]! + side]! : value)),
      ),
    )
  const [lower, upper] = [at(0), at(1)]
  const counts = new Float64Array(edges.length - 1)
  const sums = new Float64Array(edges.length - 1)
  cellOf.forEach((cell, r) => {
    counts[cell]!++
    sums[cell]! += upper[r]! - lower[r]!
  })
  const effects = new Float64Array(edges.length)
  counts.forEach((count, cell) => {
    effects[cell + 1] = effects[cell]! + sums[cell]! / count
  })
  const mean = weightedMean(effects, counts)
  return { edges, effects: effects.map((effect) => effect - mean), counts }
}

/** The mean over rows of the effects, by trapezoids. */
export const weightedMean = (effects: Float64Array, counts: Float64Array): number => {
  const rows = counts.reduce((sum, count) => sum + count, 0)
  let sum = 0
  counts.forEach((count, cell) => {
    sum += ((effects[cell]! + effects[cell + 1]!) / 2) * count
  })
  return sum / rows
}
