import { binaryRankingMetrics } from '../metrics/binary-ranking.ts'
import { binaryThresholdMetrics } from '../metrics/binary-threshold.ts'
import { applyIsotonic, fitIsotonic, type IsotonicFit } from '../metrics/isotonic.ts'
import { checkBinary, checkRows } from '../metrics/rows.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { chunksOf } from './chunks.ts'
import { deviationThreshold } from './deviation-threshold.ts'
import { type EstimatedMetric, expectedMetric } from './expected-performance.ts'
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
}

/** What is needed to estimate performance without labels; plain data. */
export interface CbpeReference {
  readonly method: 'cbpe'
  readonly metric: EstimatedMetric
  readonly threshold: number
  readonly chunkSize: number
  readonly rows: number
  readonly calibration: IsotonicFit | null
  readonly samplingError: number
  /** The metric of each reference chunk. */
  readonly realized: readonly number[]
  /** Bounds of alerts: mean -+ 3 standard deviations over the reference chunks. */
  readonly lowerThreshold: number
  readonly upperThreshold: number
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
  readonly lowerThreshold: number
  readonly upperThreshold: number
  readonly alert: boolean
}

/** Sampling errors on either side of a confidence band. */
const BAND = 3
const CUSTOMARY_ROWS = 2

/**
 * Learns from labelled reference rows what confidence-based performance estimation needs (NannyML
 * documentation; Białek et al. 2023). Estimates hold under covariate shift, not under concept drift.
 */
export const fitCbpe = (
  label: Numbers,
  score: Numbers,
  { metric, chunkSize, threshold = 0.5, calibrate }: CbpeOptions,
): Outcome<CbpeReference> => {
  const rows = checkRows({ label, score })
  checkBinary(label)
  if (rows < CUSTOMARY_ROWS) {
    return insufficient('cbpe', 'reference rows', { have: rows, need: CUSTOMARY_ROWS })
  }
  const isCalibrated = calibrate ?? needsCalibration(label, score).needsCalibration
  const isPredicted = Float64Array.from(score, (s) => (s >= threshold ? 1 : 0))
  const realized = chunksOf(rows, { size: chunkSize }).map(([from, to]) =>
    realizedMetric(metric, label.slice(from, to), score.slice(from, to), threshold),
  )
  const bounds = deviationThreshold(realized, { multiplier: 3, limits: [0, 1] })
  if (bounds.status !== 'ok') return bounds
  return {
    status: 'ok',
    method: 'cbpe',
    metric,
    threshold,
    chunkSize,
    rows,
    calibration: isCalibrated ? fitIsotonic(score, label) : null,
    samplingError: samplingError(metric, { label, isPredicted, score }, chunkSize),
    realized,
    lowerThreshold: bounds.lower,
    upperThreshold: bounds.upper,
  }
}

/** Estimates the metric of rows without labels from their scores. */
export const estimateCbpe = (reference: CbpeReference, score: Numbers): Outcome<CbpeEstimate> => {
  const { metric, threshold, calibration, lowerThreshold, upperThreshold } = reference
  const rows = checkRows({ score })
  if (rows === 0) return insufficient('cbpe', 'rows', { have: 0, need: 1 })
  const isPredicted = Float64Array.from(score, (s) => (s >= threshold ? 1 : 0))
  const probability = calibration ? applyIsotonic(calibration, score) : score
  const value = expectedMetric(metric, { isPredicted, probability, score })
  if (Number.isNaN(value)) {
    return insufficient('cbpe', `rows that ${metric} speaks of`, { have: 0, need: 1 })
  }
  const reach = BAND * reference.samplingError
  return {
    status: 'ok',
    method: 'cbpe',
    metric,
    rows,
    value,
    samplingError: reference.samplingError,
    lowerConfidence: Math.max(0, value - reach),
    upperConfidence: Math.min(1, value + reach),
    lowerThreshold,
    upperThreshold,
    alert: value < lowerThreshold || value > upperThreshold,
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
    if (ranking.status !== 'ok') return Number.NaN
    return metric === 'roc_auc' ? ranking.rocAuc : ranking.averagePrecision
  }
  const figures = binaryThresholdMetrics(label, score, { threshold })
  return figures.status === 'ok' ? (figures[metric] ?? Number.NaN) : Number.NaN
}
