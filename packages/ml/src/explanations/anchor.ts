import type { Numbers } from '../numeric/numbers.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { sortedFinite } from '../numeric/sort.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { type Random, seededRandom } from '../random/random.ts'
import { proportionIntervals } from '../sampling/proportion-interval.ts'
import type { Predict } from './shapley.ts'

/** A condition lower < value <= upper on one feature. */
export interface AnchorTerm {
  readonly feature: number
  readonly lower: number
  readonly upper: number
}

/** A rule under which the model says the same as of the explained row. */
export interface Anchor {
  readonly terms: readonly AnchorTerm[]
  /** Share of drawn rows under the rule of which the model says the same, with its lower 95 % bound (Wilson). */
  readonly precision: number
  readonly precisionLower: number
  /** Share of known rows under the rule. */
  readonly coverage: number
  /** Whether the bound reaches the wanted precision. */
  readonly holds: boolean
}

export interface AnchorOptions {
  /** What counts as the same answer, such as a class; by default the sign of output - 0.5. */
  readonly verdictOf?: (output: number) => unknown
  readonly precision?: number
  /** At most so many conditions; 5 by default. */
  readonly terms?: number
  /** Rows drawn to judge a rule; 400 by default. */
  readonly draws?: number
  /** Rules that are kept at each length; 3 by default. */
  readonly beam?: number
  readonly seed?: number
}

const QUARTILES = [0.25, 0.5, 0.75] as const
const NEED = 10

/**
 * A short rule that anchors the model's verdict of a row (after Ribeiro, Singh and Guestrin 2018): conditions
 * on quarters of the known values are added by beam search until rows drawn under the rule get the same
 * verdict nearly always. Features without a condition are drawn from known rows together.
 */
export const anchor = (
  predict: Predict,
  { row, known }: { readonly row: Numbers; readonly known: readonly Numbers[] },
  options: AnchorOptions = {},
): Outcome<Anchor> => {
  const { verdictOf = (output: number) => output > 0.5, precision = 0.95 } = options
  const { terms = 5, draws = 400, beam = 3, seed = 0 } = options
  if (known.length < NEED) {
    return insufficient('anchor', 'known rows', { have: known.length, need: NEED })
  }
  const asked = Float64Array.from(row)
  const verdict = verdictOf(predict([asked])[0]!)
  const conditions = [...asked.keys()].map((feature) => quarterOf(asked, known, feature))
  const random = seededRandom(seed)
  const judge = (rule: readonly AnchorTerm[]): Anchor => {
    const drawn = rowsUnder(rule, known, { draws, random })
    const outputs = predict(drawn)
    const same = drawn.filter((_, i) => verdictOf(outputs[i]!) === verdict).length
    const lower = proportionIntervals(same, drawn.length, 0.95).wilson[0]
    const coverage = known.filter((other) => isUnder(rule, other)).length / known.length
    const holds = lower >= precision
    return { terms: rule, precision: same / drawn.length, precisionLower: lower, coverage, holds }
  }
  let rules = [judge([])]
  let best = rules[0]!
  for (let length = 1; length <= terms && !best.holds; length++) {
    const longer = new Map<string, Anchor>()
    for (const { terms: rule } of rules) {
      for (const term of conditions) {
        if (rule.some(({ feature }) => feature === term.feature)) continue
        const next = [...rule, term].sort((a, b) => a.feature - b.feature)
        const name = next.map(({ feature }) => feature).join()
        if (!longer.has(name)) longer.set(name, judge(next))
      }
    }
    if (longer.size === 0) break
    rules = [...longer.values()].sort(byWorth).slice(0, beam)
    best = [best, ...rules].sort(byWorth)[0]!
  }
  return { status: 'ok', ...best }
}

/** Rules that hold first, of those the one that speaks of most rows; then the more precise. */
const byWorth = (a: Anchor, b: Anchor): number =>
  Number(b.holds) - Number(a.holds) ||
  (a.holds ? b.coverage - a.coverage : b.precisionLower - a.precisionLower) ||
  a.terms.length - b.terms.length

const quarterOf = (asked: Float64Array, known: readonly Numbers[], feature: number): AnchorTerm => {
  const sorted = sortedFinite(known.map((other) => other[feature]!))
  const edges = QUARTILES.map((share) => quantileOfSorted(sorted, share))
  const bounds = [Number.NEGATIVE_INFINITY, ...edges, Number.POSITIVE_INFINITY]
  const upper = bounds.findIndex((bound, i) => i > 0 && asked[feature]! <= bound)
  return { feature, lower: bounds[upper - 1]!, upper: bounds[upper]! }
}

const isUnder = (rule: readonly AnchorTerm[], row: Numbers): boolean =>
  rule.every(({ feature, lower, upper }) => row[feature]! > lower && row[feature]! <= upper)

/** Known rows, each with the features of the rule taken from a row that meets the condition. */
const rowsUnder = (
  rule: readonly AnchorTerm[],
  known: readonly Numbers[],
  { draws, random }: { readonly draws: number; readonly random: Random },
): Float64Array[] => {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const meeting = rule.map((term) => known.filter((other) => isUnder([term], other)))
  return Array.from({ length: draws }, () => {
    const drawn = Float64Array.from(pick(known))
    rule.forEach(({ feature }, i) => {
      if (meeting[i]!.length > 0) drawn[feature] = pick(meeting[i]!)[feature]!
    })
    return drawn
  })
}
