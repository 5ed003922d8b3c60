import { MlError } from '../ml-error.ts'

/** State of a mixture sequential test; plain data, so that it can be stored between updates. */
export interface MsprtState {
  readonly n: number
  readonly logLikelihoodRatio: number
  /** Always valid: it may be read after each observation, and never rises. */
  readonly pValue: number
}

/** The state before any observation. */
export const MSPRT_START: MsprtState = { n: 0, logLikelihoodRatio: 0, pValue: 1 }

export interface MsprtOptions {
  /** Standard deviation of one observation. */
  readonly sigma: number
  /** Standard deviation of the mixture: the size of the effects that one hopes to see. */
  readonly tau: number
  /** The mean under the null hypothesis; 0 by default. */
  readonly theta0?: number
}

/**
 * Johari, Pekelis and Walsh's mixture sequential probability ratio test (2017) of a normal mean after
 * `n` observations of the given mean, with mixture normal(theta0, tau^2).
 * @throws MlError when sigma or tau is not positive.
 */
export const msprt = (
  previous: MsprtState,
  observed: { readonly n: number; readonly mean: number },
  { sigma, tau, theta0 = 0 }: MsprtOptions,
): MsprtState => {
  requireObserved(observed.n, observed.mean)
  if (!(sigma > 0 && tau > 0)) {
    throw new MlError(
      'invalid_option',
      `sigma is ${sigma}, tau is ${tau}`,
      'give positive standard deviations of the noise and of the expected effect',
    )
  }
  return updated(previous, observed.n, {
    variance: sigma * sigma,
    tau,
    difference: observed.mean - theta0,
  })
}

/**
 * The same for the difference of two proportions after `n` observations of each arm, with the variance
 * of the difference estimated from the data. While that variance is 0 the ratio is 1.
 */
export const msprtTwoProportions = (
  previous: MsprtState,
  observed: { readonly n: number; readonly shareA: number; readonly shareB: number },
  tau: number,
): MsprtState => {
  const { n, shareA, shareB } = observed
  requireObserved(n, shareA, shareB)
  const variance = shareA * (1 - shareA) + shareB * (1 - shareB)
  return updated(previous, n, { variance, tau, difference: shareB - shareA })
}

/** A figure that is no number would leave a p-value that never falls again. */
const requireObserved = (n: number, ...figures: readonly number[]): void => {
  if (n === 0 || figures.every(Number.isFinite)) return
  throw new MlError(
    'invalid_input',
    `observed ${figures.join(' and ')}`,
    'leave out observations without a finite value',
  )
}

const updated = (
  previous: MsprtState,
  n: number,
  {
    variance,
    tau,
    difference,
  }: { readonly variance: number; readonly tau: number; readonly difference: number },
): MsprtState => {
  const logLikelihoodRatio =
    variance > 0 ? logMixtureRatio({ n, variance, tau2: tau * tau, difference }) : 0
  const pValue = Math.min(previous.pValue, Math.exp(-logLikelihoodRatio))
  return { n, logLikelihoodRatio, pValue }
}

const logMixtureRatio = ({
  n,
  variance,
  tau2,
  difference,
}: {
  readonly n: number
  readonly variance: number
  readonly tau2: number
  readonly difference: number
}): number =>
  0.5 * Math.log(variance / (variance + n * tau2)) +
  (n * n * tau2 * difference * difference) / (2 * variance * (variance + n * tau2))
