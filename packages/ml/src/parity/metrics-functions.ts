import { meanAndVariance } from '../drift/t-test.ts'
import {
  averagePrecision,
  binaryRankingMetrics,
  precisionRecallCurve,
  rocCurve,
} from '../metrics/binary-ranking.ts'
import { binaryThresholdMetrics } from '../metrics/binary-threshold.ts'
import { calibrationCurve, calibrationError } from '../metrics/calibration.ts'
import { applyIsotonic, fitIsotonic } from '../metrics/isotonic.ts'
import { multiclassMetrics } from '../metrics/multiclass.ts'
import { multiclassProbabilityMetrics } from '../metrics/multiclass-probability.ts'
import { applyPlatt, fitPlatt } from '../metrics/platt.ts'
import { probabilityLoss } from '../metrics/probability-loss.ts'
import { discountedGain, normalizedGain, rankingAveragePrecision } from '../metrics/ranking.ts'
import { pinballLoss, regressionMetrics } from '../metrics/regression.ts'
import { MlError } from '../ml-error.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { bootstrapIntervals } from '../sampling/bootstrap-interval.ts'
import { mcNemar, pairedTTest, wilcoxonSignedRank } from '../sampling/paired-tests.ts'
import { differenceIntervals, proportionIntervals } from '../sampling/proportion-interval.ts'
import type { ParityFunction } from './parity-function.ts'
import { type Inputs, type Loose, listOf, numbers, values } from './values.ts'

const labelled = (inputs: Inputs) =>
  [
    numbers(inputs, 'label'),
    numbers(inputs, 'score'),
    inputs['weight'] ? numbers(inputs, 'weight') : undefined,
  ] as const

/** Rows of probabilities from columns of logits. */
export const softmax = (logits: readonly Float64Array[]): Float64Array[] => {
  const out = logits.map((column) => new Float64Array(column.length))
  for (let i = 0; i < (logits[0]?.length ?? 0); i++) {
    const largest = Math.max(...logits.map((column) => column[i]!))
    const powers = logits.map((column) => Math.exp(column[i]! - largest))
    const total = powers.reduce((sum, power) => sum + power, 0)
    powers.forEach((power, k) => {
      out[k]![i] = power / total
    })
  }
  return out
}

const STATISTICS: Readonly<Record<string, (sample: Float64Array) => number>> = {
  mean: (sample) => sample.reduce((sum, value) => sum + value, 0) / sample.length,
  median: (sample) => quantileOfSorted(sample.sort(), 0.5),
  std: (sample) => Math.sqrt(meanAndVariance(sample).variance),
  variance: (sample) => meanAndVariance(sample).variance,
}

const statisticOf = (name: unknown): ((sample: Float64Array) => number) => {
  const statistic = STATISTICS[String(name)]
  if (statistic) return statistic
  throw new MlError(
    'invalid_input',
    `the statistic '${String(name)}' is not known`,
    `use one of ${Object.keys(STATISTICS).join(', ')}`,
  )
}

/** What stands for a figure over no rows: 0, 1, or nothing at all. */
const zeroDivisionOf = (value: unknown): 0 | 1 | null => (value === 0 || value === 1 ? value : null)

/** The metrics family of the parity schema. */
export const METRICS_FUNCTIONS: Readonly<Record<string, ParityFunction>> = {
  'binary-threshold': (inputs, { threshold, comparison, zeroDivision }) => {
    const [label, given, weights] = labelled(inputs)
    const bound = Number(threshold ?? 0.5)
    const isStrict = comparison === '>'
    const score = isStrict ? given.map((s) => (s > bound ? 1 : 0)) : given
    const options = {
      threshold: isStrict ? 1 : bound,
      zeroDivision: zeroDivisionOf(zeroDivision),
      ...(weights && { weights }),
    }
    return binaryThresholdMetrics(label, score, options)
  },
  'binary-ranking': (inputs) => {
    const both = binaryRankingMetrics(...labelled(inputs))
    return both.status === 'ok' ? both : { rocAuc: null, ...averagePrecision(...labelled(inputs)) }
  },
  'probability-loss': (inputs) => probabilityLoss(...labelled(inputs)),
  'roc-curve': (inputs) => rocCurve(...labelled(inputs)),
  'precision-recall-curve': (inputs) => precisionRecallCurve(...labelled(inputs)),
  regression: (inputs, _, expected) => {
    const [label, prediction] = [numbers(inputs, 'label'), numbers(inputs, 'prediction')]
    const metrics = regressionMetrics(label, prediction)
    if (metrics.status !== 'ok') return metrics
    const pinball = Object.keys(expected).flatMap((name) => {
      const percent = /^pinball(\d+)$/u.exec(name)?.[1]
      return percent ? [[name, pinballLoss(label, prediction, Number(percent) / 100)] as const] : []
    })
    return { ...metrics, ...Object.fromEntries(pinball) }
  },
  'calibration-curve': (inputs, { bins, strategy }) => {
    const [label, score] = labelled(inputs)
    const cells = strategy === 'quantile' ? 'quantile' : 'uniform'
    return calibrationCurve(label, score, { bins: Number(bins), strategy: cells })
  },
  'calibration-error': (inputs, { bins }) => {
    const [label, score] = labelled(inputs)
    return calibrationError(label, score, Number(bins))
  },
  'platt-scaling': (inputs) => {
    const [label, score] = labelled(inputs)
    const fit = fitPlatt(label, score)
    return fit.status === 'ok' ? { ...fit, calibratedAtHalf: applyPlatt(fit, [0.5])[0] } : fit
  },
  'isotonic-regression': (inputs) => {
    const [label, score] = labelled(inputs)
    return { predicted: applyIsotonic(fitIsotonic(score, label), numbers(inputs, 'apply')) }
  },
  multiclass: (inputs, { zeroDivision }) => {
    const [label, prediction] = [values(inputs, 'label'), values(inputs, 'prediction')] as const
    const metrics = multiclassMetrics(
      label as Exclude<Loose, null>[],
      prediction as Exclude<Loose, null>[],
      { zeroDivision: zeroDivisionOf(zeroDivision) ?? 0 },
    )
    if (metrics.status !== 'ok') return metrics
    const asGiven = new Map([...label, ...prediction].map((value) => [String(value), value]))
    return { ...metrics, labels: metrics.labels.map((name) => asGiven.get(name)) }
  },
  'multiclass-probability': (inputs) =>
    multiclassProbabilityMetrics(numbers(inputs, 'label'), softmax(listOf(inputs, 'logits'))),
  ranking: (inputs, _, expected) => {
    const [relevance, score] = [listOf(inputs, 'relevance'), listOf(inputs, 'score')]
    const mean = (f: (relevance: Float64Array, score: Float64Array) => number) =>
      relevance.reduce((sum, row, i) => sum + f(row, score[i]!), 0) / relevance.length
    const figures = Object.keys(expected).map((name) => {
      const [, gain, k] = /^(n?dcg)(?:At(\d+))?$/u.exec(name) ?? []
      if (!gain) return [name, mean(rankingAveragePrecision)] as const
      const of = gain === 'ndcg' ? normalizedGain : discountedGain
      return [name, mean((a, b) => of(a, b, k === undefined ? a.length : Number(k)))] as const
    })
    return Object.fromEntries(figures)
  },
  'proportion-interval': (_, { successes, trials, confidence }) =>
    proportionIntervals(Number(successes), Number(trials), Number(confidence)),
  'proportion-difference': (_, { a, b, confidence }) =>
    differenceIntervals(a as [number, number], b as [number, number], Number(confidence)),
  'bootstrap-interval': (inputs, { statistic, resamples, confidence }) =>
    bootstrapIntervals(numbers(inputs, 'values'), statisticOf(statistic), {
      resamples: Number(resamples),
      confidence: Number(confidence),
      seed: 1,
    }),
  mcnemar: (_, { table }) => {
    const [[, onlyA], [onlyB]] = table as [[number, number], [number, number]]
    const test = mcNemar(onlyA, onlyB)
    // Without a disagreement only the exact test has a figure: whatever could have been is as likely.
    const isEqual = test.status !== 'ok' && onlyA === 0 && onlyB === 0
    return isEqual ? { exactPValue: 1, corrected: null, uncorrected: null } : test
  },
  'paired-tests': (inputs) => {
    const [a, b] = [numbers(inputs, 'a'), numbers(inputs, 'b')]
    const [t, wilcoxon] = [pairedTTest(a, b), wilcoxonSignedRank(a, b)]
    return {
      t: t.status === 'ok' ? t : { ...t, df: a.length - 1 },
      // No rank, no sum of ranks.
      wilcoxon: wilcoxon.status === 'ok' ? wilcoxon : { ...wilcoxon, statistic: 0 },
    }
  },
}
