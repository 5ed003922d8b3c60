import { finitePair } from '../drift/samples.ts'
import { meanAndVariance, welchDegreesOfFreedom } from '../drift/t-test.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { finiteOutcome, insufficient, type Outcome } from '../outcome.ts'
import { studentTSurvival } from '../special/student-t.ts'

/** Two one-sided t tests; a small p-value shows that mean(a) - mean(b) lies between the limits. */
export interface Equivalence {
  readonly method: 'tost'
  readonly difference: number
  readonly limits: readonly [lower: number, upper: number]
  readonly pValue: number
  readonly lowerT: number
  readonly upperT: number
  readonly df: number
  readonly sizes: { readonly a: number; readonly b: number }
}

/** Schuirmann's test of equivalence of two means (1987). */
export const equivalenceTest = (
  a: Numbers,
  b: Numbers,
  options: {
    readonly limits: readonly [lower: number, upper: number]
    readonly equalVariances?: boolean
  },
): Outcome<Equivalence> => {
  const pair = finitePair('tost', [a, b], 2)
  if ('status' in pair) return pair
  const [x, y] = [meanAndVariance(pair.x), meanAndVariance(pair.y)]
  const [n, m] = [pair.x.length, pair.y.length]
  const pooled = ((n - 1) * x.variance + (m - 1) * y.variance) / (n + m - 2)
  const isPooled = options.equalVariances === true
  const [va, vb] = isPooled ? [pooled / n, pooled / m] : [x.variance / n, y.variance / m]
  if (va + vb === 0) return insufficient('tost', 'distinct values', { have: 1, need: 2 })
  const df = isPooled ? n + m - 2 : welchDegreesOfFreedom([va, n - 1], [vb, m - 1])
  const difference = x.mean - y.mean
  const [lowerT, upperT] = options.limits.map((limit) => (difference - limit) / Math.sqrt(va + vb))
  return finiteOutcome('tost', [difference, va + vb, df], {
    status: 'ok',
    method: 'tost',
    difference,
    limits: options.limits,
    pValue: Math.max(studentTSurvival(lowerT!, df), studentTSurvival(-upperT!, df)),
    lowerT: lowerT!,
    upperT: upperT!,
    df,
    sizes: { a: n, b: m },
  })
}
