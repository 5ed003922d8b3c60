import { healthStates, KaizenError, type MonitorHealth } from '@kaizen/contracts'
import type { MetricPoint, MonitorRecord } from './model.ts'
import type { OpenAlerts, Standing, WindowVerdicts } from './overview.store.ts'

export type { MonitorHealth } from '@kaizen/contracts'

/** How a monitor stands, from its newest windows and alerts. */
export function healthOf(
  { name, declaration }: MonitorRecord,
  found: {
    readonly verdicts: readonly WindowVerdicts[]
    readonly drifted: readonly MetricPoint[]
    readonly open: readonly OpenAlerts[]
  },
): MonitorHealth {
  const { verdicts, drifted, open } = found
  const newest = verdicts.at(-1)
  const current = drifted.filter(({ at }) => newest !== undefined && at >= newest.to)
  const worst = worstOf(current)
  return {
    name,
    endpoint: declaration.endpoint,
    dataset: declaration.dataset,
    pipeline: declaration.pipeline,
    featureView: declaration.featureView,
    window: declaration.window,
    state: stateOf(newest?.judged ?? null, current.length, open),
    alerts: alertsOf(open),
    judged: newest?.judged ?? 0,
    drifted: newest?.drifted ?? 0,
    rows: newest?.rows ?? null,
    lastWindowTo: newest?.to ?? null,
    worst: worst && {
      metric: worst.metric,
      value: worst.value!,
      threshold: worst.threshold,
      note: worst.note,
    },
    trend: verdicts.map(({ to, judged, drifted: over }) => ({
      at: to,
      share: judged > 0 ? over / judged : null,
    })),
  }
}

function stateOf(
  judged: number | null,
  over: number,
  open: readonly OpenAlerts[],
): MonitorHealth['state'] {
  if (open.some(({ count }) => count > 0)) return 'alerting'
  if (judged === null) return 'waiting'
  if (judged === 0) return 'unknown'
  return over > 0 ? 'drifting' : 'ok'
}

function alertsOf(open: readonly OpenAlerts[]): MonitorHealth['alerts'] {
  const count = (severity: OpenAlerts['severity']): number =>
    open.find((one) => one.severity === severity)?.count ?? 0
  return { critical: count('critical'), warning: count('warning'), info: count('info') }
}

export interface RankedMonitor {
  readonly monitor: string
  readonly state: MonitorHealth['state']
  /** State, critical, warning and other alerts, share of metrics over their bounds: the larger, the worse. */
  readonly order: readonly number[]
}

/** Monitors from the worst to the best. */
export function rankMonitors(
  standings: readonly Standing[],
  open: ReadonlyMap<string, readonly OpenAlerts[]>,
): readonly RankedMonitor[] {
  return standings
    .map(({ monitor, judged, drifted, over }) => {
      const alerts = open.get(monitor) ?? []
      const state = stateOf(judged, over, alerts)
      const { critical, warning, info } = alertsOf(alerts)
      const share = judged !== null && judged > 0 ? (drifted ?? 0) / judged : 0
      const order = [healthStates.indexOf(state), critical, warning, info, share]
      return { monitor, state, order }
    })
    .sort(compareRanks)
}

type Rank = Pick<RankedMonitor, 'monitor' | 'order'>

function compareRanks(a: Rank, b: Rank): number {
  const at = a.order.findIndex((value, index) => value !== b.order[index])
  if (at !== -1) return (b.order[at] ?? 0) - (a.order[at] ?? 0)
  return a.monitor < b.monitor ? -1 : Number(a.monitor > b.monitor)
}

/** Where a page ended. */
export const rankToken = ({ monitor, order }: Rank): string => [...order, monitor].join(' ')

/** What stands behind the end of a page. @throws INVALID_REQUEST */
export function ranksAfter(
  ranked: readonly RankedMonitor[],
  token: string,
): readonly RankedMonitor[] {
  if (token === '') return ranked
  const parts = token.split(' ')
  const order = parts.slice(0, -1).map(Number)
  if (order.length !== 5 || order.some(Number.isNaN))
    throw new KaizenError('INVALID_REQUEST', 'query.pageToken: not a token of this list')
  const last = { monitor: parts.at(-1) ?? '', order }
  return ranked.filter((one) => compareRanks(one, last) > 0)
}

/** The metric that is furthest over its bound; single columns before the summary of them. */
function worstOf(points: readonly MetricPoint[]): MetricPoint | null {
  const single = points.filter(({ metric }) => !metric.includes(':any'))
  const ranked = [...(single.length > 0 ? single : points)].sort((a, b) => excess(b) - excess(a))
  return ranked[0] ?? null
}

function excess({ value, threshold, lower }: MetricPoint): number {
  if (value === null) return 0
  if (threshold !== null && threshold > 0) return value / threshold
  return lower !== null && value > 0 ? lower / value : 1 + Math.abs(value)
}
