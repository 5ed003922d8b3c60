import { MlError } from '../ml-error.ts'
import { betaQuantile } from '../special/beta-distribution.ts'
import { normalQuantile } from '../special/normal.ts'

export type Interval = readonly [lower: number, upper: number]

/** Two-sided intervals of a probability. */
export interface ProportionIntervals {
  /** Wilson's score interval (1927): the one to use. */
  readonly wilson: Interval
  /** Exact (Clopper and Pearson 1934): never too narrow. */
  readonly clopperPearson: Interval
  readonly agrestiCoull: Interval
  /** Equal-tailed, from the posterior under Jeffreys' prior. */
  readonly jeffreys: Interval
  /** Wald's; poor for small samples. */
  readonly normal: Interval
}

/**
 * Intervals of a probability after `successes` in `trials`. Wilson 1927, Clopper and Pearson 1934, Agresti and Coull
 * 1998, Brown, Cai and DasGupta 2001.
 * @throws MlError when counts or confidence are out of range.
 */
export const proportionIntervals = (
  successes: number,
  trials: number,
  confidence = 0.95,
): ProportionIntervals => {
  checkCounts(successes, trials, confidence)
  const tail = (1 - confidence) / 2
  const z = normalQuantile(1 - tail)
  const p = successes / trials
  const failures = trials - successes
  const centre = (successes + (z * z) / 2) / (trials + z * z)
  const spread =
    ((z * Math.sqrt(trials)) / (trials + z * z)) * Math.sqrt(p * (1 - p) + (z * z) / (4 * trials))
  return {
    wilson: [centre - spread, centre + spread],
    clopperPearson: [
      successes === 0 ? 0 : betaQuantile(tail, successes, failures + 1),
      failures === 0 ? 1 : betaQuantile(1 - tail, successes + 1, failures),
    ],
    agrestiCoull: around(centre, z * Math.sqrt((centre * (1 - centre)) / (trials + z * z))),
    jeffreys: [
      betaQuantile(tail, successes + 0.5, failures + 0.5),
      betaQuantile(1 - tail, successes + 0.5, failures + 0.5),
    ],
    normal: around(p, z * Math.sqrt((p * (1 - p)) / trials)),
  }
}

/** Two-sided intervals of the difference of two probabilities, a - b. */
export interface DifferenceIntervals {
  /** Newcombe's hybrid score interval (1998): the one to use. */
  readonly newcombe: Interval
  readonly wald: Interval
  readonly agrestiCaffo: Interval
}

/** Intervals of p_a - p_b from [successes, trials] of each. Newcombe 1998, Agresti and Caffo 2000. */
export const differenceIntervals = (
  a: readonly [successes: number, trials: number],
  b: readonly [successes: number, trials: number],
  confidence = 0.95,
): DifferenceIntervals => {
  const z = normalQuantile(1 - (1 - confidence) / 2)
  const [pa, pb] = [a[0] / a[1], b[0] / b[1]]
  const [la, ua] = proportionIntervals(...a, confidence).wilson
  const [lb, ub] = proportionIntervals(...b, confidence).wilson
  const difference = pa - pb
  const radius = (p: number, n: number, q: number, m: number) =>
    z * Math.sqrt((p * (1 - p)) / n + (q * (1 - q)) / m)
  const [qa, qb] = [(a[0] + 1) / (a[1] + 2), (b[0] + 1) / (b[1] + 2)]
  const wald = radius(pa, a[1], pb, b[1])
  const caffo = radius(qa, a[1] + 2, qb, b[1] + 2)
  return {
    newcombe: [
      difference - Math.hypot(pa - la, ub - pb),
      difference + Math.hypot(ua - pa, pb - lb),
    ],
    wald: [difference - wald, difference + wald],
    agrestiCaffo: [qa - qb - caffo, qa - qb + caffo],
  }
}

const around = (centre: number, radius: number): Interval => [
  Math.max(0, centre - radius),
  Math.min(1, centre + radius),
]

const checkCounts = (successes: number, trials: number, confidence: number): void => {
  const isFit = successes >= 0 && trials > 0 && successes <= trials
  if (isFit && confidence > 0 && confidence < 1) return
  throw new MlError(
    'invalid_input',
    `${successes} successes in ${trials} trials at confidence ${confidence}`,
    'give 0 <= successes <= trials, at least one trial and a confidence between 0 and 1',
  )
}
