import { MlError } from '../ml-error.ts'
import { logUpperGamma, lowerGamma } from '../special/incomplete-gamma.ts'
import { logBeta, logGamma } from '../special/log-gamma.ts'
import { normalCdf } from '../special/normal.ts'
import { monotoneRoot } from '../special/root.ts'
import { crossing } from './mixture-roots.ts'
import { normalMixtureBoundary, normalMixtureRho } from './normal-mixture.ts'

/** A time-uniform boundary, tightest at intrinsic time `vOpt` (Howard et al. 2021). */
export interface BoundOptions {
  readonly alpha: number
  readonly vOpt: number
  /** The level for which `vOpt` is meant; that of the boundary by default. */
  readonly alphaOpt?: number
}

/** Two-sided normal-mixture boundary at intrinsic time `v`. Howard et al. 2021. */
export const twoSidedNormalBound = (v: number, options: BoundOptions): number => {
  const { alpha, vOpt, alphaOpt = alpha } = options
  return normalMixtureBoundary(v, { alpha, rho: normalMixtureRho(vOpt, alphaOpt) })
}

/**
 * One-sided normal-mixture boundary at intrinsic time `v`: mixing over positive effects only. Howard et al. 2021.
 */
export const oneSidedNormalBound = (v: number, options: BoundOptions): number => {
  const { alpha, vOpt, alphaOpt = alpha } = options
  return oneSidedMixtureBoundary(v, { alpha, rho: normalMixtureRho(vOpt, 2 * alphaOpt) })
}

/** The same for a given `rho` > 0, as `normalMixtureBoundary` has it. Howard et al. 2021. */
export const oneSidedMixtureBoundary = (
  v: number,
  { alpha, rho }: { readonly alpha: number; readonly rho: number },
): number => {
  const log = (s: number) =>
    0.5 * Math.log((4 * rho) / (v + rho)) +
    (s * s) / (2 * (v + rho)) +
    Math.log(normalCdf(s / Math.sqrt(v + rho)))
  return crossing(log, alpha)
}

/** One-sided gamma-exponential mixture boundary for sub-exponential sums of scale `c`. Howard et al. 2021. */
export const gammaExponentialBound = (
  v: number,
  options: BoundOptions & { readonly c: number },
): number => {
  const { alpha, vOpt, alphaOpt = alpha, c } = options
  const rho = normalMixtureRho(vOpt, 2 * alphaOpt)
  return crossing((s) => logGammaExponentialMixture(s, v, { rho, c }), alpha)
}

const logGammaExponentialMixture = (
  s: number,
  v: number,
  { rho, c }: { readonly rho: number; readonly c: number },
): number => {
  const c2 = c * c
  const shape = (v + rho) / c2
  const x = (c * s + v + rho) / c2
  return (
    logGamma(shape) +
    logLowerGamma(shape, x) -
    logGamma(rho / c2) -
    logLowerGamma(rho / c2, rho / c2) +
    (rho / c2) * Math.log(rho / c2) -
    shape * Math.log(x) +
    (c * s + v) / c2
  )
}

const logLowerGamma = (a: number, x: number): number => {
  const upper = logUpperGamma(a, x)
  return upper > -0.7 ? Math.log(lowerGamma(a, x)) : Math.log1p(-Math.exp(upper))
}

export interface StitchingOptions {
  readonly alpha: number
  /** The boundary is flat before this intrinsic time. */
  readonly vMin: number
  readonly c: number
  /** Power of the union bound over epochs, and growth of the epochs. */
  readonly s: number
  readonly eta: number
}

/** Polynomial stitched boundary (Howard et al. 2021, eq. 10), of the order of the iterated logarithm. */
export const polynomialStitchingBound = (
  v: number,
  { alpha, vMin, c, s, eta }: StitchingOptions,
): number => {
  const time = Math.max(v, vMin)
  const ell =
    s * Math.log(Math.log((eta * time) / vMin)) +
    Math.log(riemannZeta(s) / (alpha * Math.log(eta) ** s))
  const k1 = (eta ** 0.25 + eta ** -0.25) / Math.SQRT2
  const k2 = (Math.sqrt(eta) + 1) / 2
  return Math.sqrt(k1 * k1 * time * ell + (k2 * c * ell) ** 2) + k2 * c * ell
}

/** Riemann's zeta function for s > 1, by Euler and Maclaurin's summation. */
export const riemannZeta = (s: number): number => {
  const n = 20
  let sum = 0
  for (let k = 1; k < n; k++) sum += k ** -s
  sum += n ** (1 - s) / (s - 1) + 0.5 * n ** -s
  const corrections = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160]
  let rising = s
  corrections.forEach((b, i) => {
    sum += b * rising * n ** (-s - 2 * i - 1)
    rising *= (s + 2 * i + 1) * (s + 2 * i + 2)
  })
  return sum
}

export interface BernoulliSequenceOptions {
  readonly alpha: number
  /** Trials at which the interval is tightest. */
  readonly tOpt: number
  readonly alphaOpt?: number
}

/**
 * The confidence sequence of a probability after `successes` in `trials` (Howard et al. 2021): the
 * values at which the two-sided beta-binomial mixture stays below 1 / alpha.
 * @throws MlError for more successes than trials.
 */
export const bernoulliConfidenceSequence = (
  successes: number,
  trials: number,
  { alpha, tOpt, alphaOpt = alpha }: BernoulliSequenceOptions,
): { readonly lower: number; readonly upper: number } => {
  if (!(successes >= 0 && successes <= trials)) {
    throw new MlError(
      'invalid_input',
      `${successes} successes in ${trials} trials`,
      'give no more successes than trials',
    )
  }
  const share = successes / trials
  const threshold = Math.log(1 / alpha)
  const excess = (p: number) =>
    logBetaBinomialMixture(p, { successes, trials, tOpt, alphaOpt }) - threshold
  const lower =
    share > 0 && excess(EDGE) > 0 ? monotoneRoot((p) => -excess(p), 0, [EDGE, share]) : 0
  const upper = share < 1 && excess(1 - EDGE) > 0 ? monotoneRoot(excess, 0, [share, 1 - EDGE]) : 1
  return { lower, upper }
}

const EDGE = 1e-12

/** The log likelihood ratio of a Beta mixture with mean p against p itself. */
const logBetaBinomialMixture = (
  p: number,
  options: {
    readonly successes: number
    readonly trials: number
    readonly tOpt: number
    readonly alphaOpt: number
  },
): number => {
  const { successes, trials, tOpt, alphaOpt } = options
  const q = 1 - p
  const r = Math.max(1e-3 * p * q, normalMixtureRho(tOpt * p * q, alphaOpt) - p * q)
  const [a, b] = [r / q, r / p]
  const failures = trials - successes
  return (
    logBeta(a + successes, b + failures) -
    logBeta(a, b) -
    successes * Math.log(p) -
    failures * Math.log1p(-p)
  )
}
