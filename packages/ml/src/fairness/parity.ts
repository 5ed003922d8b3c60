import type { Outcome } from '../outcome.ts'
import { type GroupedMetric, type GroupMetricsInput, groupMetrics } from './group-metrics.ts'

/** Differences and ratios of the selection rate: demographic parity. Dwork et al. 2012. */
export const demographicParity = (input: GroupMetricsInput): Outcome<GroupedMetric> => {
  const result = groupMetrics(input, ['selectionRate'])
  return result.status === 'ok' ? { status: 'ok', ...result.metrics['selectionRate']! } : result
}

/** Differences and ratios of the true positive rate: equal opportunity (Hardt et al. 2016). */
export const equalOpportunity = (input: GroupMetricsInput): Outcome<GroupedMetric> => {
  const result = groupMetrics(input, ['truePositiveRate'])
  return result.status === 'ok' ? { status: 'ok', ...result.metrics['truePositiveRate']! } : result
}

/** True and false positive rates together. */
export interface EqualizedOdds {
  readonly truePositiveRate: GroupedMetric
  readonly falsePositiveRate: GroupedMetric
  /**
   * The larger of both differences, the smaller of both ratios. Where no group has a false positive, the
   * other ratio counts alone; where none has a true positive, there is no ratio.
   */
  readonly difference: number
  readonly ratio: number | null
  readonly differenceMean: number
  readonly ratioMean: number | null
}

/** Equalised odds (Hardt, Price and Srebro 2016), by the worst and by the mean of both rates. */
export const equalizedOdds = (input: GroupMetricsInput): Outcome<EqualizedOdds> => {
  const result = groupMetrics(input, ['truePositiveRate', 'falsePositiveRate'])
  if (result.status !== 'ok') return result
  const tpr = result.metrics['truePositiveRate']!
  const fpr = result.metrics['falsePositiveRate']!
  const ratios = [tpr.ratio, fpr.ratio].filter((ratio) => ratio !== null)
  return {
    status: 'ok',
    truePositiveRate: tpr,
    falsePositiveRate: fpr,
    difference: Math.max(tpr.difference, fpr.difference),
    ratio: tpr.ratio === null ? null : Math.min(...ratios),
    differenceMean: (tpr.difference + fpr.difference) / 2,
    ratioMean:
      ratios.length > 0 ? ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length : null,
  }
}

/** The verdict of the four-fifths rule. */
export interface FourFifths {
  readonly threshold: number
  /** Smallest selection rate over the largest. */
  readonly minimumRatio: number | null
  readonly pass: boolean
  readonly rates: Readonly<Record<string, number>>
}

/** One rounding of a ratio. */
const ROUNDING = 4 * Number.EPSILON

/**
 * The four-fifths rule of adverse impact (US EEOC 1978): no group's selection rate is below 0.8 of the
 * highest group's. Where nobody is selected there is no ratio, which is no pass.
 */
export const fourFifths = (input: GroupMetricsInput, threshold = 0.8): Outcome<FourFifths> => {
  const parity = demographicParity(input)
  if (parity.status !== 'ok') return parity
  const pass = parity.ratio !== null && parity.ratio >= threshold - ROUNDING
  return { status: 'ok', threshold, minimumRatio: parity.ratio, pass, rates: parity.byGroup }
}
