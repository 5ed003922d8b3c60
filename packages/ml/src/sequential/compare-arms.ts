import { finiteOutcome, insufficient, type Outcome } from '../outcome.ts'
import { asymptoticRho } from './confidence-sequence.ts'

/** Losses of one arm so far: enough to go on from, and mergeable. */
export interface ArmTotals {
  readonly count: number
  readonly mean: number
  /** Sum of the squared deviations from the mean. */
  readonly m2: number
}

export const EMPTY_ARM: ArmTotals = { count: 0, mean: 0, m2: 0 }

/** The totals with one more loss (Welford 1962). */
export const withLoss = ({ count, mean, m2 }: ArmTotals, loss: number): ArmTotals => {
  const n = count + 1
  const delta = loss - mean
  const next = mean + delta / n
  return { count: n, mean: next, m2: m2 + delta * (loss - next) }
}

/** `worse` and `better` speak of the canary. */
export type ArmVerdict = 'better' | 'worse' | 'undecided'

/** A canary against its baseline, valid at every look. */
export interface ArmComparison {
  readonly method: 'asymptotic-confidence-sequence'
  readonly alpha: number
  /** Observations per arm at which the sequence is tightest. */
  readonly tightestAt: number
  readonly counts: { readonly baseline: number; readonly canary: number }
  readonly means: { readonly baseline: number; readonly canary: number }
  /** mean(baseline) - mean(canary): positive where the canary loses less. */
  readonly difference: number
  readonly lower: number
  readonly upper: number
  readonly verdict: ArmVerdict
}

export interface ArmComparisonOptions {
  /** Chance of ever being wrong; 0.05 by default. */
  readonly alpha?: number
  /** The canary counts as worse only where it is so by more than this, in the unit of the losses. */
  readonly margin?: number
  /** Observations per arm at which a decision is hoped for; 500 by default. */
  readonly tightestAt?: number
  /** Fewer on either arm give no answer; 30 by default. */
  readonly minimumCount?: number
}

/**
 * Compares the mean losses of two arms of live traffic. The interval may be looked at after each
 * observation without inflating the error (Waudby-Smith et al. 2024, for independent arms): the
 * variance of the difference is spread over the harmonic number of observations.
 */
export const compareArms = (
  baseline: ArmTotals,
  canary: ArmTotals,
  { alpha = 0.05, margin = 0, tightestAt = 500, minimumCount = 30 }: ArmComparisonOptions = {},
): Outcome<ArmComparison> => {
  const method = 'asymptotic-confidence-sequence'
  const have = Math.min(baseline.count, canary.count)
  if (have < minimumCount) {
    const what = canary.count <= baseline.count ? 'canary observations' : 'baseline observations'
    return insufficient(method, what, { have, need: minimumCount })
  }
  const n = 2 / (1 / baseline.count + 1 / canary.count)
  const standardError2 = baseline.m2 / baseline.count ** 2 + canary.m2 / canary.count ** 2
  const rho = asymptoticRho(tightestAt, alpha)
  const scale = n * rho * rho + 1
  const factor = ((2 * scale) / (n * rho * rho)) * Math.log(Math.sqrt(scale) / alpha)
  const radius = Math.sqrt(standardError2 * factor)
  const difference = baseline.mean - canary.mean
  const [lower, upper] = [difference - radius, difference + radius]
  return finiteOutcome(method, [lower, upper], {
    status: 'ok',
    method,
    alpha,
    tightestAt,
    counts: { baseline: baseline.count, canary: canary.count },
    means: { baseline: baseline.mean, canary: canary.mean },
    difference,
    lower,
    upper,
    verdict: lower > 0 ? 'better' : upper < -margin ? 'worse' : 'undecided',
  })
}
