import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatDuration, formatNumber, formatPlain } from '../format/number.ts'
import { formatTick } from '../format/time.ts'
import { drawBoundNames, drawBounds, drawMarks, nearestMark } from './marks.ts'
import { readColors } from './palette.ts'
import { placeName, type Series, type TimeChart } from './series.ts'

interface Props {
  readonly chart: TimeChart
  readonly height: number
  readonly label: string
  readonly logarithmic?: boolean
  /** Charts with the same key share their crosshair. */
  readonly syncKey?: string
  readonly onZoom?: (from: number, to: number) => void
  readonly onReset?: () => void
  readonly onReady?: (canvas: HTMLCanvasElement) => void
}

/** Lines over time on a canvas: brush to zoom, double click back, annotations and bounds drawn over. */
export default function TimeSeries(props: Props) {
  const host = useRef<HTMLDivElement>(null)
  const tip = useRef<HTMLDivElement>(null)
  const latest = useRef(props)
  latest.current = props
  const router = useRouter()
  const theme = useThemeVersion()
  const { chart, height, logarithmic, syncKey } = props
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new theme has new colours
  useEffect(() => {
    const element = host.current
    if (!element) return
    const options = optionsOf(props, element.clientWidth, {
      onCursor: (plot) => showTip(plot, tip.current, latest.current.chart),
      onSelect: (from, to) => latest.current.onZoom?.(from, to),
    })
    const data = [
      chart.times.map((at) => (chart.along === 'step' ? at : at / 1000)),
      ...chart.series.map((one) => [...one.values]),
      ...(chart.shades ?? []).flatMap(({ high, low }) => [[...high], [...low]]),
    ] as uPlot.AlignedData
    const plot = new uPlot(options, data, element)
    plot.over.addEventListener('click', () => {
      const mark = nearestMark(plot, latest.current.chart)
      if (mark?.href) router.history.push(mark.href)
    })
    plot.over.addEventListener('dblclick', () => latest.current.onReset?.())
    latest.current.onReady?.(plot.ctx.canvas)
    const resize = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }))
    resize.observe(element)
    return () => {
      resize.disconnect()
      plot.destroy()
    }
  }, [chart, height, logarithmic, syncKey, theme, router])
  return (
    <div className="chart-canvas" ref={host} role="img" aria-label={props.label}>
      <div className="chart-tip" ref={tip} hidden />
    </div>
  )
}

interface Reactions {
  readonly onCursor: (plot: uPlot) => void
  readonly onSelect: (from: number, to: number) => void
}

function optionsOf(props: Props, width: number, reactions: Reactions): uPlot.Options {
  const { chart, height, logarithmic, syncKey } = props
  const colors = readColors()
  const axis = {
    stroke: colors.faint,
    font: `11px ${colors.font}`,
    grid: { stroke: colors.line, width: 1 },
    ticks: { stroke: colors.line, width: 1, size: 4 },
  }
  return {
    width,
    height,
    padding: [14, 12, 0, 4],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    cursor: {
      points: { size: 7 },
      drag: { x: true, y: false, setScale: props.onZoom === undefined },
      ...(syncKey !== undefined && { sync: { key: syncKey, setSeries: false } }),
    },
    legend: { show: false },
    scales: {
      x: {
        time: chart.along !== 'step' && chart.along !== 'relative',
        ...(chart.alongLogarithmic && {
          distr: 3,
          range: (_: uPlot, low: number, high: number): [number, number] => [low, high],
        }),
      },
      y: { distr: logarithmic ? 3 : 1, range: rangeOf(chart, logarithmic ?? false) },
    },
    axes: [
      {
        ...axis,
        space: 76,
        size: 28,
        ...(chart.along !== 'step' && {
          values: (_plot: uPlot, splits: number[], _axis: number, _space: number, step: number) =>
            splits.map((second) =>
              chart.along === 'relative'
                ? formatDuration(second * 1000)
                : formatTick(second * 1000, step * 1000),
            ),
        }),
      },
      {
        ...axis,
        size: 56,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : formatPlain(tick, 3))),
      },
    ],
    series: [
      {},
      ...chart.series.map((one) => ({
        label: one.label,
        stroke: colors.series[one.color % 8] ?? colors.text,
        width: one.width ?? 1.6,
        ...(one.dash && { dash: [...one.dash] }),
        points: { show: chart.times.length < 40 || isOnePoint(one), size: 4 },
        spanGaps: false,
        ...(one.dots && { paths: () => null, points: { show: true, size: 5 } }),
        ...(one.bars &&
          uPlot.paths.bars && {
            paths: uPlot.paths.bars({ size: [0.9, 40] }),
            fill: `color-mix(in srgb, ${colors.series[one.color % 8]} 60%, transparent)`,
            points: { show: false },
          }),
      })),
      // The edges of shaded areas: no line, no point, only what lies between.
      ...(chart.shades ?? []).flatMap(() => [edge, edge]),
    ],
    bands: (chart.shades ?? []).map(({ color }, index) => ({
      series: [1 + chart.series.length + 2 * index, 2 + chart.series.length + 2 * index],
      fill: `color-mix(in srgb, ${colors.series[color % 8]} 22%, transparent)`,
    })),
    hooks: {
      drawAxes: [(plot) => drawBounds(plot, chart, colors)],
      draw: [
        (plot) => drawMarks(plot, chart, colors),
        (plot) => drawBoundNames(plot, chart, colors),
      ],
      setCursor: [reactions.onCursor],
      setSelect: [
        (plot) => {
          if (plot.select.width < 4 || props.onZoom === undefined) return
          const from = plot.posToVal(plot.select.left, 'x') * 1000
          const to = plot.posToVal(plot.select.left + plot.select.width, 'x') * 1000
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          reactions.onSelect(Math.round(from), Math.round(to))
        },
      ],
    },
  }
}

const edge: uPlot.Series = {
  width: 0,
  points: { show: false },
  spanGaps: false,
  stroke: 'transparent',
}

/** The vertical range holds every value and bound, with room; it starts at zero where values are near it. */
const rangeOf =
  (chart: TimeChart, logarithmic: boolean): uPlot.Scale.Range =>
  (_, low, high) => {
    const bounds = (chart.bounds ?? []).map((bound) => bound.value)
    const least = Math.min(low ?? 0, ...bounds)
    const highest = Math.max(high ?? 1, ...bounds)
    // Nothing but zeros still gets an axis that goes up.
    const most = least === 0 && highest === 0 ? 1 : highest
    if (logarithmic) return [Math.max(1e-9, least), most * 1.2]
    const room = (most - least || Math.abs(most) || 1) * 0.08
    return [least >= 0 && least <= most * 0.6 ? 0 : least - room, most + room]
  }

function showTip(plot: uPlot, tip: HTMLDivElement | null, chart: TimeChart): void {
  if (!tip) return
  const index = plot.cursor.idx
  const { left } = plot.cursor
  if (index === null || index === undefined || left === undefined || left < 0) {
    tip.hidden = true
    return
  }
  const at = chart.times[index] ?? 0
  const present = chart.series.filter((one) => one.values[index] !== undefined)
  const rows = present.slice(0, tipRows).map((one) => {
    const row = document.createElement('div')
    row.append(
      one.label,
      element('b', `${formatNumber(one.values[index])} ${one.unit ?? chart.unit ?? ''}`),
    )
    return row
  })
  const more = present.length - rows.length
  const mark = nearestMark(plot, chart)
  tip.replaceChildren(
    element('span', placeName(chart, at)),
    ...rows,
    ...(more > 0 ? [element('span', `and ${more} more`)] : []),
    ...(mark ? [element('em', `${mark.kind}: ${mark.text}`)] : []),
  )
  tip.hidden = false
  const offset = plot.over.offsetLeft + left
  const room = plot.width - offset - 16
  tip.style.left =
    room > tip.offsetWidth ? `${offset + 14}px` : `${Math.max(0, offset - tip.offsetWidth - 14)}px`
}

const tipRows = 14
const isOnePoint = (one: Series): boolean =>
  one.values.filter((value) => typeof value === 'number').length === 1

function element(name: string, text: string): HTMLElement {
  const created = document.createElement(name)
  created.textContent = text
  return created
}

/** Changes whenever the theme does, so that canvases are drawn again. */
function useThemeVersion(): number {
  const [version, setVersion] = useState(0)
  useEffect(() => {
    const change = () => setVersion((one) => one + 1)
    const observer = new MutationObserver(change)
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    const media = matchMedia('(prefers-color-scheme: dark)')
    media.addEventListener('change', change)
    return () => {
      observer.disconnect()
      media.removeEventListener('change', change)
    }
  }, [])
  return version
}
