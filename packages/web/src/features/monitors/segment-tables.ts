import type { monitoringApi, ResponseOf } from '@kaizen/contracts'

type Metrics = ResponseOf<typeof monitoringApi.metrics>['metrics']

export interface Segment {
  /** `column=value`. */
  readonly name: string
  readonly metrics: readonly {
    /** Without the segment: `performance:mae`. */
    readonly name: string
    readonly metric: string
    readonly last: number | null
    readonly drifted: boolean | null
  }[]
}

/** Metrics of segments, by segment. */
export function segmentsOf(metrics: Metrics): readonly Segment[] {
  const found = new Map<string, Segment['metrics'][number][]>()
  for (const { metric, last, drifted } of metrics) {
    const at = metric.indexOf('@')
    if (at < 0) continue
    const segment = metric.slice(at + 1)
    const entry = { name: metric.slice(0, at), metric, last, drifted }
    found.set(segment, [...(found.get(segment) ?? []), entry])
  }
  return [...found]
    .map(([name, of]): Segment => ({ name, metrics: of }))
    .sort((a, b) => a.name.localeCompare(b.name))
}

/** Names of the metrics that any segment has; drift of single columns has a table of its own. */
export const segmentMetrics = (segments: readonly Segment[]): readonly string[] => [
  ...new Set(
    segments.flatMap(({ metrics }) =>
      metrics.flatMap(({ name }) => (/^drift:(?!any:)/.test(name) ? [] : [name])),
    ),
  ),
]

/** What has drifted where: the columns of a monitor within the values of one column that cuts its rows. */
export interface DriftWithin {
  readonly cutBy: string
  /** Values of that column. */
  readonly values: readonly string[]
  readonly columns: readonly {
    readonly column: string
    readonly cells: ReadonlyMap<string, Metrics[number]>
  }[]
}

export function driftWithin(metrics: Metrics): readonly DriftWithin[] {
  const cuts = new Map<string, Map<string, Map<string, Metrics[number]>>>()
  for (const one of metrics) {
    const found = /^drift:(.+):gap@([^=]+)=(.*)$/s.exec(one.metric)
    const [, column, cutBy, value] = found ?? []
    if (column === undefined || cutBy === undefined || value === undefined || column === 'any')
      continue
    const columns = cuts.get(cutBy) ?? new Map<string, Map<string, Metrics[number]>>()
    cuts.set(cutBy, columns)
    columns.set(column, (columns.get(column) ?? new Map()).set(value, one))
  }
  const drifted = (cells: ReadonlyMap<string, Metrics[number]>): number =>
    [...cells.values()].filter((cell) => cell.drifted === true).length
  return [...cuts].map(([cutBy, columns]) => ({
    cutBy,
    values: [...new Set([...columns.values()].flatMap((cells) => [...cells.keys()]))].sort(),
    columns: [...columns]
      .map(([column, cells]) => ({ column, cells }))
      .sort((a, b) => drifted(b.cells) - drifted(a.cells) || a.column.localeCompare(b.column)),
  }))
}
