import type { Numbers } from '../numeric/numbers.ts'
import { roundHalfEven } from '../numeric/quantile.ts'
import { sortedFinite } from '../numeric/sort.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { kolmogorovSurvival } from '../special/kolmogorov.ts'
import type { Comparison } from './result.ts'

export type KolmogorovSmirnovMethod = 'auto' | 'exact' | 'asymptotic'

/** Up to this size of the larger sample `auto` counts paths exactly. */
const EXACT_UP_TO = 10_000

/**
 * The two-sample Kolmogorov-Smirnov test, two-sided: the largest distance D of the two empirical
 * distribution functions. `exact` counts lattice paths (Hodges 1958; ties are not allowed for);
 * `asymptotic` takes D as that of one sample of round(nm / (n + m)) values.
 */
export const kolmogorovSmirnov = (
  reference: Numbers,
  current: Numbers,
  method: KolmogorovSmirnovMethod = 'auto',
): Outcome<Comparison> =>
  kolmogorovSmirnovOfSorted(sortedFinite(reference), sortedFinite(current), method)

/** The same for finite values that are already in ascending order. */
export const kolmogorovSmirnovOfSorted = (
  reference: Float64Array,
  current: Float64Array,
  method: KolmogorovSmirnovMethod = 'auto',
): Outcome<Comparison> => {
  const [n, m] = [reference.length, current.length]
  if (n === 0 || m === 0) {
    return insufficient('ks', n === 0 ? 'reference rows' : 'current rows', { have: 0, need: 1 })
  }
  const steps = largestGap(reference, current)
  const isExact = method === 'exact' || (method === 'auto' && Math.max(n, m) <= EXACT_UP_TO)
  const statistic = steps / (n * m)
  const pValue = isExact
    ? exactSurvival(steps, n, m)
    : kolmogorovSurvival(statistic, roundHalfEven((n * m) / (n + m)))
  return {
    status: 'ok',
    method: 'ks',
    parameters: { method: isExact ? 'exact' : 'asymptotic', alternative: 'two-sided' },
    statistic,
    pValue: Math.min(1, Math.max(0, pValue)),
    effect: { name: 'D', value: statistic },
    sizes: { reference: n, current: m },
  }
}

/** n m D, an integer: the largest |i m - j n| over the values, ties taken together. */
const largestGap = (reference: Float64Array, current: Float64Array): number => {
  const [n, m] = [reference.length, current.length]
  let [i, j, largest] = [0, 0, 0]
  while (i < n && j < m) {
    const [a, b] = [reference[i]!, current[j]!]
    if (a <= b)
      do i++
      while (i < n && reference[i] === a)
    if (b <= a)
      do j++
      while (j < m && current[j] === b)
    const gap = Math.abs(i * m - j * n)
    if (gap > largest) largest = gap
  }
  return largest
}

/** P(some point of a random lattice path from (0, 0) to (n, m) has |i m - j n| >= steps). */
const exactSurvival = (steps: number, n: number, m: number): number => {
  if (steps === 0) return 1
  const hit = new Float64Array(m + 1)
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      const here = Math.abs(i * m - j * n)
      if (here >= steps) hit[j] = 1
      else if (i === 0) hit[j] = j === 0 ? 0 : hit[j - 1]!
      else if (j > 0) hit[j] = (hit[j]! * i + hit[j - 1]! * j) / (i + j)
    }
  }
  return hit[m]!
}
