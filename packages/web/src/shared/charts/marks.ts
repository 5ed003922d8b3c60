import type uPlot from 'uplot'
import type { ChartColors } from './palette.ts'
import type { Mark, TimeChart } from './series.ts'

/** The sign and colour of each kind of annotation: a shape first, then a colour. */
const signs: Readonly<Record<string, { readonly sign: string; readonly color: keyof ChartColors }>> = {
  retraining: { sign: '○', color: 'busy' },
  promotion: { sign: '▲', color: 'ok' },
  rejection: { sign: '×', color: 'faint' },
  rollback: { sign: '▼', color: 'attention' },
  incident: { sign: '!', color: 'failed' },
}
export const signOf = (kind: string): string => signs[kind]?.sign ?? '◆'

const reachPx = 6

/** The annotation under the pointer, if one is near. */
export function nearestMark(plot: uPlot, chart: TimeChart): Mark | undefined {
  const { left } = plot.cursor
  if (left === undefined || left < 0) return undefined
  let best: Mark | undefined
  let distance = reachPx
  for (const mark of chart.marks ?? []) {
    const gap = Math.abs(plot.valToPos(mark.at / 1000, 'x') - left)
    if (gap <= distance) {
      best = mark
      distance = gap
    }
  }
  return best
}

/** Vertical lines with a sign on top. */
export function drawMarks(plot: uPlot, chart: TimeChart, colors: ChartColors): void {
  const { ctx, bbox } = plot
  const pixel = devicePixelRatio
  ctx.save()
  ctx.font = `${11 * pixel}px ${colors.font}`
  ctx.textAlign = 'center'
  for (const mark of chart.marks ?? []) {
    const x = plot.valToPos(mark.at / 1000, 'x', true)
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    const look = signs[mark.kind]
    const color = look ? (colors[look.color] as string) : colors.faint
    ctx.strokeStyle = color
    ctx.fillStyle = color
    ctx.globalAlpha = mark.kind === 'incident' ? 0.9 : 0.32
    ctx.lineWidth = pixel
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.globalAlpha = 1
    ctx.fillText(signOf(mark.kind), x, bbox.top - 3 * pixel)
  }
  ctx.restore()
}

/** Dashed bounds with their names, and a light band above the lowest. */
export function drawBounds(plot: uPlot, chart: TimeChart, colors: ChartColors): void {
  const { ctx, bbox } = plot
  const pixel = devicePixelRatio
  ctx.save()
  ctx.font = `${10.5 * pixel}px ${colors.font}`
  ctx.textAlign = 'right'
  for (const bound of chart.bounds ?? []) {
    const y = plot.valToPos(bound.value, 'y', true)
    if (y < bbox.top || y > bbox.top + bbox.height) continue
    ctx.fillStyle = colors.failed
    ctx.globalAlpha = 0.06
    ctx.fillRect(bbox.left, bbox.top, bbox.width, y - bbox.top)
    ctx.globalAlpha = 0.8
    ctx.strokeStyle = colors.failed
    ctx.lineWidth = pixel
    ctx.setLineDash([5 * pixel, 4 * pixel])
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    ctx.setLineDash([])
    ctx.fillText(bound.label, bbox.left + bbox.width - 4 * pixel, y - 4 * pixel)
  }
  ctx.restore()
}
