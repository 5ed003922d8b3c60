/** Where the nodes, arcs and labels of a ring stand, in pixels. */
export interface RingShape {
  readonly width: number
  readonly height: number
  readonly centre: { readonly x: number; readonly y: number }
  readonly radius: { readonly x: number; readonly y: number }
  readonly nodes: readonly RingNode[]
}

export interface RingNode {
  readonly x: number
  readonly y: number
  /** Path to the next node, clear of both. */
  readonly arc: string
  readonly label: {
    readonly x: number
    readonly y: number
    readonly anchor: 'start' | 'middle' | 'end'
  }
}

export const nodeRadius = 19
const labelGap = 14
/** Room beside the ring for labels. */
const labelWidth = 168
const labelHeight = 92
/** Labels of the lower half stand beside their nodes. */
const roomBelow = 52
/** Below this width labels do not fit: the list under the ring has the words. */
const compactBelow = 600

const samples = 720

/** Nodes at equal distances along an ellipse, clockwise from the top. */
export function ringShape(width: number, count: number): RingShape {
  const compact = width < compactBelow
  const height = compact ? Math.round(Math.min(width, 380) * 0.86) : 470
  const radius = compact
    ? { x: Math.min(width / 2 - nodeRadius - 6, 190), y: height / 2 - nodeRadius - 6 }
    : { x: Math.min(300, width / 2 - labelWidth), y: (height - labelHeight - roomBelow) / 2 }
  const centre = { x: width / 2, y: compact ? height / 2 : labelHeight + radius.y }
  const angles = evenAngles(radius.x, radius.y, count)
  const at = (angle: number) => ({
    x: centre.x + radius.x * Math.cos(angle),
    y: centre.y + radius.y * Math.sin(angle),
  })
  const nodes = angles.map((angle, index): RingNode => {
    const point = at(angle)
    const next = angles[(index + 1) % count] ?? angle
    const end = next > angle ? next : next + 2 * Math.PI
    const trim = (where: number) => (nodeRadius + 7) / speed(radius, where)
    const from = at(angle + trim(angle))
    const to = at(end - trim(end))
    return {
      ...rounded(point),
      arc: `M${pair(from)}A${round(radius.x)},${round(radius.y)} 0 0 1 ${pair(to)}`,
      label: labelOf(point, angle),
    }
  })
  return { width, height, centre, radius, nodes }
}

export const isCompact = (shape: RingShape): boolean => shape.width < compactBelow

function labelOf(point: { x: number; y: number }, angle: number): RingNode['label'] {
  const across = Math.cos(angle)
  const gap = nodeRadius + labelGap
  if (Math.abs(across) < 0.25) {
    // Labels have three lines, 50 px: above a node at the top, below one at the bottom.
    return {
      x: round(point.x),
      y: round(point.y + (Math.sin(angle) < 0 ? -gap - 42 : gap)),
      anchor: 'middle',
    }
  }
  return {
    x: round(point.x + Math.sign(across) * gap),
    y: round(point.y - 25 + Math.sin(angle) * 20),
    anchor: across > 0 ? 'start' : 'end',
  }
}

/** Length of the curve per radian at an angle of the ellipse. */
const speed = (radius: { x: number; y: number }, angle: number): number =>
  Math.hypot(radius.x * Math.sin(angle), radius.y * Math.cos(angle))

/** Angles that cut an ellipse into `count` arcs of equal length, from the top clockwise. */
function evenAngles(x: number, y: number, count: number): readonly number[] {
  const step = (2 * Math.PI) / samples
  const lengths = [0]
  for (let index = 0; index < samples; index += 1) {
    const angle = -Math.PI / 2 + (index + 0.5) * step
    lengths.push((lengths[index] ?? 0) + speed({ x, y }, angle) * step)
  }
  const total = lengths[samples] ?? 0
  return Array.from({ length: count }, (_, node) => {
    const wanted = (total * node) / count
    const index = lengths.findIndex((length) => length >= wanted)
    return -Math.PI / 2 + index * step
  })
}

const round = (value: number): number => Math.round(value * 10) / 10
const rounded = (point: { x: number; y: number }) => ({ x: round(point.x), y: round(point.y) })
const pair = (point: { x: number; y: number }): string => `${round(point.x)},${round(point.y)}`
