import type { Numbers } from '../numeric/numbers.ts'
import { ascendingOrder } from '../numeric/order.ts'
import { type Insufficient, insufficient, type Outcome } from '../outcome.ts'
import { checkBinary, checkRows } from './rows.ts'

/**
 * Cumulated weights of negatives and positives with a score at or above each distinct score; rows of
 * weight 0 are as good as absent.
 */
interface Cumulated {
  /** Distinct scores, descending. */
  readonly scores: Float64Array
  readonly falsePositives: Float64Array
  readonly truePositives: Float64Array
}

export interface BinaryRankingMetrics {
  readonly rows: number
  /** Area under the ROC curve: the chance that a positive scores above a negative, ties half. */
  readonly rocAuc: number
  /** Mean precision over the recall steps, without interpolation. */
  readonly averagePrecision: number
}

export interface RocCurve {
  readonly fpr: Float64Array
  readonly tpr: Float64Array
  /** Descending; the first is infinite, for the point (0, 0). */
  readonly thresholds: Float64Array
}

export interface PrecisionRecallCurve {
  /** By ascending threshold, hence descending recall; the last point is (recall 0, precision 1). */
  readonly precision: Float64Array
  readonly recall: Float64Array
  readonly thresholds: Float64Array
}

/** How well scores rank the positives above the negatives; labels are 0 and 1. Fawcett 2006. */
export const binaryRankingMetrics = (
  label: Numbers,
  score: Numbers,
  weights?: Numbers,
): Outcome<BinaryRankingMetrics> => {
  const curve = cumulate('binary-ranking', { label, score, weights })
  if ('status' in curve) return curve
  const { falsePositives, truePositives } = curve
  const last = truePositives.length - 1
  const [positives, negatives] = [truePositives[last]!, falsePositives[last]!]
  if (positives === 0 || negatives === 0) {
    const what = positives === 0 ? 'positive labels' : 'negative labels'
    return insufficient('binary-ranking', what, { have: 0, need: 1 })
  }
  let [area, precision, tpBefore, fpBefore] = [0, 0, 0, 0]
  for (let i = 0; i <= last; i++) {
    const [tp, fp] = [truePositives[i]!, falsePositives[i]!]
    area += ((fp - fpBefore) * (tp + tpBefore)) / 2
    precision += ((tp - tpBefore) * tp) / (tp + fp)
    tpBefore = tp
    fpBefore = fp
  }
  return {
    status: 'ok',
    rows: label.length,
    rocAuc: area / (positives * negatives),
    averagePrecision: precision / positives,
  }
}

/** The two figures of unweighted rows in a known ascending order of their scores; null where one class is absent. */
export const rankingInOrder = (
  label: Numbers,
  score: Numbers,
  order: Uint32Array,
): { readonly rocAuc: number; readonly averagePrecision: number } | null => {
  let [tp, fp, area, precision, tpBefore, fpBefore] = [0, 0, 0, 0, 0, 0]
  for (let i = order.length - 1; i >= 0; i--) {
    const row = order[i]!
    if (label[row] === 1) tp++
    else fp++
    if (i > 0 && score[order[i - 1]!] === score[row]) continue
    area += ((fp - fpBefore) * (tp + tpBefore)) / 2
    precision += ((tp - tpBefore) * tp) / (tp + fp)
    tpBefore = tp
    fpBefore = fp
  }
  if (tp === 0 || fp === 0) return null
  return { rocAuc: area / (tp * fp), averagePrecision: precision / tp }
}

/** Average precision alone, which is defined for a single class too: 0 without positives, 1 without negatives. */
export const averagePrecision = (
  label: Numbers,
  score: Numbers,
  weights?: Numbers,
): Outcome<{ readonly averagePrecision: number }> => {
  const both = binaryRankingMetrics(label, score, weights)
  if (both.status === 'ok') return { status: 'ok', averagePrecision: both.averagePrecision }
  if (both.what !== 'negative labels' && both.what !== 'positive labels') return both
  return { status: 'ok', averagePrecision: both.what === 'negative labels' ? 1 : 0 }
}

/** The ROC curve with a point for each distinct score. Fawcett 2006. */
export const rocCurve = (label: Numbers, score: Numbers, weights?: Numbers): Outcome<RocCurve> => {
  const curve = cumulate('roc-curve', { label, score, weights })
  if ('status' in curve) return curve
  return {
    status: 'ok',
    fpr: rates(curve.falsePositives),
    tpr: rates(curve.truePositives),
    thresholds: Float64Array.from([Number.POSITIVE_INFINITY, ...curve.scores]),
  }
}

/** The precision-recall curve with a point for each distinct score. */
export const precisionRecallCurve = (
  label: Numbers,
  score: Numbers,
  weights?: Numbers,
): Outcome<PrecisionRecallCurve> => {
  const curve = cumulate('precision-recall-curve', { label, score, weights })
  if ('status' in curve) return curve
  const { truePositives, falsePositives, scores } = curve
  const positives = truePositives[truePositives.length - 1]!
  const precision = truePositives.map((tp, i) => tp / (tp + falsePositives[i]!)).reverse()
  const recall = truePositives.map((tp) => (positives > 0 ? tp / positives : 1)).reverse()
  return {
    status: 'ok',
    precision: Float64Array.from([...precision, 1]),
    recall: Float64Array.from([...recall, 0]),
    thresholds: scores.toReversed(),
  }
}

/** Starts at 0; all NaN where there is nothing to count. */
const rates = (cumulated: Float64Array): Float64Array => {
  const total = cumulated[cumulated.length - 1]!
  const out = new Float64Array(cumulated.length + 1)
  for (let i = 0; i < cumulated.length; i++) out[i + 1] = cumulated[i]! / total
  if (total === 0) out[0] = Number.NaN
  return out
}

const cumulate = (
  method: string,
  columns: {
    readonly label: Numbers
    readonly score: Numbers
    readonly weights: Numbers | undefined
  },
): Cumulated | Insufficient => {
  const { label, score, weights } = columns
  const rows = checkRows({ label, score, weights })
  checkBinary(label)
  if (rows === 0) return insufficient(method, 'rows', { have: 0, need: 1 })
  const ranked = ascendingOrder(score)
  const order = weights ? ranked.filter((row) => weights[row]! > 0) : ranked
  if (order.length === 0) return insufficient(method, 'rows of weight', { have: 0, need: 1 })
  const scores = new Float64Array(rows)
  const falsePositives = new Float64Array(rows)
  const truePositives = new Float64Array(rows)
  let [count, tp, fp] = [0, 0, 0]
  for (let i = order.length - 1; i >= 0; i--) {
    const row = order[i]!
    const weight = weights ? weights[row]! : 1
    if (label[row] === 1) tp += weight
    else fp += weight
    if (i > 0 && score[order[i - 1]!] === score[row]) continue
    scores[count] = score[row]!
    falsePositives[count] = fp
    truePositives[count] = tp
    count++
  }
  return {
    scores: scores.slice(0, count),
    falsePositives: falsePositives.slice(0, count),
    truePositives: truePositives.slice(0, count),
  }
}
