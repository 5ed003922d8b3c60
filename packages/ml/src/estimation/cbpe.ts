import { binaryRankingMetrics, rankingInOrder } from '../metrics/binary-ranking.ts'
import { type BinaryThresholdMetrics, binaryThresholdMetrics } from '../metrics/binary-threshold.ts'
import { checkBinary, checkRows } from '../metrics/rows.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { ascendingOrder } from '../numeric/order.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import {
  applyCalibration,
  type CalibrationFit,
  type Calibrator,
  fitCalibration,
} from './calibrator.ts'
import { chunksOf } from './chunks.ts'
import { deviationThreshold } from './deviation-threshold.ts'
import { type EstimatedMetric, expectedMetrics } from './expected-performance.ts'
import type { LabelledRows } from './labelled-rows.ts'
import { needsCalibration } from './needs-calibration.ts'
import { samplingError } from './sampling-error.ts'

export interface CbpeOptions {
  readonly metric: EstimatedMetric
  /** Rows of a chunk, by which reference figures and the sampling error are made. */
  readonly chunkSize: number
  /** Scores at or above it are predicted positive; 0.5 by default. */
  readonly threshold?: number
  /** Whether scores are calibrated on the reference; by default where that helps. */
  readonly calibrate?: boolean
  /** Isotonic by default; Platt's scaling where labelled rows are few. */
  readonly calibrator?: Calibrator
}

/** What is needed to estimate performance without labels; plain data. */
export interface CbpeReference {
  readonly method: 'cbpe'
  readonly metric: EstimatedMetric
  readonly threshold: number
  readonly chunkSize: number
  readonly rows: number
  readonly calibration: CalibrationFit | null
  readonly samplingError: number
  /** The metric of each reference chunk. */
  readonly realized: readonly number[]
  /** Bounds of alerts: mean -+ 3 standard deviations over the reference chunks; null where no chunk has the figure. */
  readonly lowerThreshold: number | null
  readonly upperThreshold: number | null
}

export interface CbpeEstimate {
  readonly method: 'cbpe'
  readonly metric: EstimatedMetric
  readonly rows: number
  readonly value: number
  readonly samplingError: number
  /** Value -+ 3 sampling errors, within [0, 1]. */
  readonly lowerConfidence: number
  readonly upperConfidence: number
  /** Null where no reference chunk has the figure: then there is no alert. */
  readonly lowerThreshold: number | null
  readonly upperThreshold: number | null
  readonly alert: boolean
}

/** Sampling errors on either side of a confidence band. */
const BAND = 3
const CUSTOMARY_ROWS = 2
/** A figure that never varies is not outside its own bounds by its last digit. */
const ROUNDING = 1e-12

/** One reference for each metric, or why there is none. */
export type CbpeReferences = Outcome<{ readonly references: readonly CbpeReference[] }>

/**
 * Learns from labelled reference rows what confidence-based performance estimation needs (NannyML
 * documentation; Białek et al. 2023). Estimates hold under covariate shift, not under concept drift.
 */
export const fitCbpe = (
  label: Numbers,
  score: Numbers,
  { metric, ...options }: CbpeOptions,
): Outcome<CbpeReference> => {
  const fitted = fitCbpeMetrics(label, score, { ...options, metrics: [metric] })
  return fitted.status === 'ok' ? { status: 'ok', ...fitted.references[0]! } : fitted
}

/** The same for several metrics, which share the order of the rows and the calibration. */
export const fitCbpeMetrics = (
  label: Numbers,
  score: Numbers,
  options: Omit<CbpeOptions, 'metric'> & { readonly metrics: readonly EstimatedMetric[] },
): CbpeReferences => {
  const { metrics, chunkSize, threshold = 0.5, calibrate, calibrator = 'isotonic' } = options
  const rows = checkRows({ label, score })
  checkBinary(label)
  if (rows < CUSTOMARY_ROWS) {
    return insufficient('cbpe', 'reference rows', { have: rows, need: CUSTOMARY_ROWS })
  }
  const order = ascendingOrder(score)
  const isCalibrated = calibrate ?? needsCalibration(label, score, { order }).needsCalibration
  const fitted = isCalibrated ? fitCalibration(calibrator, { label, score }, order) : null
  if (fitted && fitted.status !== 'ok') return fitted
  const calibration = fitted ? fitted.fit : null
  const labelled = { label, score, order, isPredicted: decided(score, threshold) }
  const realized = realizedByChunk(metrics, labelled, { chunkSize, threshold })
  const references: CbpeReference[] = []
  for (const [k, metric] of metrics.entries()) {
    const bounds = deviationThreshold(realized[k]!, { multiplier: 3, limits: [0, 1] })
    const [lower, upper] = bounds.status === 'ok' ? [bounds.lower, bounds.upper] : [null, null]
    references.push({
      method: 'cbpe',
      metric,
      threshold,
      chunkSize,
      rows,
      calibration,
      samplingError: samplingError(metric, labelled, chunkSize),
      realized: realized[k]!,
      lowerThreshold: lower,
      upperThreshold: upper,
    })
  }
  return { status: 'ok', references }
}

const decided = (score: Numbers, threshold: number): Uint8Array => {
  const isPredicted = new Uint8Array(score.length)
  for (let i = 0; i < score.length; i++) if (score[i]! >= threshold) isPredicted[i] = 1
  return isPredicted
}

/** By metric its values in each chunk. */
const realizedByChunk = (
  metrics: readonly EstimatedMetric[],
  { label, score, order }: LabelledRows & { readonly order: Uint32Array },
  { chunkSize, threshold }: { readonly chunkSize: number; readonly threshold: number },
): readonly (readonly number[])[] => {
  const chunks = chunksOf(label.length, { size: chunkSize })
  const orders = chunks.map(([from, to]) => new Uint32Array(to - from))
  const filled = new Uint32Array(chunks.length)
  for (const row of order) {
    const chunk = Math.floor(row / chunkSize)
    orders[chunk]![filled[chunk]!++] = row - chunk * chunkSize
  }
  const byChunk = chunks.map(([from, to], chunk) => {
    const [y, s] = [label.slice(from, to), score.slice(from, to)]
    const ranking = metrics.some(isRanking) ? rankingInOrder(y, s, orders[chunk]!) : null
    const figures = binaryThresholdMetrics(y, s, { threshold })
    return metrics.map((metric) => {
      if (metric === 'roc_auc') return ranking?.rocAuc ?? Number.NaN
      if (metric === 'average_precision') return ranking?.averagePrecision ?? precisionOfOneClass(y)
      return figures.status === 'ok' ? speakingFigure(metric, figures) : Number.NaN
    })
  })
  return metrics.map((_, k) => byChunk.map((values) => values[k]!))
}

/** Average precision of a chunk of one class: 1 of positives alone, without any there is none. */
const precisionOfOneClass = (label: Numbers): number => (label[0] === 1 ? 1 : Number.NaN)

/**
 * A figure of decisions. Precision, recall and their mean are left out where a chunk holds one class or one decision only, as
 * NannyML has it: such a chunk would move the thresholds and says nothing of the model.
 */
const speakingFigure = (
  metric: Exclude<EstimatedMetric, 'roc_auc' | 'average_precision'>,
  figures: BinaryThresholdMetrics,
): number => {
  const { tn, fp, fn, tp } = figures.confusion
  const isMixed = tp + fn > 0 && tn + fp > 0 && tp + fp > 0 && tn + fn > 0
  const needsBoth = metric === 'f1' || metric === 'precision' || metric === 'recall'
  return needsBoth && !isMixed ? Number.NaN : (figures[metric] ?? Number.NaN)
}

const isRanking = (metric: EstimatedMetric): boolean =>
  metric === 'roc_auc' || metric === 'average_precision'

/** Estimates the metric of rows without labels from their scores. */
export const estimateCbpe = (reference: CbpeReference, score: Numbers): Outcome<CbpeEstimate> =>
  estimateCbpeMetrics([reference], score)[0]!

/**
 * The same for the references of several metrics; those that were fitted together share the calibrated probabilities and the
 * order of the rows.
 */
export const estimateCbpeMetrics = (
  references: readonly CbpeReference[],
  score: Numbers,
): readonly Outcome<CbpeEstimate>[] => {
  const rows = checkRows({ score })
  if (rows === 0) {
    return references.map(() => insufficient('cbpe', 'rows', { have: 0, need: 1 }))
  }
  const order = ascendingOrder(score)
  const values = new Map<CbpeReference, number>()
  for (const shared of sharingFit(references)) {
    const { calibration, threshold } = shared[0]!
    const probability = calibration ? applyCalibration(calibration, score, order) : score
    const expected = expectedMetrics(
      shared.map(({ metric }) => metric),
      { isPredicted: decided(score, threshold), probability, score, order },
    )
    shared.forEach((reference, k) => {
      values.set(reference, expected[k]!)
    })
  }
  return references.map((reference) => estimateOf(reference, rows, values.get(reference)!))
}

/** References by their calibration and threshold. */
const sharingFit = (references: readonly CbpeReference[]): readonly CbpeReference[][] => {
  const groups: CbpeReference[][] = []
  for (const reference of references) {
    const { calibration, threshold } = reference
    const group = groups.find(
      ([first]) => first?.calibration === calibration && first.threshold === threshold,
    )
    if (group) group.push(reference)
    else groups.push([reference])
  }
  return groups
}

const estimateOf = (
  reference: CbpeReference,
  rows: number,
  value: number,
): Outcome<CbpeEstimate> => {
  const { metric, lowerThreshold, upperThreshold } = reference
  if (Number.isNaN(value)) {
    return insufficient('cbpe', `rows that ${metric} speaks of`, { have: 0, need: 1 })
  }
  // The reference's error is that of a whole chunk; rows that are fewer vary more.
  const samplingError = reference.samplingError * Math.sqrt(reference.chunkSize / rows)
  const reach = BAND * samplingError
  return {
    status: 'ok',
    method: 'cbpe',
    metric,
    rows,
    value,
    samplingError,
    lowerConfidence: Math.max(0, value - reach),
    upperConfidence: Math.min(1, value + reach),
    lowerThreshold,
    upperThreshold,
    alert:
      (lowerThreshold !== null && value < lowerThreshold - ROUNDING) ||
      (upperThreshold !== null && value > upperThreshold + ROUNDING),
  }
}

/** The metric with labels; NaN where it is undefined. */
export const realizedMetric = (
  metric: EstimatedMetric,
  label: Numbers,
  score: Numbers,
  threshold: number,
): number => {
  if (metric === 'roc_auc' || metric === 'average_precision') {
    const ranking = binaryRankingMetrics(label, score)
    if (ranking.status !== 'ok')
      return metric === 'average_precision' ? precisionOfOneClass(label) : Number.NaN
    return metric === 'roc_auc' ? ranking.rocAuc : ranking.averagePrecision
  }
  const figures = binaryThresholdMetrics(label, score, { threshold })
  return figures.status === 'ok' ? speakingFigure(metric, figures) : Number.NaN
}
