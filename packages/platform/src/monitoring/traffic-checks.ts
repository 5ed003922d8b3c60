import type { LoggedPredictions, Statistic, TimeSpan } from './model.ts'
import { lacking, statisticOf } from './statistic.ts'

/** What the log says about a window beside its columns: volume, freshness, errors, latency. */
export function trafficChecks(
  rows: Pick<LoggedPredictions, 'at' | 'error' | 'latencyMs'>,
  span: TimeSpan,
): readonly Statistic[] {
  const count = rows.at.length
  const volume = statisticOf({ metric: 'volume:rows', method: 'count', value: count, rows: count })
  const share = (metric: string, method: string, part: number): Statistic =>
    count === 0
      ? lacking({ metric, method, rows: 0 }, { have: 0, need: 1, of: 'rows' })
      : statisticOf({ metric, method, value: part / count, rows: count })
  return [
    volume,
    freshness(rows.at, span),
    share('errors:share', 'failed-share', countOf(rows.error)),
    ...latencies(rows.latencyMs),
  ]
}

const countOf = (values: readonly unknown[]): number => {
  let count = 0
  for (const value of values) if (value !== null) count++
  return count
}

/** Seconds from the newest row to the end of the window; the clock of a sender that goes back is just an older row. */
function freshness(at: Float64Array, { to }: TimeSpan): Statistic {
  const named = { metric: 'freshness:seconds', method: 'age-of-newest-row', rows: at.length }
  if (at.length === 0) return lacking(named, { have: 0, need: 1, of: 'rows' })
  let newest = Number.NEGATIVE_INFINITY
  for (const time of at) if (time > newest) newest = time
  return statisticOf({ ...named, value: Math.max(0, to - newest) / 1000 })
}

function latencies(latencyMs: Float64Array): readonly Statistic[] {
  const sorted = latencyMs.filter(Number.isFinite).sort()
  return [0.5, 0.99].map((quantile) => {
    const named = {
      metric: `latency:p${Math.round(quantile * 100)}`,
      method: 'nearest-rank-ms',
      rows: sorted.length,
    }
    if (sorted.length === 0) return lacking(named, { have: 0, need: 1, of: 'timed rows' })
    return statisticOf({ ...named, value: sorted[Math.ceil(quantile * sorted.length) - 1]! })
  })
}
