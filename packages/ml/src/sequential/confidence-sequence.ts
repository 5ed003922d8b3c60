import { finiteOutcome, insufficient, type Outcome } from '../outcome.ts'
import { normalMixtureBoundary } from './normal-mixture.ts'

/** An interval that holds the truth at all times together with probability 1 - alpha. */
export interface SequentialInterval {
  readonly method: string
  readonly alpha: number
  readonly n: number
  readonly mean: number
  readonly lower: number
  readonly upper: number
}

/**
 * The confidence sequence of a mean of observations with known sub-Gaussian scale `sigma`; `rho` in the
 * unit of their summed variance, n sigma^2.
 */
export const subGaussianConfidenceSequence = (
  observed: { readonly n: number; readonly mean: number },
  options: { readonly sigma: number; readonly alpha: number; readonly rho: number },
): Outcome<SequentialInterval> => {
  const method = 'sub-gaussian-confidence-sequence'
  const { n, mean } = observed
  if (n < 1) return insufficient(method, 'observations', { have: n, need: 1 })
  const { sigma, alpha, rho } = options
  const radius = normalMixtureBoundary(n * sigma * sigma, { alpha, rho }) / n
  return { status: 'ok', method, alpha, n, mean, lower: mean - radius, upper: mean + radius }
}

/**
 * Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas' asymptotic confidence sequence of a mean (2024):
 * of any distribution with a variance, from count, mean and variance (divisor n) alone. `rho` > 0 sets
 * where it is tightest.
 */
export const asymptoticConfidenceSequence = (
  observed: { readonly n: number; readonly mean: number; readonly variance: number },
  { alpha, rho }: { readonly alpha: number; readonly rho: number },
): Outcome<SequentialInterval> => {
  const method = 'asymptotic-confidence-sequence'
  const { n, mean, variance } = observed
  if (n < 2) return insufficient(method, 'observations', { have: n, need: 2 })
  const scale = n * rho * rho + 1
  const width = ((2 * scale) / (n * n * rho * rho)) * Math.log(Math.sqrt(scale) / alpha)
  const radius = Math.sqrt(variance * width)
  const [lower, upper] = [mean - radius, mean + radius]
  return finiteOutcome(method, [lower, upper], {
    status: 'ok',
    method,
    alpha,
    n,
    mean,
    lower,
    upper,
  })
}

/** The `rho` that makes the asymptotic confidence sequence tight at `n` observations. */
export const asymptoticRho = (n: number, alpha: number): number => {
  const log = -2 * Math.log(alpha)
  return Math.sqrt((log + Math.log(log + 1)) / n)
}
