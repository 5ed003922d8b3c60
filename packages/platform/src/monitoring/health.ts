import type { MonitorHealth } from '@kaizen/contracts'
import type { MetricPoint, MonitorRecord } from './model.ts'
import type { OpenAlerts, WindowVerdicts } from './overview.store.ts'

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
  const count = (severity: OpenAlerts['severity']): number =>
    open.find((one) => one.severity === severity)?.count ?? 0
  const alerts = { critical: count('critical'), warning: count('warning'), info: count('info') }
  const isAlerting = open.some((one) => one.count > 0)
  const current = drifted.filter(({ at }) => newest !== undefined && at >= newest.to)
  const worst = worstOf(current)
  return {
    name,
    endpoint: declaration.endpoint,
    dataset: declaration.dataset,
    pipeline: declaration.pipeline,
    featureView: declaration.featureView,
    window: declaration.window,
    state: isAlerting
      ? 'alerting'
      : !newest
        ? 'waiting'
        : newest.judged === 0
          ? 'unknown'
          : current.length > 0
            ? 'drifting'
            : 'ok',
    alerts,
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
