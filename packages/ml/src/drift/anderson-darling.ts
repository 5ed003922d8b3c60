import type { Numbers } from '../numeric/numbers.ts'
import { sortInPlace } from '../numeric/sort.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import type { Comparison } from './result.ts'
import { finitePair, pooledOf } from './samples.ts'

/** Critical values for two samples and their levels (Scholz and Stephens 1987, table 1). */
// biome-ignore lint/suspicious/noApproximativeNumericConstant: 2.718 is a tabulated value, not e
const CRITICAL = [0.325, 1.226, 1.961, 2.718, 3.752, 4.592, 6.546] as const
const LEVELS = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001] as const

/** How ties count: at midranks (eq. 7), all at their last rank (eq. 6), or not at all (eq. 3). */
export type AndersonDarlingVariant = 'midrank' | 'right' | 'continuous'

/**
 * The two-sample Anderson-Darling test (Scholz and Stephens 1987). The p-value is interpolated between
 * tabulated levels by a parabola in ln p and clipped to [0.001, 0.25].
 */
export const andersonDarling = (
  reference: Numbers,
  current: Numbers,
  { variant = 'midrank' }: { readonly variant?: AndersonDarlingVariant } = {},
): Outcome<Comparison> => {
  const method = 'anderson-darling'
  const pair = finitePair(method, [reference, current], 1)
  if ('status' in pair) return pair
  const [x, y] = [sortInPlace(pair.x), sortInPlace(pair.y)]
  const pooled = sortInPlace(pooledOf(x, y))
  const total = pooled.length
  if (total < 4) return insufficient(method, 'rows of both samples', { have: total, need: 4 })
  if (pooled[0] === pooled[total - 1]) {
    return insufficient(method, 'distinct values', { have: 1, need: 2 })
  }
  const raw = STATISTICS[variant](pooled, [x, y])
  const statistic = (raw - 1) / Math.sqrt(varianceOfTwo(x.length, y.length))
  return {
    status: 'ok',
    method,
    parameters: { variant, pValueFloor: 0.001, pValueCap: 0.25 },
    statistic,
    pValue: interpolatedLevel(statistic),
    effect: { name: 'A2 per row', value: raw / total },
    sizes: { reference: x.length, current: y.length },
  }
}

type Statistic = (pooled: Float64Array, samples: readonly [Float64Array, Float64Array]) => number

const midrankStatistic: Statistic = (pooled, samples) => {
  const total = pooled.length
  const positions = [0, 0]
  const sums = [0, 0]
  for (let start = 0; start < total; ) {
    const value = pooled[start]!
    let end = start
    while (end < total && pooled[end] === value) end++
    const ties = end - start
    const below = start + ties / 2
    samples.forEach((sample, i) => {
      const before = positions[i]!
      let after = before
      while (after < sample.length && sample[after] === value) after++
      positions[i] = after
      const middle = (before + after) / 2
      const gap = total * middle - below * sample.length
      sums[i]! += ((ties / total) * gap * gap) / (below * (total - below) - (total * ties) / 4)
    })
    start = end
  }
  const raw = sums[0]! / samples[0].length + sums[1]! / samples[1].length
  return (raw * (total - 1)) / total
}

const lastRankStatistic: Statistic = (pooled, samples) => {
  const total = pooled.length
  const positions = [0, 0]
  const sums = [0, 0]
  for (let start = 0; start < total; ) {
    const value = pooled[start]!
    let end = start
    while (end < total && pooled[end] === value) end++
    if (end === total) break
    samples.forEach((sample, i) => {
      while (positions[i]! < sample.length && sample[positions[i]!] === value) positions[i]!++
      const gap = total * positions[i]! - end * sample.length
      sums[i]! += (((end - start) / total) * gap * gap) / (end * (total - end))
    })
    start = end
  }
  return sums[0]! / samples[0].length + sums[1]! / samples[1].length
}

const continuousStatistic: Statistic = (pooled, samples) => {
  const total = pooled.length
  const positions = [0, 0]
  const sums = [0, 0]
  for (let j = 1; j < total; j++) {
    const value = pooled[j - 1]!
    samples.forEach((sample, i) => {
      while (positions[i]! < sample.length && sample[positions[i]!]! <= value) positions[i]!++
      sums[i]! += (total * positions[i]! - j * sample.length) ** 2 / (j * (total - j))
    })
  }
  return (sums[0]! / samples[0].length + sums[1]! / samples[1].length) / total
}

const STATISTICS: Readonly<Record<AndersonDarlingVariant, Statistic>> = {
  midrank: midrankStatistic,
  right: lastRankStatistic,
  continuous: continuousStatistic,
}

/** The variance of the statistic for two samples (eq. 4). */
const varianceOfTwo = (n: number, m: number): number => {
  const total = n + m
  const reciprocals = 1 / n + 1 / m
  let [partial, g] = [0, 0]
  for (let i = 0; i < total - 2; i++) {
    partial += 1 / (total - 1 - i)
    g += partial / (i + 2)
  }
  const h = partial + 1
  const a = 4 * g - 6 + (10 - 6 * g) * reciprocals
  const b = (2 * g - 4) * 4 + 16 * h + (2 * g - 14 * h - 4) * reciprocals - 8 * h + 4 * g - 6
  const c = (6 * h + 2 * g - 2) * 4 + (4 * h - 4 * g + 6) * 2 + (2 * h - 6) * reciprocals + 4 * h
  const d = (2 * h + 6) * 4 - 8 * h
  return (
    (a * total ** 3 + b * total ** 2 + c * total + d) / ((total - 1) * (total - 2) * (total - 3))
  )
}

const interpolatedLevel = (statistic: number): number => {
  if (statistic < CRITICAL[0]) return LEVELS[0]
  if (statistic > CRITICAL[6]) return LEVELS[6]
  const [c0, c1, c2] = parabola(CRITICAL, LEVELS.map(Math.log))
  return Math.exp(c0 + statistic * (c1 + statistic * c2))
}

/** Least-squares coefficients of a parabola, by the normal equations in centred x. */
const parabola = (xs: readonly number[], ys: readonly number[]): [number, number, number] => {
  const n = xs.length
  const centre = xs.reduce((sum, x) => sum + x, 0) / n
  const power = (k: number) => xs.reduce((sum, x) => sum + (x - centre) ** k, 0)
  const moment = (k: number) => xs.reduce((sum, x, i) => sum + (x - centre) ** k * ys[i]!, 0)
  const [s2, s3, s4] = [power(2), power(3), power(4)]
  const [t0, t1, t2] = [moment(0), moment(1), moment(2)]
  const determinant = n * (s2 * s4 - s3 * s3) - s2 * s2 * s2
  const a = (t0 * (s2 * s4 - s3 * s3) + s2 * (t1 * s3 - s2 * t2)) / determinant
  const b = (n * (t1 * s4 - s3 * t2) - s2 * (t1 * s2) + t0 * s2 * s3) / determinant
  const c = (n * (s2 * t2 - s3 * t1) - t0 * s2 * s2) / determinant
  return [a - b * centre + c * centre * centre, b - 2 * c * centre, c]
}
