import type { Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { studentTTwoSided } from '../special/student-t.ts'
import type { Comparison } from './result.ts'
import { finitePair } from './samples.ts'

/** Student's two-sample t test with pooled variance, or Welch's (1947), two-sided. */
export const tTest = (
  reference: Numbers,
  current: Numbers,
  { equalVariances = false }: { readonly equalVariances?: boolean } = {},
): Outcome<Comparison> => {
  const method = equalVariances ? 't-test' : 'welch'
  const pair = finitePair(method, [reference, current], 2)
  if ('status' in pair) return pair
  const [a, b] = [meanAndVariance(pair.x), meanAndVariance(pair.y)]
  const [n, m] = [pair.x.length, pair.y.length]
  if (a.variance === 0 && b.variance === 0) {
    return insufficient(method, 'distinct values', { have: 1, need: 2 })
  }
  const pooled = ((n - 1) * a.variance + (m - 1) * b.variance) / (n + m - 2)
  const [va, vb] = equalVariances ? [pooled / n, pooled / m] : [a.variance / n, b.variance / m]
  const degreesOfFreedom = equalVariances
    ? n + m - 2
    : (va + vb) ** 2 / (va ** 2 / (n - 1) + vb ** 2 / (m - 1))
  const statistic = (a.mean - b.mean) / Math.sqrt(va + vb)
  return {
    status: 'ok',
    method,
    parameters: { equalVariances, alternative: 'two-sided' },
    statistic,
    pValue: studentTTwoSided(statistic, degreesOfFreedom),
    degreesOfFreedom,
    effect: { name: "Cohen's d", value: (b.mean - a.mean) / Math.sqrt(pooled) },
    sizes: { reference: n, current: m },
  }
}

/** Mean and variance with divisor n - 1, in two passes. */
export const meanAndVariance = (values: Float64Array) => {
  let sum = 0
  for (const value of values) sum += value
  const mean = sum / values.length
  let [squares, rest] = [0, 0]
  for (const value of values) {
    squares += (value - mean) ** 2
    rest += value - mean
  }
  const variance = Math.max(0, squares - rest ** 2 / values.length) / (values.length - 1)
  return { mean, variance }
}
