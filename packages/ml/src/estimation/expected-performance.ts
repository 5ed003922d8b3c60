import { type BinaryConfusion, confusionMetrics } from '../metrics/binary-threshold.ts'
import { checkRows } from '../metrics/rows.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { ascendingOrder } from '../numeric/order.ts'

/** Figures that can be estimated for decisions of two classes. */
export const ESTIMATED_METRICS = [
  'accuracy',
  'precision',
  'recall',
  'f1',
  'specificity',
  'roc_auc',
  'average_precision',
] as const
export type EstimatedMetric = (typeof ESTIMATED_METRICS)[number]

/**
 * The confusion table to expect when each row is positive with its calibrated probability: CBPE's first
 * step (NannyML documentation, "How CBPE works").
 */
export const expectedConfusion = (isPredicted: Numbers, probability: Numbers): BinaryConfusion => {
  const rows = checkRows({ isPredicted, probability })
  let [tn, fp, fn, tp] = [0, 0, 0, 0]
  for (let i = 0; i < rows; i++) {
    const p = probability[i]!
    if (isPredicted[i] === 1) {
      tp += p
      fp += 1 - p
    } else {
      fn += p
      tn += 1 - p
    }
  }
  return { tn, fp, fn, tp }
}

/** Area under the expected ROC curve and expected average precision; rows are ranked by their raw score. */
export const expectedRanking = (
  probability: Numbers,
  score: Numbers,
): { readonly rocAuc: number; readonly averagePrecision: number } => {
  const rows = checkRows({ probability, score })
  const order = ascendingOrder(score)
  let [tp, fp, area, precision] = [0, 0, 0, 0]
  for (let start = rows - 1; start >= 0; ) {
    let end = start
    let [gainedTp, gainedFp] = [0, 0]
    while (end >= 0 && score[order[end]!] === score[order[start]!]) {
      const p = probability[order[end]!]!
      gainedTp += p
      gainedFp += 1 - p
      end--
    }
    area += gainedFp * (tp + gainedTp / 2)
    tp += gainedTp
    fp += gainedFp
    precision += (gainedTp * tp) / (tp + fp)
    start = end
  }
  return { rocAuc: area / (tp * fp), averagePrecision: precision / tp }
}

/** One expected figure; NaN where it is undefined. */
export const expectedMetric = (
  metric: EstimatedMetric,
  rows: { readonly isPredicted: Numbers; readonly probability: Numbers; readonly score: Numbers },
): number => {
  if (metric === 'roc_auc') return expectedRanking(rows.probability, rows.score).rocAuc
  if (metric === 'average_precision') {
    return expectedRanking(rows.probability, rows.score).averagePrecision
  }
  const figures = confusionMetrics(expectedConfusion(rows.isPredicted, rows.probability))
  return figures[metric] ?? Number.NaN
}
