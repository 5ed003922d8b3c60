import { numericColumn } from '../data/column.ts'
import { type Table, tableOf } from '../data/table.ts'
import {
  type CbpeEstimate,
  type CbpeReference,
  estimateCbpe,
  fitCbpe,
  realizedMetric,
} from '../estimation/cbpe.ts'
import {
  estimateMulticlassCbpe,
  fitMulticlassCbpe,
  type MulticlassEstimatedMetric,
  realizedMulticlassMetric,
} from '../estimation/cbpe-multiclass.ts'
import { chunksOf, type IncompleteChunk } from '../estimation/chunks.ts'
import { deviationThreshold } from '../estimation/deviation-threshold.ts'
import {
  estimateDirectLoss,
  fitDirectLoss,
  type RegressionLoss,
  realizedLoss,
} from '../estimation/direct-loss.ts'
import {
  type EstimatedMetric,
  expectedConfusion,
  expectedRanking,
} from '../estimation/expected-performance.ts'
import { equalCountCalibrationError, needsCalibration } from '../estimation/needs-calibration.ts'
import { type BinaryConfusion, confusionMetrics } from '../metrics/binary-threshold.ts'
import { applyIsotonic, fitIsotonic } from '../metrics/isotonic.ts'
import type { Outcome } from '../outcome.ts'
import { softmax } from './metrics-functions.ts'
import type { ParityFunction } from './parity-function.ts'
import { group, type Inputs, listOf, numbers } from './values.ts'

const cbpe: ParityFunction = (inputs, { metrics, threshold, valueMatrix }) => {
  const score = numbers(inputs, 'score')
  if (metrics === 'ranking') return expectedRanking(score, score)
  const isPredicted = score.map((s) => (s >= Number(threshold) ? 1 : 0))
  const confusion = expectedConfusion(isPredicted, score)
  if (metrics === 'threshold') return zeroWhereUndefined(confusionMetrics(confusion))
  const value = valueMatrix as BinaryConfusion
  const { tn, fp, fn, tp } = confusion
  return { businessValue: tn * value.tn + fp * value.fp + fn * value.fn + tp * value.tp }
}

/** NannyML's convention for figures over no rows. */
const zeroWhereUndefined = (figures: object) =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, value ?? 0]))

/** An estimate, or NannyML's 0 where the chunk has no rows that the figure speaks of. */
const orNone = (reference: CbpeReference, estimate: Outcome<CbpeEstimate>) =>
  estimate.status === 'ok'
    ? estimate
    : { value: 0, alert: reference.lowerThreshold !== null && reference.lowerThreshold > 0 }

const cbpeChunks: ParityFunction = (inputs, parameters) => {
  const metric = parameters['metric'] as EstimatedMetric
  const [threshold, size] = [Number(parameters['threshold']), Number(parameters['chunkSize'])]
  const [label, score] = [numbers(inputs, 'label'), numbers(inputs, 'score')]
  const [referenceLabel, referenceScore] = [
    numbers(inputs, 'referenceLabel'),
    numbers(inputs, 'referenceScore'),
  ]
  const calibrate = parameters['calibrate'] === true
  const options = { metric, threshold, chunkSize: size, calibrate }
  const reference = fitCbpe(referenceLabel, referenceScore, options)
  if (reference.status !== 'ok') return reference
  const incomplete = parameters['incomplete'] as IncompleteChunk
  const chunks = chunksOf(score.length, { size }, incomplete)
  const estimates = chunks.map(([from, to]) =>
    orNone(reference, estimateCbpe(reference, score.slice(from, to))),
  )
  const field = (name: string) =>
    estimates.map((estimate) => (estimate as unknown as Record<string, unknown>)[name] ?? null)
  return {
    value: field('value'),
    sampling_error: field('samplingError'),
    lower_confidence_boundary: field('lowerConfidence'),
    upper_confidence_boundary: field('upperConfidence'),
    alert: field('alert'),
    realized: chunks.map(([from, to]) =>
      realizedMetric(metric, label.slice(from, to), score.slice(from, to), threshold),
    ),
    lowerThreshold: reference.lowerThreshold,
    upperThreshold: reference.upperThreshold,
  }
}

const cbpeMulticlass: ParityFunction = (inputs, parameters) => {
  const metric = parameters['metric'] as MulticlassEstimatedMetric
  const probabilities = softmax(listOf(inputs, 'logits'))
  const label = numbers(inputs, 'labelUniform').map((u, row) => {
    let cumulated = 0
    const found = probabilities.findIndex((column) => {
      cumulated += column[row]!
      return cumulated >= u
    })
    return found < 0 ? probabilities.length - 1 : found
  })
  const [from, to] = parameters['referenceRows'] as [number, number]
  const [start, end] = parameters['analysisRows'] as [number, number]
  const size = Number(parameters['chunkSize'])
  const part = (a: number, b: number) => probabilities.map((column) => column.slice(a, b))
  const reference = fitMulticlassCbpe(label.slice(from, to), part(from, to), {
    metric,
    chunkSize: size,
    calibrate: parameters['calibratedPerClass'] as boolean[],
  })
  if (reference.status !== 'ok') return reference
  const chunks = chunksOf(end - start, { size }).map(([a, b]) => [start + a, start + b] as const)
  return {
    value: chunks.map(([a, b]) => estimateMulticlassCbpe(reference, part(a, b))),
    realized: chunks.map(([a, b]) =>
      realizedMulticlassMetric(metric, label.slice(a, b), part(a, b)),
    ),
    // Of a whole chunk; a shorter last one varies more.
    sampling_error: chunks.map(([a, b]) => reference.samplingError * Math.sqrt(size / (b - a))),
  }
}

const tableFrom = (inputs: Inputs, range?: readonly [number, number]): Table =>
  tableOf(
    Object.keys(inputs).map((name) =>
      numericColumn(name, numbers(inputs, name).slice(...(range ?? []))),
    ),
  )

const directLoss: ParityFunction = (inputs, parameters) => {
  const metric = parameters['metric'] as RegressionLoss
  const [reference, analysis] = [group(inputs, 'reference'), group(inputs, 'analysis')]
  const model = fitDirectLoss(
    tableFrom(group(reference, 'features')),
    { prediction: numbers(reference, 'prediction'), label: numbers(reference, 'label') },
    metric,
  )
  const prediction = numbers(analysis, 'prediction')
  const chunks = chunksOf(prediction.length, { size: Number(parameters['chunkSize']) })
  const value = chunks.map((chunk) =>
    estimateDirectLoss(model, tableFrom(group(analysis, 'features'), chunk), {
      prediction: prediction.slice(...chunk),
      metric,
    }),
  )
  return { value }
}

/** The estimation family of the parity schema. */
export const ESTIMATION_FUNCTIONS: Readonly<Record<string, ParityFunction>> = {
  cbpe,
  'cbpe-chunks': cbpeChunks,
  'cbpe-multiclass': cbpeMulticlass,
  dle: directLoss,
  'needs-calibration': (inputs, { bins, splits, testSize }) =>
    needsCalibration(numbers(inputs, 'label'), numbers(inputs, 'score'), {
      bins: Number(bins),
      splits: Number(splits),
      testShare: Number(testSize),
    }),
  'isotonic-calibration': (inputs) => {
    const fit = fitIsotonic(numbers(inputs, 'score'), numbers(inputs, 'label'))
    const calibrated = applyIsotonic(fit, numbers(inputs, 'apply'))
    return {
      calibratedMean: calibrated.reduce((sum, p) => sum + p, 0) / calibrated.length,
      calibratedFirst20: calibrated.slice(0, 20),
      distinctLevels: new Set(fit.values).size,
    }
  },
  'ece-equal-count': (inputs, { bins }) => ({
    ece: equalCountCalibrationError(
      numbers(inputs, 'label'),
      numbers(inputs, 'score'),
      Number(bins),
    ),
  }),
  'realized-performance': (inputs, { metric, chunkSize }) => {
    const [label, prediction] = [numbers(inputs, 'label'), numbers(inputs, 'prediction')]
    const chunks = chunksOf(label.length, { size: Number(chunkSize) })
    return {
      value: chunks.map((chunk) =>
        realizedLoss(metric as RegressionLoss, label.slice(...chunk), prediction.slice(...chunk)),
      ),
    }
  },
  'threshold-standard-deviation': (inputs, { lowerMultiplier, upperMultiplier }) => {
    const all = numbers(inputs, 'values')
    const of = (multiplier: unknown) => deviationThreshold(all, { multiplier: Number(multiplier) })
    const [below, above] = [of(lowerMultiplier), of(upperMultiplier)]
    if (below.status !== 'ok' || above.status !== 'ok') return below
    // Without a multiplier there is no bound to that side.
    return {
      lower: lowerMultiplier === null ? null : below.lower,
      upper: upperMultiplier === null ? null : above.upper,
    }
  },
  chunks: (_, { rows, by, value, incomplete }) => ({
    chunks: chunksOf(
      Number(rows),
      by === 'size' ? { size: Number(value) } : { number: Number(value) },
      incomplete as IncompleteChunk,
    ),
  }),
}
