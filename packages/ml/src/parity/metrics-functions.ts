import { binaryRankingMetrics, precisionRecallCurve, rocCurve } from '../metrics/binary-ranking.ts'
import { binaryThresholdMetrics } from '../metrics/binary-threshold.ts'
import { probabilityLoss } from '../metrics/probability-loss.ts'
import { pinballLoss, regressionMetrics } from '../metrics/regression.ts'
import type { ParityFunction } from './run-parity-cases.ts'
import { type Inputs, numbers } from './values.ts'

const labelled = (inputs: Inputs) =>
  [
    numbers(inputs, 'label'),
    numbers(inputs, 'score'),
    inputs['weight'] ? numbers(inputs, 'weight') : undefined,
  ] as const

/** The metrics family of the parity schema. */
export const METRICS_FUNCTIONS: Readonly<Record<string, ParityFunction>> = {
  'binary-threshold': (inputs, { threshold }) => {
    const [label, score, weights] = labelled(inputs)
    const options = { threshold: Number(threshold), ...(weights && { weights }) }
    return binaryThresholdMetrics(label, score, options)
  },
  'binary-ranking': (inputs) => binaryRankingMetrics(...labelled(inputs)),
  'probability-loss': (inputs) => probabilityLoss(...labelled(inputs)),
  'roc-curve': (inputs) => rocCurve(...labelled(inputs)),
  'precision-recall-curve': (inputs) => precisionRecallCurve(...labelled(inputs)),
  regression: (inputs) => {
    const [label, prediction] = [numbers(inputs, 'label'), numbers(inputs, 'prediction')]
    const metrics = regressionMetrics(label, prediction)
    if (metrics.status !== 'ok') return metrics
    return { ...metrics, pinball90: pinballLoss(label, prediction, 0.9) }
  },
}
