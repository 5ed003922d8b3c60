import { formatDuration } from '../format/number.ts'
import { formatInstant } from '../format/time.ts'

/** One line of a chart; null is a gap, undefined is where only other lines have a point. */
export interface Series {
  readonly label: string
  readonly unit?: string
  readonly values: readonly (number | null | undefined)[]
  /** Position in the palette of 8; the dash tells lines apart where colour cannot. */
  readonly color: number
  readonly dash?: readonly number[]
  readonly width?: number
  readonly bars?: boolean
  /** Points without a line between them. */
  readonly dots?: boolean
}

export interface Mark {
  readonly at: number
  readonly kind: string
  readonly text: string
  readonly href: string | null
}

export interface Bound {
  readonly label: string
  readonly value: number
  /** What is over a bound is wrong; a reference is only what to compare with. */
  readonly kind: 'bound' | 'reference'
}

/** The area between two lines: an interval, or the values that one thinned point stands for. */
export interface Shade {
  readonly label: string
  readonly low: readonly (number | null)[]
  readonly high: readonly (number | null)[]
  readonly color: number
}

/** Everything a time chart draws: times in milliseconds, one value per time and series. */
export interface TimeChart {
  readonly times: readonly number[]
  readonly series: readonly Series[]
  /** Drawn behind the lines, the first at the back. */
  readonly shades?: readonly Shade[]
  readonly bounds?: readonly Bound[]
  readonly marks?: readonly Mark[]
  readonly unit?: string
  /** What stands along the bottom: instants, steps of a training, or milliseconds since each line's own start. */
  readonly along?: Along
  readonly alongLogarithmic?: boolean
}
export type Along = 'time' | 'step' | 'relative'

/** Dashes after the palette of 8 is used up. */
const dashes: readonly (readonly number[])[] = [[], [6, 4], [2, 3], [8, 3, 2, 3]]

/** Colour and dash of the n-th line: eight colours, then the next dash. */
export const styleOf = (
  index: number,
): { readonly color: number; readonly dash: readonly number[] } => ({
  color: index % 8,
  dash: dashes[Math.floor(index / 8) % dashes.length] ?? [],
})

/** Lines with their own times put on one common axis; where a line has no point there is a gap. */
export function alignSeries(
  lines: readonly (readonly { readonly at: number; readonly value: number | null }[])[],
): { readonly times: readonly number[]; readonly values: readonly (readonly (number | null)[])[] } {
  const times = [...new Set(lines.flatMap((line) => line.map((point) => point.at)))].sort(
    (a, b) => a - b,
  )
  const values = lines.map((line) => {
    const byTime = new Map(line.map((point) => [point.at, point.value]))
    return times.map((at) => byTime.get(at) ?? null)
  })
  return { times, values }
}

/** Lines that are sampled at different places, on one axis: each goes straight over the points of the others. */
export function joinSeries(
  lines: readonly (readonly { readonly at: number; readonly value: number | null }[])[],
): {
  readonly times: readonly number[]
  readonly values: readonly (readonly (number | null | undefined)[])[]
} {
  const times = [...new Set(lines.flatMap((line) => line.map((point) => point.at)))].sort(
    (a, b) => a - b,
  )
  const values = lines.map((line) => {
    const byTime = new Map(line.map((point) => [point.at, point.value]))
    return times.map((at) => byTime.get(at))
  })
  return { times, values }
}

/** Breaks a line where neighbours are more than twice the usual distance apart, by a missing point between. */
export function breakAtGaps<T extends { readonly at: number; readonly value: number | null }>(
  points: readonly T[],
): readonly { readonly at: number; readonly value: number | null }[] {
  if (points.length < 3) return points
  const steps = points.slice(1).map((point, index) => point.at - (points[index] as T).at)
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0
  return points.flatMap((point, index) => {
    const step = steps[index] ?? 0
    return usual > 0 && step > 2 * usual ? [point, { at: point.at + usual, value: null }] : [point]
  })
}

/** A place on the bottom axis in words. */
export const placeName = (chart: TimeChart, at: number): string =>
  chart.along === 'step'
    ? `step ${at}`
    : chart.along === 'relative'
      ? `after ${formatDuration(at)}`
      : formatInstant(at)

export interface ChartRow {
  readonly at: number
  readonly values: readonly (number | null)[]
}
/** The table behind a chart, newest first. */
export const chartRows = (chart: TimeChart): readonly ChartRow[] =>
  chart.times
    .map((at, index) => ({ at, values: chart.series.map((one) => one.values[index] ?? null) }))
    .filter((row) => row.values.some((value) => value !== null))
    .reverse()
