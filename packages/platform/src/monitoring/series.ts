import type { MetricPoint } from './model.ts'

/** A point of a series; one that stands for several windows says between which values they lay. */
export type SeriesPoint = MetricPoint & { readonly range?: readonly [low: number, high: number] }

/**
 * At most `limit` points for a chart: neighbours become one, at the end of the last of them, with the mean of their
 * values and the range. None is lost to the eye: an excess of one window stands in the range and in `drifted`.
 */
export function thinned(
  points: readonly MetricPoint[],
  limit: number | undefined,
): readonly SeriesPoint[] {
  if (limit === undefined || points.length <= limit) return points
  const size = Math.ceil(points.length / limit)
  const thin: SeriesPoint[] = []
  for (let from = 0; from < points.length; from += size) {
    thin.push(asOne(points.slice(from, from + size)))
  }
  return thin
}

function asOne(points: readonly MetricPoint[]): SeriesPoint {
  const last = points.at(-1)!
  const known = points.flatMap(({ value }) => (value === null ? [] : [value]))
  if (known.length === 0) return last
  const verdicts = points.flatMap(({ drifted }) => (drifted === null ? [] : [drifted]))
  return {
    ...last,
    value: known.reduce((sum, value) => sum + value, 0) / known.length,
    rows: points.reduce((sum, { rows }) => sum + rows, 0),
    revision: Math.max(...points.map(({ revision }) => revision)),
    drifted: verdicts.length === 0 ? null : verdicts.some(Boolean),
    range: [Math.min(...known), Math.max(...known)],
  }
}
