import type { Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { checkBinary, checkRows, weightless } from './rows.ts'

/** Weights (or numbers) of rows by label and predicted class. */
export interface BinaryConfusion {
  readonly tn: number
  readonly fp: number
  readonly fn: number
  readonly tp: number
}

/** Figures of a binary decision. Those that are undefined for lack of rows are null. */
export interface BinaryThresholdMetrics {
  readonly rows: number
  readonly threshold: number
  readonly confusion: BinaryConfusion
  readonly accuracy: number
  /** Mean recall of the classes that have rows. */
  readonly balancedAccuracy: number
  readonly precision: number | null
  readonly recall: number | null
  readonly specificity: number | null
  readonly f1: number | null
  readonly f2: number | null
  /** Matthews' correlation; 0 when a margin of the table is empty. */
  readonly mcc: number
  /** Cohen's kappa. */
  readonly kappa: number | null
  readonly jaccard: number
}

export interface ThresholdOptions {
  /** Scores at or above it are predicted positive; 0.5 by default. */
  readonly threshold?: number
  readonly weights?: Numbers
  /** What precision, recall and F are over no rows: undefined (null) by default. */
  readonly zeroDivision?: 0 | 1 | null
}

/**
 * Figures of the decision `score >= threshold` against labels of 0 and 1. Among them Matthews' coefficient (1975) and
 * Cohen's kappa (1960).
 */
export const binaryThresholdMetrics = (
  label: Numbers,
  score: Numbers,
  { threshold = 0.5, weights, zeroDivision = null }: ThresholdOptions = {},
): Outcome<BinaryThresholdMetrics> => {
  const rows = checkRows({ label, score, weights })
  checkBinary(label)
  if (rows === 0) return insufficient('binary-threshold', 'rows', { have: 0, need: 1 })
  const cells = [0, 0, 0, 0]
  for (let i = 0; i < rows; i++) {
    cells[2 * label[i]! + (score[i]! >= threshold ? 1 : 0)]! += weights ? weights[i]! : 1
  }
  const [tn, fp, fn, tp] = cells as [number, number, number, number]
  if (weights && !(tn + fp + fn + tp > 0)) return weightless('binary-threshold')
  const metrics = confusionMetrics({ tn, fp, fn, tp })
  return {
    status: 'ok',
    rows,
    threshold,
    ...metrics,
    precision: metrics.precision ?? zeroDivision,
    recall: metrics.recall ?? zeroDivision,
    specificity: metrics.specificity ?? zeroDivision,
    f1: metrics.f1 ?? zeroDivision,
    f2: metrics.f2 ?? zeroDivision,
  }
}

/** The figures of a 2 x 2 table; cells may be weights or expected counts. */
export const confusionMetrics = (
  confusion: BinaryConfusion,
): Omit<BinaryThresholdMetrics, 'rows' | 'threshold'> => {
  const { tn, fp, fn, tp } = confusion
  const total = tn + fp + fn + tp
  const recalls = [ratio(tp, tp + fn), ratio(tn, tn + fp)].filter((rate) => rate !== null)
  const margins = Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
  const chance = ((tp + fp) * (tp + fn) + (tn + fn) * (tn + fp)) / total ** 2
  const accuracy = (tp + tn) / total
  return {
    confusion,
    accuracy,
    balancedAccuracy: recalls.reduce((sum, rate) => sum + rate, 0) / recalls.length,
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    specificity: ratio(tn, tn + fp),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
    f2: ratio(5 * tp, 5 * tp + fp + 4 * fn),
    mcc: margins > 0 ? (tp * tn - fp * fn) / margins : 0,
    kappa: chance < 1 ? (accuracy - chance) / (1 - chance) : null,
    jaccard: ratio(tp, tp + fp + fn) ?? 0,
  }
}

/**
 * Mean value of a decision, in the unit of the value matrix: what each cell of the table is worth. Costs are negative
 * values. Elkan 2001.
 */
export const businessValue = (confusion: BinaryConfusion, value: BinaryConfusion): number => {
  const { tn, fp, fn, tp } = confusion
  const sum = tn * value.tn + fp * value.fp + fn * value.fn + tp * value.tp
  return sum / (tn + fp + fn + tp)
}

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null)
