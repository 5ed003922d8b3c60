import type { Numbers } from '../numeric/numbers.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { sortedFinite } from '../numeric/sort.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import type { Predict } from './shapley.ts'

/** A row like the asked one for which the model says what is wanted. */
export interface Counterfactual {
  readonly row: Float64Array
  /** Features that differ from the asked row. */
  readonly changed: readonly number[]
  readonly output: number
  /** Sum of the changes over the median absolute deviation of each feature. */
  readonly distance: number
}

export interface CounterfactualOptions {
  /** What the model should say of the row. */
  readonly isWanted: (output: number) => boolean
  /** Features that may change; all by default. */
  readonly mutable?: readonly number[]
  /** At most so many answers, each changing another set of features; 3 by default. */
  readonly count?: number
  /** Known rows that are tried as a start, the nearest first; 50 by default. */
  readonly starts?: number
}

const HALVINGS = 20

/**
 * The nearest changes after which the model says what is wanted: known rows of the wanted outcome, the nearest first,
 * are drawn back to the asked row feature by feature, and then along each feature, as far as the outcome holds (after
 * Brughmans, Leyman and Martens 2023, "NICE"). So an answer stays among values that occur. Distances follow Wachter,
 * Mittelstadt and Russell (2017). Deterministic. The question is that of Wachter, Mittelstadt and Russell 2018.
 */
export const counterfactuals = (
  predict: Predict,
  { row, known }: { readonly row: Numbers; readonly known: readonly Numbers[] },
  { isWanted, mutable, count = 3, starts = 50 }: CounterfactualOptions,
): Outcome<{ readonly found: readonly Counterfactual[] }> => {
  const asked = Float64Array.from(row)
  const free = mutable ?? [...asked.keys()]
  const scales = asked.map((_, feature) => deviationOf(known.map((other) => other[feature]!)))
  const distanceTo = (other: Float64Array) =>
    free.reduce((sum, j) => sum + Math.abs(other[j]! - asked[j]!) / scales[j]!, 0)
  const says = (one: Float64Array) => predict([one])[0]!
  const candidates = known.map((other) => {
    const mixed = asked.slice()
    for (const feature of free) mixed[feature] = other[feature]!
    return mixed
  })
  const outputs = candidates.length > 0 ? predict(candidates) : []
  const wanted = candidates
    .flatMap((one, i) => (isWanted(outputs[i]!) ? [{ one, distance: distanceTo(one) }] : []))
    .sort((a, b) => a.distance - b.distance)
  if (wanted.length === 0) {
    return insufficient('counterfactuals', 'known rows of the wanted outcome', { have: 0, need: 1 })
  }
  const bySet = new Map<string, Counterfactual>()
  for (const { one } of wanted.slice(0, starts)) {
    const near = drawnBack(asked, one, (trial) => isWanted(says(trial)))
    const changed = free.filter((feature) => near[feature] !== asked[feature])
    const found = { row: near, changed, output: says(near), distance: distanceTo(near) }
    const before = bySet.get(changed.join())
    if (!before || found.distance < before.distance) bySet.set(changed.join(), found)
  }
  const found = [...bySet.values()].sort((a, b) => a.distance - b.distance).slice(0, count)
  return { status: 'ok', found }
}

/** Features set back to the asked row one after the other, the smallest changes first, then halved. */
const drawnBack = (
  asked: Float64Array,
  start: Float64Array,
  holds: (trial: Float64Array) => boolean,
): Float64Array => {
  const near = start.slice()
  const differing = [...asked.keys()].filter((j) => near[j] !== asked[j])
  for (const feature of differing) {
    const trial = near.slice()
    trial[feature] = asked[feature]!
    if (holds(trial)) near.set(trial)
  }
  for (const feature of differing) {
    let [kept, lost] = [near[feature]!, asked[feature]!]
    if (kept === lost || (Number.isInteger(kept) && Number.isInteger(lost))) continue
    for (let i = 0; i < HALVINGS; i++) {
      const trial = near.slice()
      trial[feature] = (kept + lost) / 2
      if (holds(trial)) kept = trial[feature]!
      else lost = trial[feature]!
    }
    near[feature] = kept
  }
  return near
}

/** Median absolute deviation; where that is 0 the range, and 1 for a constant feature. */
const deviationOf = (values: readonly number[]): number => {
  const sorted = sortedFinite(values)
  if (sorted.length === 0) return 1
  const middle = quantileOfSorted(sorted, 0.5)
  const deviation = quantileOfSorted(sortedFinite(sorted.map((v) => Math.abs(v - middle))), 0.5)
  return deviation || sorted[sorted.length - 1]! - sorted[0]! || 1
}
