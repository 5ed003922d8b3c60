import type { Numbers } from '../numeric/numbers.ts'
import { midranks, tieTerm } from '../numeric/ranks.ts'
import { sortInPlace } from '../numeric/sort.ts'
import type { Outcome } from '../outcome.ts'
import { logChoose } from '../special/log-gamma.ts'
import { normalSurvival } from '../special/normal.ts'
import type { Comparison } from './result.ts'
import { finitePair, pooledOf } from './samples.ts'

/** What the reference is, against the current sample, under the alternative. */
export type Alternative = 'two-sided' | 'less' | 'greater'

export interface MannWhitneyOptions {
  readonly alternative?: Alternative
  /** `exact` counts all arrangements and ignores ties; asymptotic by default. */
  readonly method?: 'asymptotic' | 'exact'
  /** Half a rank towards the centre, for the asymptotic method; on by default. */
  readonly continuity?: boolean
}

/**
 * The Mann-Whitney U test (1947), U of the reference; asymptotic with a correction for ties.
 * The effect is the chance that a reference value exceeds a current one, ties half.
 */
export const mannWhitney = (
  reference: Numbers,
  current: Numbers,
  { alternative = 'two-sided', method = 'asymptotic', continuity = true }: MannWhitneyOptions = {},
): Outcome<Comparison> => {
  const pair = finitePair('mann-whitney', [reference, current])
  if ('status' in pair) return pair
  const [n, m] = [pair.x.length, pair.y.length]
  const pooled = pooledOf(pair.x, pair.y)
  const ranks = midranks(pooled)
  let rankSum = 0
  for (let i = 0; i < n; i++) rankSum += ranks[i]!
  const u = rankSum - (n * (n + 1)) / 2
  const other = n * m - u
  const tail = alternative === 'greater' ? u : alternative === 'less' ? other : Math.max(u, other)
  const oneSided =
    method === 'exact'
      ? exactSurvival(Math.floor(tail), n, m)
      : normalSurvival(
          (tail - (n * m) / 2 - (continuity ? 0.5 : 0)) / deviation(sortInPlace(pooled), n, m),
        )
  return {
    status: 'ok',
    method: 'mann-whitney',
    parameters: { alternative, method, ...(method === 'exact' ? {} : { continuity }) },
    statistic: u,
    pValue: Math.min(1, alternative === 'two-sided' ? 2 * oneSided : oneSided),
    effect: { name: 'probability of superiority', value: u / (n * m) },
    sizes: { reference: n, current: m },
  }
}

const deviation = (sorted: Float64Array, n: number, m: number): number => {
  const total = n + m
  const ties = tieTerm(sorted) / (total * (total - 1))
  return Math.sqrt(((n * m) / 12) * (total + 1 - ties))
}

/** P(U >= u) without ties: coefficients of the Gaussian binomial, built factor by factor. */
const exactSurvival = (u: number, n: number, m: number): number => {
  const [small, large] = [Math.min(n, m), Math.max(n, m)]
  const size = n * m + 1
  const ways = new Float64Array(size)
  ways[0] = 1
  for (let i = 1; i <= small; i++) {
    for (let k = size - 1; k >= large + i; k--) ways[k]! -= ways[k - large - i]!
    for (let k = i; k < size; k++) ways[k]! += ways[k - i]!
  }
  let extreme = 0
  for (let k = Math.max(0, u); k < size; k++) extreme += ways[k]!
  return extreme / Math.exp(logChoose(n + m, n))
}
