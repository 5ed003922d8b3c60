import { durationMs } from '@kaizen/contracts'
import type { MonitorDeclaration, Statistic, ThresholdRule } from './model.ts'
import { breaks, short } from './statistic.ts'

/** A value of an earlier window. */
export interface Earlier {
  readonly at: number
  readonly value: number | null
}

/** Fewer earlier values than this say nothing about variation. */
const leastHistory = 3

/** The rule that a metric is judged by: the first that fits. */
export const thresholdRuleOf = (
  rules: readonly ThresholdRule[],
  metric: string,
): ThresholdRule | undefined => rules.find((rule) => fits(rule.metric, metric))

/** Whether a metric fits a pattern, in which `*` stands for any text. */
export function fits(pattern: string, metric: string): boolean {
  const parts = pattern.split('*')
  const [first, last] = [parts[0]!, parts.at(-1)!]
  if (parts.length === 1) return pattern === metric
  if (!metric.startsWith(first) || !metric.endsWith(last)) return false
  let place = first.length
  for (const part of parts.slice(1, -1)) {
    const found = metric.indexOf(part, place)
    if (found < 0) return false
    place = found + part.length
  }
  return place <= metric.length - last.length
}

/** Whether a rule looks back at earlier windows. */
export const looksBack = ({ deviations, baseline }: ThresholdRule): boolean =>
  deviations !== undefined && baseline !== 'reference'

/** Whether a threshold bounds metrics by how far the reference strays from itself. */
export const wantsVariation = ({ thresholds }: Pick<MonitorDeclaration, 'thresholds'>): boolean =>
  thresholds.some(({ baseline }) => baseline === 'reference')

/** The earlier values that a rule compares with, of those given in order of time. */
export function comparable(
  rule: ThresholdRule,
  at: number,
  earlier: readonly Earlier[],
): readonly number[] {
  const { season, history } = rule
  const baseline = rule.baseline === 'reference' ? undefined : rule.baseline
  const seasonMs = season === undefined ? null : durationMs(season)
  return earlier
    .filter(
      (one) =>
        one.at < at &&
        one.value !== null &&
        (!baseline || (one.at > baseline.from && one.at <= baseline.to)) &&
        (seasonMs === null || (at - one.at) % seasonMs === 0),
    )
    .slice(-history)
    .map(({ value }) => value!)
}

/**
 * A statistic judged by a rule instead of its method's custom. `earlier`: what the rule's deviations are of, values of
 * earlier windows or of parts of the reference.
 */
export function judgedBy(
  rule: ThresholdRule,
  statistic: Statistic,
  given: { readonly earlier: readonly number[]; readonly reference: number | null },
): Statistic {
  const bounds = boundsOf(rule, given)
  if (bounds.note !== undefined) {
    const note = statistic.note ? `${statistic.note}; ${bounds.note}` : bounds.note
    return { ...statistic, threshold: null, lower: null, drifted: null, note }
  }
  const { threshold, lower } = bounds
  const drifted = statistic.value === null ? null : breaks(statistic.value, { threshold, lower })
  return { ...statistic, threshold, lower, drifted }
}

type Bounds =
  | { readonly threshold: number | null; readonly lower: number | null; readonly note?: undefined }
  | { readonly note: string }

function boundsOf(
  rule: ThresholdRule,
  {
    earlier,
    reference,
  }: { readonly earlier: readonly number[]; readonly reference: number | null },
): Bounds {
  if (rule.deviations !== undefined) {
    if (earlier.length < leastHistory) {
      const have = `${earlier.length} of ${leastHistory}`
      return {
        note:
          rule.baseline === 'reference'
            ? `no bound: ${have} parts of the reference with a value`
            : `no bound yet: ${have} earlier windows with a value`,
      }
    }
    const mean = earlier.reduce((sum, value) => sum + value, 0) / earlier.length
    const variance = earlier.reduce((sum, value) => sum + (value - mean) ** 2, 0) / earlier.length
    const reach = rule.deviations * Math.sqrt(variance)
    // Parts of the reference are told apart by distances and shares: less of them is no fault.
    const lower = rule.baseline === 'reference' ? null : mean - reach
    return { threshold: mean + reach, lower }
  }
  const relative = rule.aboveReference ?? rule.belowReference
  if (relative !== undefined && reference === null)
    return { note: `no bound: the reference has no value that ${short(relative)} could multiply` }
  const times = (factor: number | undefined): number | null =>
    factor === undefined || reference === null ? null : factor * reference
  return {
    threshold: rule.above ?? times(rule.aboveReference),
    lower: rule.below ?? times(rule.belowReference),
  }
}
