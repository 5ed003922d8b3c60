import type { Numbers } from '../numeric/numbers.ts'
import { finiteOf } from '../numeric/numbers.ts'
import { finiteOutcome, insufficient, type Outcome } from '../outcome.ts'

/** Bounds from a figure's own variation over reference chunks. */
export interface DeviationThreshold {
  readonly lower: number
  readonly upper: number
  readonly mean: number
  /** With divisor n. */
  readonly standardDeviation: number
  readonly multiplier: number
  readonly chunks: number
}

/**
 * Mean -+ `multiplier` standard deviations of reference values, within the limits of the figure. NannyML's
 * documentation.
 */
export const deviationThreshold = (
  values: Numbers,
  {
    multiplier = 3,
    limits = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  }: { readonly multiplier?: number; readonly limits?: readonly [number, number] } = {},
): Outcome<DeviationThreshold> => {
  const finite = finiteOf(values)
  const chunks = finite.length
  if (chunks === 0) return insufficient('deviation-threshold', 'chunks', { have: 0, need: 1 })
  const mean = finite.reduce((sum, value) => sum + value, 0) / chunks
  const squares = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const standardDeviation = Math.sqrt(squares / chunks)
  const reach = multiplier * standardDeviation
  return finiteOutcome('deviation-threshold', [mean, standardDeviation], {
    status: 'ok',
    lower: Math.max(limits[0], mean - reach),
    upper: Math.min(limits[1], mean + reach),
    mean,
    standardDeviation,
    multiplier,
    chunks,
  })
}
