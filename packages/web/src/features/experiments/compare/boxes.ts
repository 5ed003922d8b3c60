import { formatPlain } from '../../../shared/format/number.ts'
import { fieldName, type RunField } from '../prepare.ts'
import type { Run } from '../wire.ts'

/** The values of a metric in runs that are alike in one field (Tukey, "Exploratory Data Analysis", 1977). */
export interface Box {
  readonly label: string
  readonly count: number
  /** Quartiles by linear interpolation. */
  readonly lower: number
  readonly median: number
  readonly upper: number
  /** The furthest values within one and a half of the box's height from it. */
  readonly whiskers: readonly [number, number]
  /** Runs beyond the whiskers, by their place in the list. */
  readonly outliers: readonly { readonly run: number; readonly value: number }[]
}

/** A field of numbers with more different values than this is cut into parts of equally many runs. */
const mostGroups = 12
const parts = 6

interface Measured {
  readonly run: number
  readonly value: number
}

/** A box for each value of a field; runs without the field or the metric are left out. */
export function boxesOf(runs: readonly Run[], by: RunField, metric: string): readonly Box[] {
  const key = fieldName(by)
  const measured = runs.flatMap((one, run) => {
    const value = one.metrics.get(metric)
    const group = by.startsWith('metrics.') ? one.metrics.get(key) : one.params.get(key)
    return value === undefined || !Number.isFinite(value) || group === undefined
      ? []
      : [{ run, value, group: String(group) }]
  })
  const groups = Map.groupBy(measured, ({ group }) => group)
  const numeric = [...groups.keys()].every(
    (text) => text.trim() !== '' && Number.isFinite(Number(text)),
  )
  if (groups.size > mostGroups && numeric)
    return cut(measured.map((one) => ({ ...one, at: Number(one.group) })))
  return [...groups]
    .sort(([a], [b]) => (numeric ? Number(a) - Number(b) : a.localeCompare(b)))
    .map(([label, members]) => boxOf(label, members))
}

/** Parts of equally many runs by a number; equal numbers stay together. */
function cut(measured: readonly (Measured & { readonly at: number })[]): readonly Box[] {
  const sorted = [...measured].sort((a, b) => a.at - b.at)
  const wanted = Math.ceil(sorted.length / parts)
  const boxes: Box[] = []
  for (let from = 0; from < sorted.length; ) {
    let to = Math.min(from + wanted, sorted.length)
    while (to < sorted.length && sorted[to]?.at === sorted[to - 1]?.at) to += 1
    const [low, high] = [sorted[from]?.at, sorted[to - 1]?.at]
    const label =
      low === high ? formatPlain(low, 3) : `${formatPlain(low, 3)} – ${formatPlain(high, 3)}`
    boxes.push(boxOf(label, sorted.slice(from, to)))
    from = to
  }
  return boxes
}

function boxOf(label: string, members: readonly Measured[]): Box {
  const values = members.map(({ value }) => value).sort((a, b) => a - b)
  const quantile = (level: number): number => {
    const place = (values.length - 1) * level
    const low = values[Math.floor(place)] ?? Number.NaN
    const high = values[Math.ceil(place)] ?? Number.NaN
    return low + (high - low) * (place - Math.floor(place))
  }
  const [lower, median, upper] = [quantile(0.25), quantile(0.5), quantile(0.75)]
  const reach = 1.5 * (upper - lower)
  const isNear = (value: number): boolean => value >= lower - reach && value <= upper + reach
  const near = values.filter(isNear)
  return {
    label,
    count: values.length,
    lower,
    median,
    upper,
    whiskers: [near[0] ?? lower, near.at(-1) ?? upper],
    outliers: members
      .filter(({ value }) => !isNear(value))
      .map(({ run, value }) => ({ run, value })),
  }
}
