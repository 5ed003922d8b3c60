import type { Run } from '../wire.ts'

/** How many curves are asked for at once. */
const together = 50

/** The runs that each run's sparkline is asked for with: those loaded beside it. */
export function neighboursOf(runs: readonly Run[]): ReadonlyMap<string, readonly string[]> {
  const neighbours = new Map<string, readonly string[]>()
  for (let from = 0; from < runs.length; from += together) {
    const ids = runs.slice(from, from + together).map((run) => run.id)
    for (const id of ids) neighbours.set(id, ids)
  }
  return neighbours
}

/** A line through the values from edge to edge; empty without two values, broken where one is not finite. */
export function sparkPath(
  values: readonly number[],
  size: { readonly width: number; readonly height: number },
): string {
  const finite = values.filter(Number.isFinite)
  if (finite.length < 2) return ''
  const low = finite.reduce((a, b) => Math.min(a, b))
  const high = finite.reduce((a, b) => Math.max(a, b))
  const [left, top] = [1, 2]
  let drawing = false
  return values
    .map((value, index) => {
      const command = drawing ? 'L' : 'M'
      drawing = Number.isFinite(value)
      if (!drawing) return ''
      const x = left + (index / (values.length - 1)) * (size.width - 2 * left)
      const part = high === low ? 0.5 : (value - low) / (high - low)
      return `${command}${x.toFixed(1)} ${(top + (1 - part) * (size.height - 2 * top)).toFixed(1)}`
    })
    .join('')
}
