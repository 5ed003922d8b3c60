import { type BinaryConfusion, confusionMetrics } from '../metrics/binary-threshold.ts'
import { checkRows } from '../metrics/rows.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { ascendingOrder } from '../numeric/order.ts'
import { roundHalfEven } from '../numeric/quantile.ts'

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

/** Cumulated counts are kept to five decimals, as NannyML keeps them: figures agree to the last digit. */
const COUNT_SCALE = 1e5

/**
 * Area under the expected ROC curve and expected average precision; rows are ranked by their raw score, in `order` where
 * it is known. NannyML's documentation.
 */
export const expectedRanking = (
  probability: Numbers,
  score: Numbers,
  order: Uint32Array = ascendingOrder(score),
): { readonly rocAuc: number; readonly averagePrecision: number } => {
  const rows = checkRows({ probability, score })
  let positives = 0
  let [tp, fp, area, precision] = [0, 0, 0, 0]
  for (let i = rows - 1; i >= 0; i--) {
    const p = probability[order[i]!]!
    positives += p
    const [tpHere, fpHere] = [rounded(positives), rounded(rows - i - positives)]
    area += ((fpHere - fp) * (tpHere + tp)) / 2
    precision += ((tpHere - tp) * tpHere) / (rows - i)
    tp = tpHere
    fp = fpHere
  }
  return { rocAuc: area / (tp * fp), averagePrecision: precision / tp }
}

const rounded = (count: number): number => roundHalfEven(count * COUNT_SCALE) / COUNT_SCALE

/** One expected figure; NaN where it is undefined. */
export const expectedMetric = (metric: EstimatedMetric, rows: ExpectedRows): number =>
  expectedMetrics([metric], rows)[0]!

/** Rows with their decisions and probabilities; `order` are they by ascending score, where it is known. */
export interface ExpectedRows {
  readonly isPredicted: Numbers
  readonly probability: Numbers
  readonly score: Numbers
  readonly order?: Uint32Array
}

/** Several expected figures of the same rows, in the order of their names; NaN where one is undefined. */
export const expectedMetrics = (
  metrics: readonly EstimatedMetric[],
  { isPredicted, probability, score, order }: ExpectedRows,
): number[] => {
  let ranking: ReturnType<typeof expectedRanking> | undefined
  let figures: ReturnType<typeof confusionMetrics> | undefined
  return metrics.map((metric) => {
    if (metric === 'roc_auc' || metric === 'average_precision') {
      ranking ??= expectedRanking(probability, score, order)
      return metric === 'roc_auc' ? ranking.rocAuc : ranking.averagePrecision
    }
    figures ??= confusionMetrics(expectedConfusion(isPredicted, probability))
    return figures[metric] ?? Number.NaN
  })
}
