import {
  type Along,
  joinSeries,
  type Series,
  styleOf,
  type TimeChart,
} from '../../../shared/charts/series.ts'
import type { MetricPoint } from '../wire.ts'

/** How curves are drawn; stands in the address of a page. */
export interface CurveView {
  /** Null takes steps where they differ, else time. */
  readonly along: Along | null
  readonly logX: boolean
  readonly logY: boolean
  /** Weight of the past in the moving mean, from 0 (as logged) to below 1. */
  readonly smooth: number
}
export interface CurveSearch {
  readonly along?: string
  readonly logs?: string
  readonly smooth?: string
}
const alongs: readonly Along[] = ['step', 'time', 'relative']
const mostSmooth = 0.99

export function readCurveView(search: CurveSearch): CurveView {
  const smooth = Number(search.smooth ?? 0)
  return {
    along: alongs.find((one) => one === search.along) ?? null,
    logX: search.logs?.includes('x') ?? false,
    logY: search.logs?.includes('y') ?? false,
    smooth: Number.isFinite(smooth) ? Math.min(mostSmooth, Math.max(0, smooth)) : 0,
  }
}
/** The fields of the address for a view; what is as at first is empty. */
export const writeCurveView = (view: CurveView): Required<CurveSearch> => ({
  along: view.along ?? '',
  logs: `${view.logX ? 'x' : ''}${view.logY ? 'y' : ''}`,
  smooth: view.smooth === 0 ? '' : String(view.smooth),
})

/** An exponential moving mean that is not drawn to zero at its start; gaps stay gaps and change nothing after them. */
export function smoothed(
  values: readonly (number | null)[],
  weight: number,
): readonly (number | null)[] {
  if (weight <= 0) return values
  let sum = 0
  let mass = 0
  return values.map((value) => {
    if (value === null) return null
    sum = sum * weight + value
    mass = mass * weight + 1
    return sum / mass
  })
}

export interface Curve {
  readonly label: string
  readonly points: readonly MetricPoint[]
}

const isStepped = (curves: readonly Curve[]): boolean =>
  curves.some((curve) => curve.points.some((point) => point.step !== curve.points[0]?.step))

/** Curves on one axis. Values that are not finite are gaps; a logarithmic axis leaves out what is not above zero. */
export function curveChart(curves: readonly Curve[], view: CurveView): TimeChart {
  const along = view.along ?? (isStepped(curves) ? 'step' : 'time')
  const alongLogarithmic = view.logX && along !== 'time'
  const lines = curves.map((curve) => lineOf(curve.points, along, alongLogarithmic))
  const means = lines.map((line) => {
    const values = smoothed(
      line.map((point) => point.value),
      view.smooth,
    )
    return line.map((point, index) => ({ at: point.at, value: values[index] ?? null }))
  })
  // One curve shows what was logged behind its mean; among many that would only be noise.
  const raw = view.smooth > 0 && curves.length === 1 ? lines : []
  const { times, values } = joinSeries([...means, ...raw])
  const names = uniqueLabels(curves.map((curve) => curve.label))
  const series = values.map((own, index): Series => {
    const style = styleOf(index % curves.length)
    const name = names[index % curves.length] ?? ''
    if (index < curves.length) return { label: name, values: own, ...style }
    return { label: `${name} as logged`, values: own, color: 7, width: 0.8 }
  })
  return { times, series, along, alongLogarithmic }
}

function lineOf(points: readonly MetricPoint[], along: Along, logarithmic: boolean) {
  const start = points.reduce((least, point) => Math.min(least, point.timestamp), Infinity)
  return points
    .map((point) => ({
      at:
        along === 'step'
          ? point.step
          : along === 'time'
            ? point.timestamp
            : point.timestamp - start,
      value: Number.isFinite(point.value) ? point.value : null,
    }))
    .filter((point) => !logarithmic || point.at > 0)
    .sort((a, b) => a.at - b.at)
}

/** Equal names get their number, so that every line of a chart and column of its table has its own. */
export function uniqueLabels(labels: readonly string[]): readonly string[] {
  const seen = new Map<string, number>()
  return labels.map((label) => {
    const times = (seen.get(label) ?? 0) + 1
    seen.set(label, times)
    return times === 1 ? label : `${label} (${times})`
  })
}
