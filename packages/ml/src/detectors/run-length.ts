import { MlError } from '../ml-error.ts'
import { type Random, seededRandom } from '../random/random.ts'
import type { OnlineDetector } from './detector.ts'

/** How long a detector runs before it alarms. */
export interface RunLength {
  readonly runs: number
  /** Mean updates to the first alarm; a lower bound where runs ended without one. */
  readonly mean: number
  readonly median: number
  /** Runs that reached the limit without an alarm. */
  readonly unalarmed: number
  readonly limit: number
}

export interface RunLengthOptions {
  readonly runs?: number
  /** Updates after which a run ends. */
  readonly limit?: number
  readonly seed?: number
}

/**
 * The run length of a detector by simulation: updates to the first alarm on streams of `draw`. With draws
 * from before a change it is the time between false alarms, with draws from after it the delay.
 */
export const runLength = (
  make: () => OnlineDetector<unknown>,
  draw: (random: Random, index: number) => number,
  { runs = 200, limit = 100_000, seed = 0 }: RunLengthOptions = {},
): RunLength => {
  const random = seededRandom(seed)
  const lengths = new Float64Array(runs)
  let unalarmed = 0
  for (let run = 0; run < runs; run++) {
    const { update } = make()
    let steps = 0
    let alarmed = false
    while (steps < limit && !alarmed) alarmed = update(draw(random, steps++)) === 'drift'
    lengths[run] = steps
    if (!alarmed) unalarmed++
  }
  const sorted = lengths.toSorted()
  const mean = lengths.reduce((sum, length) => sum + length, 0) / runs
  return { runs, mean, median: sorted[runs >> 1]!, unalarmed, limit }
}

export interface CalibratedThreshold {
  readonly threshold: number
  readonly runLength: RunLength
}

/**
 * The threshold at which a detector runs `target` updates on average between false alarms, resampling `inControl` values
 * with replacement. The run length must grow with the threshold; it is found by bisection on a logarithmic scale within
 * `range`, to about one part in 1000 of the threshold. The average run length is Page's (1954).
 * @throws MlError when there are no values, or the target lies outside of what the range gives.
 */
export const calibrateRunLength = (
  make: (threshold: number) => OnlineDetector<unknown>,
  inControl: Float64Array,
  {
    target,
    range,
    runs = 200,
    seed = 0,
  }: {
    readonly target: number
    readonly range: readonly [low: number, high: number]
    readonly runs?: number
    readonly seed?: number
  },
): CalibratedThreshold => {
  if (inControl.length === 0) {
    throw new MlError('invalid_input', 'there are no values', 'pass values from before any change')
  }
  const draw = (random: Random) => inControl[Math.floor(random() * inControl.length)]!
  const at = (threshold: number) =>
    runLength(() => make(threshold), draw, { runs, limit: 20 * target, seed })
  let [low, high] = range
  const [shortest, longest] = [at(low), at(high)]
  if (shortest.mean > target || longest.mean < target) {
    throw new MlError(
      'invalid_input',
      `run lengths within the range are ${shortest.mean} to ${longest.mean}, not ${target}`,
      'widen the range, or ask for another run length',
    )
  }
  while (high / low > 1.001) {
    const middle = Math.sqrt(low * high)
    if (at(middle).mean < target) low = middle
    else high = middle
  }
  return { threshold: high, runLength: at(high) }
}
