import { checkRows } from '../metrics/rows.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { midranks, tieTerm } from '../numeric/ranks.ts'
import { sortInPlace } from '../numeric/sort.ts'
import { finiteOutcome, insufficient, type Outcome } from '../outcome.ts'
import { binomialCdf } from '../special/binomial.ts'
import { chiSquaredSurvival } from '../special/chi-squared.ts'
import { normalTwoSided } from '../special/normal.ts'
import { studentTTwoSided } from '../special/student-t.ts'

interface Tested {
  readonly statistic: number
  readonly pValue: number
}

export interface McNemar {
  readonly exactPValue: number
  /** Chi-square with Edwards' continuity correction. */
  readonly corrected: Tested
  readonly uncorrected: Tested
}

/** McNemar's test (1947) of two classifiers on the same rows, from the counts on which only one is right. */
export const mcNemar = (onlyA: number, onlyB: number): Outcome<McNemar> => {
  const total = onlyA + onlyB
  if (total === 0) return insufficient('mcnemar', 'disagreements', { have: 0, need: 1 })
  const gap = Math.abs(onlyA - onlyB)
  const tested = (difference: number): Tested => {
    const statistic = difference ** 2 / total
    return { statistic, pValue: chiSquaredSurvival(statistic, 1) }
  }
  const exactPValue = Math.min(1, 2 * binomialCdf(Math.min(onlyA, onlyB), total, 0.5))
  return { status: 'ok', exactPValue, corrected: tested(gap - 1), uncorrected: tested(gap) }
}

/** The paired t test, two-sided; the effect is Cohen's d of the differences. Student 1908. */
export const pairedTTest = (
  a: Numbers,
  b: Numbers,
): Outcome<Tested & { readonly df: number; readonly effectSize: number }> => {
  const rows = checkRows({ a, b })
  if (rows < 2) return insufficient('paired-t', 'pairs', { have: rows, need: 2 })
  const { mean, variance } = differences(a, b)
  if (variance === 0) return insufficient('paired-t', 'distinct differences', { have: 1, need: 2 })
  const statistic = mean / Math.sqrt(variance / rows)
  const df = rows - 1
  return finiteOutcome('paired-t', [statistic, variance], {
    status: 'ok',
    statistic,
    pValue: studentTTwoSided(statistic, df),
    df,
    effectSize: mean / Math.sqrt(variance),
  })
}

/**
 * Nadeau and Bengio's corrected t test (2003) of scores from k resampled train and test splits, whose
 * training parts overlap; `testShare` is test rows over training rows.
 */
export const correctedResampledTTest = (
  a: Numbers,
  b: Numbers,
  testShare: number,
): Outcome<Tested & { readonly df: number }> => {
  const splits = checkRows({ a, b })
  if (splits < 2) return insufficient('nadeau-bengio', 'splits', { have: splits, need: 2 })
  const { mean, variance } = differences(a, b)
  if (variance === 0) {
    return insufficient('nadeau-bengio', 'distinct differences', { have: 1, need: 2 })
  }
  const statistic = mean / Math.sqrt((1 / splits + testShare) * variance)
  const df = splits - 1
  return { status: 'ok', statistic, pValue: studentTTwoSided(statistic, df), df }
}

/** Wilcoxon's signed-rank test (1945): zeros dropped, normal approximation with ties, two-sided. */
export const wilcoxonSignedRank = (a: Numbers, b: Numbers): Outcome<Tested> => {
  checkRows({ a, b })
  const gaps = Float64Array.from(a, (x, i) => x - b[i]!).filter((gap) => gap !== 0)
  const n = gaps.length
  if (n === 0) return insufficient('wilcoxon', 'non-zero differences', { have: 0, need: 1 })
  const sizes = gaps.map(Math.abs)
  const ranks = midranks(sizes)
  let positive = 0
  gaps.forEach((gap, i) => {
    if (gap > 0) positive += ranks[i]!
  })
  const whole = (n * (n + 1)) / 2
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - tieTerm(sortInPlace(sizes)) / 48
  const z = (positive - whole / 2) / Math.sqrt(variance)
  return {
    status: 'ok',
    statistic: Math.min(positive, whole - positive),
    pValue: normalTwoSided(z),
  }
}

const differences = (a: Numbers, b: Numbers) => {
  const gaps = Float64Array.from(a, (x, i) => x - b[i]!)
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const squares = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0)
  return { mean, variance: squares / (gaps.length - 1) }
}
