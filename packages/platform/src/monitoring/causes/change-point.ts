import { tTest } from '@kaizen/ml/drift'

/** Where a series changed its level. */
export interface ChangePoint {
  /** Index of the first value of the new level. */
  readonly index: number
  readonly before: number
  readonly after: number
  /** Of Welch's t-test between both sides, times the number of places that were tried. */
  readonly pValue: number
}

/** Values that each side must have. */
const leastSide = 3
const significance = 0.01

/**
 * The one place where a series is best cut into two levels by least squares, if the levels differ beyond chance
 * (Bonferroni over all places). Null for series that are too short or do not change.
 */
export function changePointOf(values: readonly number[]): ChangePoint | null {
  const count = values.length
  if (count < 2 * leastSide) return null
  const total = values.reduce((sum, value) => sum + value, 0)
  let [best, gain, left] = [-1, 0, 0]
  for (let index = 1; index <= count - leastSide; index++) {
    left += values[index - 1]!
    if (index < leastSide) continue
    const right = total - left
    // What the cut takes off the sum of squares, beside a term that is the same for all cuts.
    const explained = (left * left) / index + (right * right) / (count - index)
    if (best < 0 || explained > gain) [best, gain] = [index, explained]
  }
  const [before, after] = [values.slice(0, best), values.slice(best)]
  const tested = tTest(before, after)
  const [low, high] = [mean(before), mean(after)]
  const places = count - 2 * leastSide + 1
  // Two sides that each stay at one value differ for certain, or not at all.
  const pValue =
    tested.status === 'ok' ? Math.min(1, (tested.pValue ?? 1) * places) : low === high ? 1 : 0
  return pValue < significance ? { index: best, before: low, after: high, pValue } : null
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
