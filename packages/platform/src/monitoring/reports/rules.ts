import { durationMs, KaizenError } from '@kaizen/contracts'
import { Cron } from 'croner'
import type { TimeSpan } from '../model.ts'
import { dayMs } from '../windows/days.store.ts'
import type { MetricSummary, ReportBody, ReportMonitorPart, ReportSection, Slot } from './model.ts'

/** Periods that are longer are read from days: thousands of windows of hundreds of metrics would take their time. */
const longestByWindow = 3 * dayMs
const longestPeriod = 3 * 366 * dayMs

export interface Period extends TimeSpan {
  readonly counted: 'windows' | 'days'
}

/** The span that a report tells of, made at a time. @throws INVALID_REQUEST for a span of many years */
export function periodOf({ period }: Pick<ReportBody, 'period'>, now: number): Period {
  const span =
    'last' in period
      ? { from: Math.max(0, now - durationMs(period.last)), to: now }
      : { from: period.from, to: period.to }
  const length = span.to - span.from
  if (length > longestPeriod) {
    throw new KaizenError('INVALID_REQUEST', 'body.period: a report tells of at most three years')
  }
  if (length <= longestByWindow) return { ...span, counted: 'windows' }
  const [from, to] = [Math.floor(span.from / dayMs) * dayMs, Math.floor(span.to / dayMs) * dayMs]
  return { from, to, counted: 'days' }
}

/** The span of the same length before. */
export const before = ({ from, to, counted }: Period): Period => ({
  from: Math.max(0, from - (to - from)),
  to: from,
  counted,
})

const prefixes: Readonly<Record<string, ReportSection>> = {
  drift: 'drift',
  prediction: 'drift',
  label: 'drift',
  concept: 'drift',
  outliers: 'drift',
  influence: 'explanations',
  explanation: 'explanations',
  performance: 'performance',
  estimated: 'performance',
  naive: 'performance',
  calibration: 'performance',
  fairness: 'performance',
  labels: 'performance',
  latency: 'operations',
  errors: 'operations',
  cost: 'operations',
  energy: 'operations',
  custom: 'custom',
}

/** The section that a metric stands in: those of segments by themselves, what is not known otherwise with the quality. */
export const sectionOf = (metric: string): ReportSection =>
  metric.includes('@') ? 'segments' : (prefixes[metric.split(':', 1)[0] ?? ''] ?? 'quality')

/** So many points a line of a report has room for. */
const mostPoints = 60

/** The values of a metric over a period as one line. `slots` are in the order of time. */
export function summarise(
  metric: string,
  slots: readonly Slot[],
  previous: readonly Slot[] | null,
): MetricSummary {
  const known = slots.filter((slot) => slot.known > 0)
  const last = known.at(-1)
  const newest = slots.at(-1)
  const low = known.flatMap((slot) => slot.low ?? [])
  const high = known.flatMap((slot) => slot.high ?? [])
  const judged = slots.filter(({ drifted }) => drifted !== null)
  return {
    metric,
    windows: sum(slots.map(({ windows }) => windows)),
    known: sum(slots.map((slot) => slot.known)),
    mean: meanOf(slots),
    low: low.length === 0 ? null : low.reduce((least, value) => Math.min(least, value)),
    high: high.length === 0 ? null : high.reduce((most, value) => Math.max(most, value)),
    last: last ? last.total / last.known : null,
    threshold: newest?.threshold ?? null,
    lower: newest?.lower ?? null,
    judged: judged.length,
    outside: judged.filter(({ drifted }) => drifted).length,
    previous: previous && meanOf(previous),
    points: thinned(slots),
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

function meanOf(slots: readonly Slot[]): number | null {
  const known = sum(slots.map((slot) => slot.known))
  return known === 0 ? null : sum(slots.map(({ total }) => total)) / known
}

/** Neighbours made one, so that a line holds at most so many; what is unknown stays unknown. */
function thinned(slots: readonly Slot[]): (number | null)[] {
  const width = Math.max(1, Math.ceil(slots.length / mostPoints))
  const points: (number | null)[] = []
  for (let from = 0; from < slots.length; from += width) {
    points.push(meanOf(slots.slice(from, from + width)))
  }
  return points
}

/** The worst first: by the share of windows over the bounds, then by name. */
export const byBadness = (a: MetricSummary, b: MetricSummary): number =>
  shareOutside(b) - shareOutside(a) || (a.metric < b.metric ? -1 : 1)

const shareOutside = ({ judged, outside }: MetricSummary): number =>
  judged === 0 ? -1 : outside / judged

/** What stands out of a monitor's part, in sentences; what is not known is said too. */
export function findingsOf(part: ReportMonitorPart, counted: Period['counted']): string[] {
  if (part.problem !== null) return [`${part.monitor}: ${part.problem}`]
  const metrics = part.sections.flatMap((section) => section.metrics)
  const outside = metrics.filter((metric) => metric.outside > 0).sort(byBadness)
  const unknown = metrics.filter(({ known }) => known === 0).length
  const unit = counted === 'days' ? 'days' : 'windows'
  const worst = outside
    .slice(0, 3)
    .map((one) => `${one.metric} in ${one.outside} of ${one.judged} ${unit}`)
  return [
    outside.length === 0
      ? `${part.monitor}: no metric of ${metrics.length} was over its bounds`
      : `${part.monitor}: ${outside.length} of ${metrics.length} metrics were over their bounds, first ${worst.join(', ')}`,
    ...(unknown > 0
      ? [`${part.monitor}: ${unknown} metrics have too little data for a value`]
      : []),
    ...(part.alerts.length > 0
      ? [`${part.monitor}: ${part.alerts.length} alerts were opened`]
      : []),
  ]
}

/** First time of a schedule after `since`; null without one. @throws INVALID_REQUEST for one that cannot be read */
export function nextTime({ schedule }: Pick<ReportBody, 'schedule'>, since: number): number | null {
  if (schedule === null) return null
  try {
    const cron = new Cron(schedule.cron, { timezone: schedule.timeZone, paused: true })
    return cron.nextRun(new Date(since))?.getTime() ?? null
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure)
    throw new KaizenError('INVALID_REQUEST', `body.schedule: ${why}`, {
      hint: 'Write for example {"cron": "0 7 * * 1", "timeZone": "Europe/Berlin"}.',
    })
  }
}
