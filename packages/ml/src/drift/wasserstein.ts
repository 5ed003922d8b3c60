import { finiteOf, type Numbers } from '../numeric/numbers.ts'
import { sortedFinite } from '../numeric/sort.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import type { Comparison } from './result.ts'

/** `reference-std` divides by max(standard deviation of the reference, 0.001). */
export type WassersteinScale = 'none' | 'reference-std'

const SCALE_FLOOR = 0.001

/**
 * The first Wasserstein distance: the area between the two empirical distribution functions, in
 * the unit of the values, or in standard deviations of the reference (divisor n).
 */
export const wasserstein = (
  reference: Numbers,
  current: Numbers,
  scale: WassersteinScale = 'none',
): Outcome<Comparison> => wassersteinOfSorted(sortedFinite(reference), sortedFinite(current), scale)

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
  const distance = areaBetween(reference, current, Math.abs)
  const standardised = distance / Math.max(standardDeviation(reference), SCALE_FLOOR)
  return {
    status: 'ok',
    method: 'wasserstein',
    parameters: { normalise: scale },
    statistic: scale === 'none' ? distance : standardised,
    pValue: null,
    effect: { name: 'standardised distance', value: standardised },
    sizes: { reference: n, current: m },
  }
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

/** With divisor n, in two passes. */
export const standardDeviation = (values: Numbers): number => {
  const finite = values instanceof Float64Array ? values : finiteOf(values)
  const n = finite.length
  let sum = 0
  for (let i = 0; i < n; i++) sum += finite[i]!
  const mean = sum / n
  let squares = 0
  for (let i = 0; i < n; i++) squares += (finite[i]! - mean) ** 2
  return Math.sqrt(squares / n)
}
