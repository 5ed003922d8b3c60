import type { AlertInput, AlertRule, MetricPoint } from '../model.ts'

/** What becomes of a rule's alert after a window has closed. */
export type AlertDecision =
  | { readonly kind: 'keep' }
  | { readonly kind: 'resolve'; readonly message: string }
  | {
      /** `open` where there is no alert of the rule, else `update`: one incident is one alert. */
      readonly kind: 'open' | 'update'
      readonly message: string
      readonly value: number
      readonly threshold: number
    }

/** The bound that a rule sets: absolute, or a multiple of the reference; null while there is no reference. */
export function boundOf(
  rule: AlertRule,
  reference: number | null,
): { readonly side: 'above' | 'below'; readonly bound: number } | null {
  if (rule.above !== undefined) return { side: 'above', bound: rule.above }
  if (rule.below !== undefined) return { side: 'below', bound: rule.below }
  if (rule.aboveReference !== undefined && reference !== null) {
    return { side: 'above', bound: rule.aboveReference * reference }
  }
  return null
}

/**
 * Decides an alert from the newest windows: it opens when `windows` of the last `of` break the bound, and resolves when
 * fewer do. A window without a value is unknown: it breaks nothing, and while the newest is unknown nothing resolves.
 */
export function decideAlert({ rule, points, reference, active }: AlertInput): AlertDecision {
  const newest = points.at(-1)
  if (newest === undefined || newest.value === null) return { kind: 'keep' }
  if (judgesByVerdict(rule)) return decideByVerdict({ rule, points, active, newest })
  const limit = boundOf(rule, reference)
  if (!limit) return { kind: 'keep' }
  const { side, bound } = limit
  const breaks = ({ value }: MetricPoint): boolean =>
    value !== null && (side === 'above' ? value > bound : value < bound)
  const broken = points.slice(-rule.of).filter(breaks)
  const value = newest.value
  const measured = `${rule.metric} is ${figure(value)}`
  if (broken.length < rule.windows) {
    if (!active) return { kind: 'keep' }
    return { kind: 'resolve', message: `${measured}, no longer ${side} ${figure(bound)}` }
  }
  const often = rule.of > 1 ? ` in ${broken.length} of the last ${rule.of} windows` : ''
  const relative =
    rule.aboveReference !== undefined && reference !== null && rule.above === undefined
      ? ` (${rule.aboveReference} × the reference ${figure(reference)})`
      : ''
  const where = newest.note ? `: ${newest.note}` : ''
  return {
    kind: active ? 'update' : 'open',
    message: `${measured}, ${side} ${figure(bound)}${relative}${often}${where}`,
    value,
    threshold: bound,
  }
}

/** A rule without a bound of its own goes by the verdict that the window gave the metric. */
const judgesByVerdict = ({ above, below, aboveReference }: AlertRule): boolean =>
  above === undefined && below === undefined && aboveReference === undefined

function decideByVerdict(given: {
  readonly rule: AlertRule
  readonly points: readonly MetricPoint[]
  readonly active: boolean
  readonly newest: MetricPoint
}): AlertDecision {
  const { rule, points, active, newest } = given
  // No verdict is no all-clear.
  if (newest.drifted === null || newest.value === null) return { kind: 'keep' }
  const broken = points.slice(-rule.of).filter(({ drifted }) => drifted === true).length
  const measured = `${rule.metric} is ${figure(newest.value)}`
  if (broken < rule.windows) {
    return active
      ? { kind: 'resolve', message: `${measured}, within its bounds again` }
      : { kind: 'keep' }
  }
  const { threshold, lower, value } = newest
  const below = lower !== null && value < lower
  const bound = (below ? lower : threshold) ?? 0
  const often = rule.of > 1 ? ` in ${broken} of the last ${rule.of} windows` : ''
  const where = newest.note ? `: ${newest.note}` : ''
  const limits =
    threshold === null && lower === null ? 'drifted' : `outside its bound ${figure(bound)}`
  return {
    kind: active ? 'update' : 'open',
    message: `${measured}, ${limits}${often}${where}`,
    value,
    threshold: bound,
  }
}

const figure = (value: number): string => String(Number(value.toPrecision(4)))
