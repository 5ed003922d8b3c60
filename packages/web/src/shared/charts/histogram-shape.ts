/** A histogram: n + 1 edges of n cells. */
export interface Cells {
  readonly edges: readonly number[]
  readonly counts: readonly number[]
}

export interface Bar {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Bars of a histogram in a box, as shares of all rows; equal widths on paper, whatever the cells span. */
export function barsOf(cells: Cells, width: number, height: number, top?: number): readonly Bar[] {
  const shares = sharesOf(cells)
  const most = top ?? Math.max(0, ...shares)
  const step = width / Math.max(1, shares.length)
  return shares.map((share, index) => {
    const tall = most === 0 ? 0 : (share / most) * height
    return { x: index * step, y: height - tall, width: Math.max(0.5, step - 1), height: tall }
  })
}

/** The outline of a histogram as a path of steps. */
export function stepLine(cells: Cells, width: number, height: number, top: number): string {
  // No rows are no line: a line along zero would say that every cell was counted and empty.
  if (cells.counts.every((count) => count === 0)) return ''
  const shares = sharesOf(cells)
  const step = width / Math.max(1, shares.length)
  const points = shares.flatMap((share, index) => {
    const y = round(height - (top === 0 ? 0 : (share / top) * height))
    return [`${round(index * step)},${y}`, `${round((index + 1) * step)},${y}`]
  })
  return points.length === 0 ? '' : `M${points.join('L')}`
}

/** Counts as shares of all rows. */
export function sharesOf(cells: Cells): readonly number[] {
  const sum = cells.counts.reduce((total, count) => total + count, 0)
  return cells.counts.map((count) => (sum === 0 ? 0 : count / sum))
}

const round = (value: number): number => Math.round(value * 100) / 100
