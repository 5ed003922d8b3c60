import type { Numbers } from '../numeric/numbers.ts'
import { midranks } from '../numeric/ranks.ts'
import { sortInPlace } from '../numeric/sort.ts'
import type { Outcome } from '../outcome.ts'
import { besselKScaled } from '../special/bessel-k.ts'
import { logChoose, logGamma } from '../special/log-gamma.ts'
import type { Comparison } from './result.ts'
import { finitePair, pooledOf } from './samples.ts'

/** `auto` is exact up to 20 values in the larger sample. */
export type CramerVonMisesMethod = 'auto' | 'exact' | 'asymptotic'

const EXACT_UP_TO = 20
/** The series ends with the first term below this, as is customary: smaller p-values are upper bounds. */
const LAST_TERM = 1e-7
/** Terms grow in number with the root of the statistic: enough for samples of a billion rows that have nothing in common. */
const MOST_TERMS = 100_000

/**
 * The two-sample Cramér-von Mises test (Anderson 1962), ties at mean ranks. `exact` counts all
 * arrangements as if there were no ties (Xiao, Gordon and Yakovlev 2007).
 */
export const cramerVonMises = (
  reference: Numbers,
  current: Numbers,
  method: CramerVonMisesMethod = 'auto',
): Outcome<Comparison> => {
  const pair = finitePair('cramer-von-mises', [reference, current], 2)
  if ('status' in pair) return pair
  const [n, m] = [pair.x.length, pair.y.length]
  const u = rankStatistic(pair.x, pair.y)
  const product = n * m
  const total = n + m
  const statistic = u / (product * total) - (4 * product - 1) / (6 * total)
  const isExact = method === 'exact' || (method === 'auto' && Math.max(n, m) <= EXACT_UP_TO)
  return {
    status: 'ok',
    method: 'cramer-von-mises',
    parameters: { method: isExact ? 'exact' : 'asymptotic' },
    statistic,
    pValue: isExact ? exactSurvival(u, n, m) : asymptoticSurvival(statistic, n, m),
    effect: { name: 'mean squared CDF difference', value: (statistic * total) / product },
    sizes: { reference: n, current: m },
  }
}

const rankStatistic = (x: Float64Array, y: Float64Array): number => {
  const ranks = midranks(pooledOf(x, y))
  const squares = (part: Float64Array) =>
    sortInPlace(part).reduce((sum, rank, i) => sum + (rank - i - 1) ** 2, 0)
  return x.length * squares(ranks.slice(0, x.length)) + y.length * squares(ranks.slice(x.length))
}

const asymptoticSurvival = (statistic: number, n: number, m: number): number => {
  const [k, total] = [n * m, n + m]
  const mean = (1 + 1 / total) / 6
  const variance =
    ((total + 1) * (4 * k * total - 3 * (n * n + m * m) - 2 * k)) / (45 * total * total * 4 * k)
  const standardised = 1 / 6 + (statistic - mean) / Math.sqrt(45 * variance)
  return standardised < 0.003 ? 1 : Math.max(0, 1 - limitCdf(standardised))
}

/** The limit law of the statistic as a series of modified Bessel functions (Csörgő and Faraway 1996). */
const limitCdf = (x: number): number => {
  let sum = 0
  for (let k = 0; k < MOST_TERMS; k++) {
    const y = 4 * k + 1
    const q = (y * y) / (16 * x)
    const weight = Math.exp(logGamma(k + 0.5) - logGamma(k + 1)) / (Math.PI ** 1.5 * Math.sqrt(x))
    const term = weight * Math.sqrt(y) * Math.exp(-2 * q) * besselKScaled(0.25, q)
    sum += term
    if (term < LAST_TERM) break
  }
  return sum
}

const exactSurvival = (u: number, n: number, m: number): number => {
  const multiple = (n * m) / greatestCommonDivisor(n, m)
  const [a, b] = [multiple / n, multiple / m]
  const product = n * m
  const zeta = Math.floor(
    (multiple ** 2 * (n + m) * (6 * u - product * (4 * product - 1))) / (6 * product ** 2) + 1e-9,
  )
  let column: Map<number, number>[] = []
  for (let i = 0; i <= n; i++) {
    const next: Map<number, number>[] = []
    for (let j = 0; j <= m; j++) {
      const shift = (a * i - b * j) ** 2
      const counts = new Map<number, number>()
      if (i === 0 && j === 0) counts.set(0, 1)
      for (const source of [column[j], next[j - 1]]) {
        source?.forEach((count, value) => {
          counts.set(value + shift, (counts.get(value + shift) ?? 0) + count)
        })
      }
      next.push(counts)
    }
    column = next
  }
  let extreme = 0
  column[m]!.forEach((count, value) => {
    if (value >= zeta) extreme += count
  })
  return Math.min(1, extreme / Math.exp(logChoose(n + m, n)))
}

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b)
