import type uPlot from 'uplot'
import type { ChartColors } from './palette.ts'
import type { Mark, TimeChart } from './series.ts'

/** The sign and colour of each kind of annotation: a shape first, then a colour. */
const signs: Readonly<
  Record<string, { readonly sign: string; readonly color: keyof ChartColors }>
> = {
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

/** Signs nearer than this would cover each other: the graver one is drawn. */
const signRoomPx = 11
const gravest = ['incident', 'rollback', 'promotion', 'rejection', 'retraining']

interface PlacedMark {
  readonly mark: Mark
  readonly x: number
}

/** Which annotations get a sign when they stand at `x`, in order of time: of a crowd, the gravest. */
export function signedMarks(marks: readonly PlacedMark[], room: number): readonly PlacedMark[] {
  const rank = ({ mark }: PlacedMark) =>
    (gravest.indexOf(mark.kind) + gravest.length + 1) % (gravest.length + 1)
  const signed: PlacedMark[] = []
  for (const placed of [...marks].sort((a, b) => a.x - b.x)) {
    const last = signed.at(-1)
    if (!last || placed.x - last.x >= room) signed.push(placed)
    else if (rank(placed) < rank(last)) signed[signed.length - 1] = placed
  }
  return signed
}

/**
 * Retrainings and what became of them in lanes of their own: nearly every retraining ends in a promotion or rejection
 * beside it, which would cover it.
 */
export function laneMarks(
  marks: readonly PlacedMark[],
  room: number,
): { readonly starts: readonly PlacedMark[]; readonly outcomes: readonly PlacedMark[] } {
  const isStart = ({ mark }: PlacedMark) => mark.kind === 'retraining'
  return {
    starts: signedMarks(marks.filter(isStart), room),
    outcomes: signedMarks(
      marks.filter((one) => !isStart(one)),
      room,
    ),
  }
}

/** Vertical lines with a sign on top; retrainings stand at the bottom. */
export function drawMarks(plot: uPlot, chart: TimeChart, colors: ChartColors): void {
  const { ctx, bbox } = plot
  const pixel = devicePixelRatio
  const placed = (chart.marks ?? [])
    .map((mark) => ({ mark, x: plot.valToPos(mark.at / 1000, 'x', true) }))
    .filter(({ x }) => x >= bbox.left && x <= bbox.left + bbox.width)
  ctx.save()
  ctx.setLineDash([])
  ctx.font = `${11 * pixel}px ${colors.font}`
  ctx.textAlign = 'center'
  ctx.lineWidth = pixel
  const { starts, outcomes } = laneMarks(placed, signRoomPx * pixel)
  for (const { mark, x } of outcomes) {
    inkFor(ctx, mark, colors)
    ctx.globalAlpha = mark.kind === 'incident' ? 0.9 : 0.3
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.globalAlpha = 1
    ctx.fillText(signOf(mark.kind), x, bbox.top - 3 * pixel)
  }
  for (const { mark, x } of starts) {
    inkFor(ctx, mark, colors)
    ctx.fillText(signOf(mark.kind), x, bbox.top + bbox.height - 3 * pixel)
  }
  ctx.restore()
}

function inkFor(ctx: CanvasRenderingContext2D, mark: Mark, colors: ChartColors): void {
  const look = signs[mark.kind]
  ctx.strokeStyle = look ? (colors[look.color] as string) : colors.faint
  ctx.fillStyle = ctx.strokeStyle
}

/** Dashed bounds; what is above a bound is tinted. */
export function drawBounds(plot: uPlot, chart: TimeChart, colors: ChartColors): void {
  const { ctx, bbox } = plot
  const pixel = devicePixelRatio
  ctx.save()
  ctx.lineWidth = pixel
  for (const bound of chart.bounds ?? []) {
    const y = plot.valToPos(bound.value, 'y', true)
    if (y < bbox.top || y > bbox.top + bbox.height) continue
    const color = bound.kind === 'bound' ? colors.failed : colors.faint
    ctx.fillStyle = color
    ctx.strokeStyle = color
    if (bound.kind === 'bound') {
      ctx.globalAlpha = 0.05
      ctx.fillRect(bbox.left, bbox.top, bbox.width, y - bbox.top)
    }
    ctx.globalAlpha = 0.8
    ctx.setLineDash([5 * pixel, 4 * pixel])
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
  }
  ctx.restore()
}

/** Names of the bounds over the oldest points, on a patch of their own: the newest ones are what is looked at. */
export function drawBoundNames(plot: uPlot, chart: TimeChart, colors: ChartColors): void {
  const { ctx, bbox } = plot
  const pixel = devicePixelRatio
  ctx.save()
  ctx.font = `${10.5 * pixel}px ${colors.font}`
  ctx.textAlign = 'left'
  for (const bound of chart.bounds ?? []) {
    const y = plot.valToPos(bound.value, 'y', true)
    if (y < bbox.top || y > bbox.top + bbox.height) continue
    ctx.fillStyle = bound.kind === 'bound' ? colors.failed : colors.faint
    writeLabel(ctx, bound.label, { x: bbox.left + 4 * pixel, y: y - 4 * pixel }, colors.surface)
  }
  ctx.restore()
}

/** Text on a patch of the surface, so that lines do not run through it. */
function writeLabel(
  ctx: CanvasRenderingContext2D,
  text: string,
  at: { readonly x: number; readonly y: number },
  surface: string,
): void {
  const ink = ctx.fillStyle
  const width = ctx.measureText(text).width
  const pixel = devicePixelRatio
  ctx.fillStyle = surface
  ctx.fillRect(at.x - 3 * pixel, at.y - 10 * pixel, width + 6 * pixel, 13 * pixel)
  ctx.globalAlpha = 1
  ctx.fillStyle = ink
  ctx.fillText(text, at.x, at.y)
}
