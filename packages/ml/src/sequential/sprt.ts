import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'

export interface SprtOptions {
  /** Probability of a 1 under the null hypothesis and the alternative. */
  readonly p0: number
  readonly p1: number
  /** Chances of a wrong rejection and of a wrong acceptance of the null. */
  readonly alpha: number
  readonly beta: number
}

/** The state of Wald's test; `at` counts the observations up to the decision. */
export interface SprtResult {
  readonly decision: 'reject-h0' | 'accept-h0' | null
  readonly at: number | null
  readonly logLikelihoodRatio: number
  readonly upper: number
  readonly lower: number
}

/**
 * Wald's sequential probability ratio test (1945) of a probability, on values of 0 and 1; it stops at
 * the first bound reached.
 * @throws MlError when a probability or level is not between 0 and 1.
 */
export const bernoulliSprt = (values: Numbers, options: SprtOptions): SprtResult => {
  const { p0, p1, alpha, beta } = options
  for (const [name, level] of Object.entries(options)) {
    if (level > 0 && level < 1) continue
    throw new MlError('invalid_option', `${name} is ${level}`, 'give a share between 0 and 1')
  }
  const upper = Math.log((1 - beta) / alpha)
  const lower = Math.log(beta / (1 - alpha))
  const [success, failure] = [Math.log(p1 / p0), Math.log((1 - p1) / (1 - p0))]
  let ratio = 0
  for (let i = 0; i < values.length; i++) {
    ratio += values[i] === 1 ? success : failure
    const decision = ratio >= upper ? 'reject-h0' : ratio <= lower ? 'accept-h0' : null
    if (decision) return { decision, at: i + 1, logLikelihoodRatio: ratio, upper, lower }
  }
  return { decision: null, at: null, logLikelihoodRatio: ratio, upper, lower }
}
