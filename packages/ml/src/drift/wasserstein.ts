import type { Numbers } from '../numeric/numbers.ts'
import { sortedFinite } from '../numeric/sort.ts'
import { finiteOutcome, insufficient, type Outcome } from '../outcome.ts'
import { areaBetweenDistributions } from './distribution-gap.ts'
import type { Comparison, SampleSizes } from './result.ts'

/** `reference-std` divides by max(standard deviation of the reference, 0.001). */
export type WassersteinScale = 'none' | 'reference-std'

const SCALE_FLOOR = 0.001

/**
 * The first Wasserstein distance: the area between the two empirical distribution functions, in the unit of the values,
 * or in standard deviations of the reference (divisor n). Vallender 1974.
 */
export const wasserstein = (
  reference: Numbers,
  current: Numbers,
  scale: WassersteinScale = 'none',
): Outcome<Comparison> => {
  const between = areaBetweenDistributions(reference, current)
  if (!between) return wassersteinOfSorted(sortedFinite(reference), sortedFinite(current), scale)
  const { area, deviation } = between
  const sizes = { reference: between.sizes[0], current: between.sizes[1] }
  return comparison({ distance: area, deviation, scale, sizes })
}

/** The same for finite values that are already in ascending order. */
export const wassersteinOfSorted = (
  reference: Float64Array,
  current: Float64Array,
  scale: WassersteinScale = 'none',
): Outcome<Comparison> => {
  const [n, m] = [reference.length, current.length]
  if (n === 0 || m === 0) {
    const what = n === 0 ? 'reference rows' : 'current rows'
    return insufficient('wasserstein', what, { have: 0, need: 1 })
  }
  return comparison({
    distance: areaBetween(reference, current, Math.abs),
    deviation: standardDeviation(reference),
    scale,
    sizes: { reference: n, current: m },
  })
}

const comparison = (found: {
  readonly distance: number
  readonly deviation: number
  readonly scale: WassersteinScale
  readonly sizes: SampleSizes
}): Outcome<Comparison> => {
  const { distance, scale, sizes } = found
  const standardised = distance / Math.max(found.deviation, SCALE_FLOOR)
  const needed = scale === 'none' ? [distance] : [standardised, found.deviation]
  return finiteOutcome('wasserstein', needed, {
    status: 'ok',
    method: 'wasserstein',
    parameters: { normalise: scale },
    statistic: scale === 'none' ? distance : standardised,
    pValue: null,
    effect: { name: 'standardised distance', value: standardised },
    sizes,
  })
}

/** The integral of a function of F - G over the line, for ascending samples. */
export const areaBetween = (
  reference: Float64Array,
  current: Float64Array,
  f: (difference: number) => number,
): number => {
  const [n, m] = [reference.length, current.length]
  let [i, j, area] = [0, 0, 0]
  let position = Math.min(reference[0]!, current[0]!)
  while (i < n || j < m) {
    const next = i < n && (j >= m || reference[i]! <= current[j]!) ? reference[i]! : current[j]!
    if (next > position) area += f(i / n - j / m) * (next - position)
    position = next
    while (i < n && reference[i] === next) i++
    while (j < m && current[j] === next) j++
  }
  return area
}

/** Of the finite values, with divisor n, in two passes. */
export const standardDeviation = (values: Numbers): number => {
  let [sum, n] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value - value !== 0) continue
    sum += value
    n++
  }
  const mean = sum / n
  let squares = 0
  for (let i = 0; i < values.length; i++) {
    const off = values[i]! - mean
    if (off - off === 0) squares += off * off
  }
  return Math.sqrt(squares / n)
}
