import type { ResponseOf, servingApi } from '@kaizen/contracts'
import {
  alignSeries,
  breakAtGaps,
  type Series,
  styleOf,
  type TimeChart,
} from '../../shared/charts/series.ts'

type Traffic = ResponseOf<typeof servingApi.traffic>
type Point = Traffic['points'][number]

export interface TrafficCharts {
  readonly requests: TimeChart
  readonly errors: TimeChart
  readonly latency: TimeChart
  /** How many arms are drawn as one, because lines of so many could not be told apart; else 0. */
  readonly folded: number
}

/** More arms than this in a range are drawn as one. */
const armsDrawn = 5

/** Three charts of one answer: requests and errors per bucket, latency; one line per arm. */
export function trafficCharts(traffic: Traffic): TrafficCharts {
  const arms = armsByRequests(traffic.points)
  const folded = arms.length > armsDrawn
  const points = folded ? foldArms(traffic.points) : traffic.points
  const lines = (folded ? [allArms] : arms).map((arm) =>
    points.filter((point) => point.arm === arm),
  )
  const chart = (unit: string, ...picks: readonly Pick[]): TimeChart => {
    const { times, values } = alignSeries(
      picks.flatMap((pick) =>
        lines.map((line) =>
          breakAtGaps(line.map((point) => ({ at: point.at, value: pick.of(point) }))),
        ),
      ),
    )
    const series = picks.flatMap((pick, picked) =>
      lines.map(
        (line, index): Series => ({
          ...styleOf(index),
          ...(pick.dash && { dash: pick.dash }),
          label: `${line[0]?.arm ?? ''}${pick.name === '' ? '' : ` ${pick.name}`}`,
          unit,
          values: values[picked * lines.length + index] ?? [],
        }),
      ),
    )
    return { times, unit, series }
  }
  const worst = folded ? ' of the slowest' : ''
  return {
    requests: chart('', { name: '', of: (point) => point.requests }),
    errors: chart('', { name: '', of: (point) => point.errors }),
    latency: chart(
      'ms',
      { name: `p50${worst}`, of: (point) => point.p50, dash: [4, 3] },
      { name: `p99${worst}`, of: (point) => point.p99 },
    ),
    folded: folded ? arms.length : 0,
  }
}

interface Pick {
  readonly name: string
  readonly of: (point: Point) => number | null
  readonly dash?: readonly number[]
}

/** The arm that answered most comes first and so keeps the first colour, whichever others come and go. */
function armsByRequests(points: readonly Point[]): readonly string[] {
  const requests = new Map<string, number>()
  for (const point of points)
    requests.set(point.arm, (requests.get(point.arm) ?? 0) + point.requests)
  return [...requests].sort((a, b) => b[1] - a[1]).map(([arm]) => arm)
}

const allArms = 'all arms'

/** Sums of requests and errors; of latencies, which do not add up, the slowest arm's. */
function foldArms(points: readonly Point[]): readonly Point[] {
  return [...Map.groupBy(points, (point) => point.at)]
    .sort((a, b) => a[0] - b[0])
    .map(([at, group]) => ({
      at,
      arm: allArms,
      requests: group.reduce((sum, point) => sum + point.requests, 0),
      errors: group.reduce((sum, point) => sum + point.errors, 0),
      p50: slowest(group.map((point) => point.p50)),
      p99: slowest(group.map((point) => point.p99)),
    }))
}

function slowest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}
