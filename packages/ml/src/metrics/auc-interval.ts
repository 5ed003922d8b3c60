import type { Numbers } from '../numeric/numbers.ts'
import { midranks } from '../numeric/ranks.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { normalQuantile, normalTwoSided } from '../special/normal.ts'
import { checkBinary, checkRows } from './rows.ts'

export interface AucInterval {
  readonly method: 'delong'
  readonly auc: number
  readonly standardError: number
  readonly confidence: number
  /** Within [0, 1]. */
  readonly lower: number
  readonly upper: number
}

export interface AucComparison {
  readonly method: 'delong'
  readonly aucA: number
  readonly aucB: number
  readonly difference: number
  readonly standardError: number
  readonly statistic: number
  readonly pValue: number
}

/** What each positive and each negative row contributes to the area (DeLong's V10 and V01). */
interface Placements {
  readonly auc: number
  readonly positives: Float64Array
  readonly negatives: Float64Array
}

/**
 * The area under the ROC curve with DeLong's standard error (DeLong, DeLong and Clarke-Pearson 1988) and a
 * normal interval; ties count half. Labels are 0 and 1; two rows of each class at least.
 */
export const aucInterval = (
  label: Numbers,
  score: Numbers,
  { confidence = 0.95 }: { readonly confidence?: number } = {},
): Outcome<AucInterval> => {
  checkRows({ label, score })
  const short = tooFew(label)
  if (short) return short
  const { auc, positives, negatives } = placements(label, score)
  const standardError = Math.sqrt(
    covariance(positives, positives) / positives.length +
      covariance(negatives, negatives) / negatives.length,
  )
  const reach = normalQuantile((1 + confidence) / 2) * standardError
  return {
    status: 'ok',
    method: 'delong',
    auc,
    standardError,
    confidence,
    lower: Math.max(0, auc - reach),
    upper: Math.min(1, auc + reach),
  }
}

/**
 * DeLong's two-sided test that two scores of the same rows have the same area under the ROC curve. DeLong, DeLong and
 * Clarke-Pearson 1988.
 */
export const compareAucs = (
  label: Numbers,
  scoreA: Numbers,
  scoreB: Numbers,
): Outcome<AucComparison> => {
  checkRows({ label, scoreA, scoreB })
  const short = tooFew(label)
  if (short) return short
  const [a, b] = [placements(label, scoreA), placements(label, scoreB)]
  const part = (side: 'positives' | 'negatives') =>
    (covariance(a[side], a[side]) +
      covariance(b[side], b[side]) -
      2 * covariance(a[side], b[side])) /
    a[side].length
  const standardError = Math.sqrt(Math.max(0, part('positives') + part('negatives')))
  const difference = a.auc - b.auc
  const isSame = standardError === 0 && difference === 0
  const statistic = isSame ? 0 : difference / standardError
  return {
    status: 'ok',
    method: 'delong',
    aucA: a.auc,
    aucB: b.auc,
    difference,
    standardError,
    statistic,
    pValue: normalTwoSided(statistic),
  }
}

const NEED = 2

const tooFew = (label: Numbers) => {
  checkBinary(label)
  let positives = 0
  for (let i = 0; i < label.length; i++) positives += label[i]!
  const negatives = label.length - positives
  if (positives < NEED)
    return insufficient('delong', 'positive labels', { have: positives, need: NEED })
  if (negatives < NEED)
    return insufficient('delong', 'negative labels', { have: negatives, need: NEED })
  return null
}

/** By midranks among all rows and within the class (Sun and Xu 2014). */
const placements = (label: Numbers, score: Numbers): Placements => {
  const rows = [...Array(label.length).keys()]
  const ofClass = (wanted: number) => rows.filter((i) => label[i] === wanted)
  const all = midranks(score)
  const within = (members: readonly number[]) => midranks(members.map((i) => score[i]!))
  const [up, down] = [ofClass(1), ofClass(0)]
  const [upRanks, downRanks] = [within(up), within(down)]
  const positives = Float64Array.from(up, (i, k) => (all[i]! - upRanks[k]!) / down.length)
  const negatives = Float64Array.from(down, (i, k) => 1 - (all[i]! - downRanks[k]!) / up.length)
  return { auc: mean(positives), positives, negatives }
}

const mean = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const covariance = (a: Float64Array, b: Float64Array): number => {
  const [meanA, meanB] = [mean(a), mean(b)]
  return a.reduce((sum, value, i) => sum + (value - meanA) * (b[i]! - meanB), 0) / (a.length - 1)
}
