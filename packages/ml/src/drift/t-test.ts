import { meanOf } from '../numeric/mean.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { finiteOutcome, insufficient, type Outcome } from '../outcome.ts'
import { studentTSurvival, studentTTwoSided } from '../special/student-t.ts'
import type { Alternative } from './mann-whitney.ts'
import type { Comparison } from './result.ts'
import { finitePair } from './samples.ts'

export interface TTestOptions {
  /** Student's test with a pooled variance; Welch's (1947) by default. */
  readonly equalVariances?: boolean
  /** What the mean of the reference is, against the current one, under the alternative. */
  readonly alternative?: Alternative
}

/**
 * Student's two-sample t test, or Welch's. Student's needs one row of a sample if the other has two. Student 1908, Welch
 * 1947.
 */
export const tTest = (
  reference: Numbers,
  current: Numbers,
  { equalVariances = false, alternative = 'two-sided' }: TTestOptions = {},
): Outcome<Comparison> => {
  const method = equalVariances ? 't-test' : 'welch'
  const pair = finitePair(method, [reference, current], equalVariances ? 1 : 2)
  if ('status' in pair) return pair
  const [n, m] = [pair.x.length, pair.y.length]
  if (n + m < 3) return insufficient(method, 'rows of both samples', { have: n + m, need: 3 })
  const [a, b] = [meanAndVariance(pair.x), meanAndVariance(pair.y)]
  const squares = (n > 1 ? (n - 1) * a.variance : 0) + (m > 1 ? (m - 1) * b.variance : 0)
  if (squares === 0) return insufficient(method, 'distinct values', { have: 1, need: 2 })
  const pooled = squares / (n + m - 2)
  const [va, vb] = equalVariances ? [pooled / n, pooled / m] : [a.variance / n, b.variance / m]
  const degreesOfFreedom = equalVariances
    ? n + m - 2
    : welchDegreesOfFreedom([va, n - 1], [vb, m - 1])
  const statistic = (a.mean - b.mean) / Math.sqrt(va + vb)
  return finiteOutcome(method, [statistic, degreesOfFreedom, pooled], {
    status: 'ok',
    method,
    parameters: { equalVariances, alternative },
    statistic,
    pValue: tail(alternative, statistic, degreesOfFreedom),
    degreesOfFreedom,
    effect: { name: "Cohen's d", value: (b.mean - a.mean) / Math.sqrt(pooled) },
    sizes: { reference: n, current: m },
  })
}

/** Welch and Satterthwaite's; of shares, since squares of the variances leave the doubles long before these do. */
export const welchDegreesOfFreedom = (
  [va, freeA]: readonly [variance: number, free: number],
  [vb, freeB]: readonly [variance: number, free: number],
): number => {
  const [shareA, shareB] = [va / (va + vb), vb / (va + vb)]
  return 1 / (shareA ** 2 / freeA + shareB ** 2 / freeB)
}

const tail = (alternative: Alternative, t: number, df: number): number => {
  if (alternative === 'two-sided') return studentTTwoSided(t, df)
  return studentTSurvival(alternative === 'greater' ? t : -t, df)
}

/** Mean and variance with divisor n - 1, in two passes. */
export const meanAndVariance = (values: Float64Array) => {
  const mean = meanOf(values)
  let [squares, rest] = [0, 0]
  for (const value of values) {
    squares += (value - mean) ** 2
    rest += value - mean
  }
  const variance = Math.max(0, squares - rest ** 2 / values.length) / (values.length - 1)
  return { mean, variance }
}
