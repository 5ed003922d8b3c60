import { detectorOf, type OnlineDetector, requireOption } from './detector.ts'
import type { HddmOptions } from './hddm-a.ts'

export interface HddmWOptions extends HddmOptions {
  /** Weight of the newest value; 0.05 by default. */
  readonly lambda?: number
}

/**
 * A moving average, and the sum of its squared weights as River counts it: the first value twice, once with
 * all the weight and once as any other; null while empty.
 */
interface Average {
  value: number
  squares: number
}

interface Side {
  /** The lowest (or highest) bound of the average so far, and the averages before and after it. */
  cut: number | null
  before: Average | null
  after: Average | null
}

export interface HddmWState {
  total: Average | null
  rise: Side
  fall: Side
}

const fresh = (): HddmWState => ({
  total: null,
  rise: { cut: null, before: null, after: null },
  fall: { cut: null, before: null, after: null },
})

/**
 * HDDM-W (Frías-Blanco et al. 2015): McDiarmid's bound on exponentially weighted means before and after the
 * best point of the stream. Values in [0, 1].
 * @throws MlError for a weight outside 0 to 1.
 */
export const hddmW = (
  options: HddmWOptions = {},
  state: HddmWState = fresh(),
): OnlineDetector<HddmWState> => {
  const { driftConfidence = 0.001, warningConfidence = 0.005, twoSided = false } = options
  const { lambda = 0.05 } = options
  requireOption(
    lambda >= 0 && lambda <= 1,
    `lambda is ${lambda}`,
    'give the weight of the newest value, from 0 to 1',
  )
  const driftLog = Math.log(1 / driftConfidence) / 2
  const warningLog = Math.log(1 / warningConfidence) / 2
  return detectorOf('hddm-w', structuredClone(state), (s, value) => {
    s.total = averaged(s.total, value, lambda)
    const radius = Math.sqrt(s.total.squares * driftLog)
    follow(s.rise, s.total, { bound: s.total.value + radius, sign: 1, value, lambda })
    if (exceeds(s.rise, 1, driftLog)) return restart(s)
    if (!twoSided) return exceeds(s.rise, 1, warningLog) ? 'warning' : 'stable'
    follow(s.fall, s.total, { bound: s.total.value - radius, sign: -1, value, lambda })
    if (exceeds(s.fall, -1, driftLog)) return restart(s)
    return exceeds(s.rise, 1, warningLog) || exceeds(s.fall, -1, warningLog) ? 'warning' : 'stable'
  })
}

const restart = (s: HddmWState): 'drift' => {
  Object.assign(s, fresh())
  return 'drift'
}

const averaged = (average: Average | null, value: number, lambda: number): Average => {
  const keep = 1 - lambda
  if (!average) return { value, squares: lambda * lambda + keep * keep }
  average.value = lambda * value + keep * average.value
  average.squares = lambda * lambda + keep * keep * average.squares
  return average
}

/** Moves the cut to here where the bound is the best yet; else the value belongs to what follows the cut. */
const follow = (
  side: Side,
  total: Average,
  step: {
    readonly bound: number
    readonly sign: 1 | -1
    readonly value: number
    readonly lambda: number
  },
): void => {
  if (side.cut === null || step.sign * (step.bound - side.cut) < 0) {
    side.cut = step.bound
    side.before = { ...total }
    side.after = null
  } else {
    side.after = averaged(side.after, step.value, step.lambda)
  }
}

const exceeds = ({ before, after }: Side, sign: 1 | -1, log: number): boolean =>
  before !== null &&
  after !== null &&
  sign * (after.value - before.value) > Math.sqrt((before.squares + after.squares) * log)
