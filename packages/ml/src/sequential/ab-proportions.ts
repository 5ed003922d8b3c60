import { MlError } from '../ml-error.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { chiSquaredSurvival } from '../special/chi-squared.ts'
import { normalSurvival, normalTwoSided } from '../special/normal.ts'

/** Successes of trials of one arm. */
export interface Trials {
  readonly successes: number
  readonly trials: number
}

interface ZTest {
  readonly statistic: number
  readonly pValue: number
}

/** Comparison of two success rates of fixed sample size, a - b. */
export interface AbComparison {
  readonly difference: number
  /** Pooled variance, times n / (n - 1); two-sided. */
  readonly score: ZTest
  /** Each arm's own variance; two-sided. */
  readonly wald: ZTest
  /** Wald, one-sided: a is not worse than b by `margin`. */
  readonly nonInferiority: ZTest
}

/**
 * Two shares of success compared three ways (Farrington and Manning 1990 for non-inferiority): `margin` is how much worse a may be, as a
 * difference of shares. Too few trials are an outcome of their own.
 */
export const compareProportions = (a: Trials, b: Trials, margin: number): Outcome<AbComparison> => {
  const have = Math.min(a.trials, b.trials)
  if (have < 1) return insufficient('ab-proportions', 'trials', { have, need: 1 })
  const [pa, pb] = [a.successes / a.trials, b.successes / b.trials]
  const total = a.trials + b.trials
  const pooled = (a.successes + b.successes) / total
  const difference = pa - pb
  const scoreVariance =
    (pooled * (1 - pooled) * (1 / a.trials + 1 / b.trials) * total) / (total - 1)
  const waldVariance = (pa * (1 - pa)) / a.trials + (pb * (1 - pb)) / b.trials
  if (waldVariance === 0 || scoreVariance === 0) {
    return insufficient('ab-proportions', 'distinct outcomes', { have: 1, need: 2 })
  }
  const [score, wald] = [scoreVariance, waldVariance].map((v) => difference / Math.sqrt(v))
  const shifted = (difference + margin) / Math.sqrt(waldVariance)
  return {
    status: 'ok',
    difference,
    score: { statistic: score!, pValue: normalTwoSided(score!) },
    wald: { statistic: wald!, pValue: normalTwoSided(wald!) },
    nonInferiority: { statistic: shifted, pValue: normalSurvival(shifted) },
  }
}

/**
 * Whether traffic was split as intended: chi-square of counts against shares (which are normalised). Pearson 1900.
 * @throws MlError for fewer than two arms, no rows, or shares that do not match the counts.
 */
export const sampleRatioMismatch = (
  counts: readonly number[],
  shares: readonly number[],
): { readonly statistic: number; readonly pValue: number; readonly df: number } => {
  const isShare = shares.length === counts.length && shares.every((share) => share > 0)
  const isCount = counts.length > 1 && counts.every((count) => count >= 0)
  if (!isShare || !isCount || counts.every((count) => count === 0)) {
    throw new MlError(
      'invalid_input',
      `counts are ${counts.join(', ')}, shares ${shares.join(', ')}`,
      'give at least two arms, each with a count and a share above 0, and at least one row',
    )
  }
  const total = counts.reduce((sum, count) => sum + count, 0)
  const whole = shares.reduce((sum, share) => sum + share, 0)
  const statistic = counts.reduce((sum, count, i) => {
    const expected = (total * shares[i]!) / whole
    return sum + (count - expected) ** 2 / expected
  }, 0)
  return {
    statistic,
    pValue: chiSquaredSurvival(statistic, counts.length - 1),
    df: counts.length - 1,
  }
}
