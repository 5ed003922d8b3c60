import type { Reader } from '../storage/index.ts'
import type { TimeSpan } from './model.ts'
import type { SeriesPoint } from './series.ts'
import { readSeries, readThinnedSeries } from './values.store.ts'
import { dayMs, dayOf, extentOfDays, readDays } from './windows/days.store.ts'

/** Days are fine enough where they give at least this share of the points that were asked for. */
const enoughDays = 0.25

/**
 * At most `points` points of a metric: its values as they are where there are no more, days where these are fine enough,
 * and neighbours made one in between. Each keeps the lowest and the highest value that it stands for.
 */
export async function thinnedSeries(
  reader: Reader,
  monitor: string,
  metric: string,
  { from, to, points }: TimeSpan & { readonly points: number },
): Promise<readonly SeriesPoint[]> {
  const extent = await extentOfDays(reader, monitor, metric, { from, to })
  // Two days that the span cuts are not among them.
  const mostWindows = extent.windows + 2 * Math.ceil(extent.windows / Math.max(1, extent.days))
  if (mostWindows <= points) return readSeries(reader, monitor, metric, { from, to })
  const width = Math.ceil(extent.days / Math.max(1, points - 2))
  if (extent.days < enoughDays * points || extent.windows <= extent.days) {
    const [first, last] = [Math.max(from, extent.from - dayMs), Math.min(to, extent.to + dayMs)]
    const widthMs = Math.ceil((last - first + 1) / points)
    return readThinnedSeries(reader, monitor, metric, { from: first, to: last, widthMs })
  }
  const days = await readDays(reader, monitor, metric, {
    from: extent.from,
    to: extent.to,
    width,
  })
  const [before, after] = await Promise.all([
    edge(reader, monitor, metric, { from, to: extent.from - 1 }),
    edge(reader, monitor, metric, { from: extent.to + 1, to }),
  ])
  return [...before, ...days, ...after]
}

/** The part of a day that the span cuts, as one point. */
function edge(
  reader: Reader,
  monitor: string,
  metric: string,
  span: TimeSpan,
): Promise<readonly SeriesPoint[]> {
  const isOpen = span.to < span.from || dayOf(span.to) - dayOf(span.from) > 1
  if (isOpen) return Promise.resolve([])
  return readThinnedSeries(reader, monitor, metric, { ...span, widthMs: 2 * dayMs })
}
