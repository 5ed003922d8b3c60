import type { Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { checkBinary, checkProbabilities, checkRows, weightless } from './rows.ts'

export interface ProbabilityLoss {
  readonly rows: number
  /** Mean negative log-likelihood in nats; probabilities are kept 2.2e-16 away from 0 and 1. */
  readonly logLoss: number
  /** Mean squared difference of probability and label. */
  readonly brier: number
}

/**
 * Losses of probabilities of the positive class against labels of 0 and 1. Brier 1950; the log loss in nats.
 * @throws MlError for a score outside 0 to 1.
 */
export const probabilityLoss = (
  label: Numbers,
  score: Numbers,
  weights?: Numbers,
): Outcome<ProbabilityLoss> => {
  const rows = checkRows({ label, score, weights })
  checkBinary(label)
  checkProbabilities(score)
  if (rows === 0) return insufficient('probability-loss', 'rows', { have: 0, need: 1 })
  let [logLoss, brier, total] = [0, 0, 0]
  for (let i = 0; i < rows; i++) {
    const weight = weights ? weights[i]! : 1
    const [y, p] = [label[i]!, score[i]!]
    logLoss += weight * binaryLogLoss(y, p)
    brier += weight * (p - y) ** 2
    total += weight
  }
  if (!(total > 0)) return weightless('probability-loss')
  return { status: 'ok', rows, logLoss: logLoss / total, brier: brier / total }
}

/** The log loss of one probability against a label of 0 or 1, in nats. */
export const binaryLogLoss = (label: number, probability: number): number => {
  const p = Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, probability))
  return label === 1 ? -Math.log(p) : -Math.log1p(-p)
}
