import type { AlertInput, AlertRule, MetricPoint } from './model.ts'

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
  const limit = boundOf(rule, reference)
  const newest = points.at(-1)
  if (!limit || newest === undefined || newest.value === null) return { kind: 'keep' }
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

const figure = (value: number): string => String(Number(value.toPrecision(4)))
