import type { Numbers } from '../numeric/numbers.ts'
import { roundHalfEven } from '../numeric/quantile.ts'
import { sortedFinite } from '../numeric/sort.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { kolmogorovSurvival } from '../special/kolmogorov.ts'
import { type LargestGaps, largestGapsOf } from './distribution-gap.ts'
import type { Alternative } from './mann-whitney.ts'
import type { Comparison } from './result.ts'

export type KolmogorovSmirnovMethod = 'auto' | 'exact' | 'asymptotic'

export interface KolmogorovSmirnovOptions {
  readonly method?: KolmogorovSmirnovMethod
  /** The reference's distribution function against the current one's; `greater` means smaller values. */
  readonly alternative?: Alternative
}

/** Up to this size of the larger sample `auto` counts paths exactly. */
const EXACT_UP_TO = 10_000

/**
 * The two-sample Kolmogorov-Smirnov test: the largest distance D of the two empirical distribution
 * functions. `exact` counts lattice paths (Hodges 1958; ties are not allowed for); `asymptotic`
 * takes D as that of one sample of round(nm / (n + m)) values, one-sided by Hodges' eq. 5.3.
 */
export const kolmogorovSmirnov = (
  reference: Numbers,
  current: Numbers,
  options: KolmogorovSmirnovOptions = {},
): Outcome<Comparison> => {
  const gaps = largestGapsOf(reference, current)
  if (!gaps)
    return kolmogorovSmirnovOfSorted(sortedFinite(reference), sortedFinite(current), options)
  return tested(gaps, gaps.sizes, options)
}

/** The same for finite values that are already in ascending order. */
export const kolmogorovSmirnovOfSorted = (
  reference: Float64Array,
  current: Float64Array,
  options: KolmogorovSmirnovOptions = {},
): Outcome<Comparison> => {
  const [n, m] = [reference.length, current.length]
  if (n === 0 || m === 0) {
    return insufficient('ks', n === 0 ? 'reference rows' : 'current rows', { have: 0, need: 1 })
  }
  return tested(largestGaps(reference, current), [n, m], options)
}

const tested = (
  { above, below }: LargestGaps,
  [n, m]: readonly [number, number],
  { method = 'auto', alternative = 'two-sided' }: KolmogorovSmirnovOptions,
): Outcome<Comparison> => {
  const steps =
    alternative === 'greater' ? above : alternative === 'less' ? below : Math.max(above, below)
  const isExact = method === 'exact' || (method === 'auto' && Math.max(n, m) <= EXACT_UP_TO)
  const statistic = steps / (n * m)
  const isTwoSided = alternative === 'two-sided'
  const pValue = isExact
    ? exactSurvival(steps, { n, m, isTwoSided })
    : isTwoSided
      ? twoSidedLimit(statistic, roundHalfEven((n * m) / (n + m)))
      : oneSidedLimit(statistic, n, m)
  return {
    status: 'ok',
    method: 'ks',
    parameters: { method: isExact ? 'exact' : 'asymptotic', alternative },
    statistic,
    pValue: pValue === null ? null : Math.min(1, Math.max(0, pValue)),
    effect: { name: 'D', value: statistic },
    sizes: { reference: n, current: m },
  }
}

/** n m D+ and n m D-, integers: the largest i m - j n and j n - i m over the values, ties together. */
const largestGaps = (reference: Float64Array, current: Float64Array): LargestGaps => {
  const [n, m] = [reference.length, current.length]
  let [i, j, above, below] = [0, 0, 0, 0]
  while (i < n && j < m) {
    const [a, b] = [reference[i]!, current[j]!]
    if (a <= b)
      do i++
      while (i < n && reference[i] === a)
    if (b <= a)
      do j++
      while (j < m && current[j] === b)
    const gap = i * m - j * n
    if (gap > above) above = gap
    else if (-gap > below) below = -gap
  }
  return { above, below }
}

/** P(some point of a random lattice path from (0, 0) to (n, m) has a gap i m - j n of `steps`). */
const exactSurvival = (
  steps: number,
  { n, m, isTwoSided }: { readonly n: number; readonly m: number; readonly isTwoSided: boolean },
): number => {
  if (steps === 0) return 1
  const hit = new Float64Array(m + 1)
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      const gap = i * m - j * n
      if (gap >= steps || (isTwoSided && -gap >= steps)) hit[j] = 1
      else if (i === 0) hit[j] = j === 0 ? 0 : hit[j - 1]!
      else if (j > 0) hit[j] = (hit[j]! * i + hit[j - 1]! * j) / (i + j)
    }
  }
  return hit[m]!
}

/** Of one value on either side the limit says nothing. */
const twoSidedLimit = (d: number, n: number): number | null =>
  n > 0 ? kolmogorovSurvival(d, n) : null

/** The one-sided tail with Hodges' (1958, eq. 5.3) correction for unequal samples. */
const oneSidedLimit = (d: number, n: number, m: number): number => {
  const [large, small] = [Math.max(n, m), Math.min(n, m)]
  const z = Math.sqrt((large * small) / (large + small)) * d
  const skew = (large + 2 * small) / Math.sqrt(large * small * (large + small))
  return Math.exp(-2 * z * z - (2 * z * skew) / 3)
}
