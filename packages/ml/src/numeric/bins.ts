import { meanOf } from './mean.ts'
import { quantileOfSorted } from './quantile.ts'
import { sortedFinite } from './sort.ts'

/** Rules for the number of equal intervals, as NumPy names them. */
export type BinRule = 'sturges' | 'doane' | 'fd' | 'auto' | 'sqrt' | 'rice' | 'scott'

/** Edges of `cells` equal intervals; a range of one value is widened by one half to each side. */
export const equalEdges = (
  [first, last]: readonly [first: number, last: number],
  cells: number,
): Float64Array => {
  const [lower, upper] = first === last ? [first - 0.5, last + 0.5] : [first, last]
  const step = (upper - lower) / cells
  // A range of which the doubles have no number is cut by weights.
  const at = Number.isFinite(step)
    ? (i: number): number => i * step + lower
    : (i: number): number => lower * (1 - i / cells) + upper * (i / cells)
  const edges = Float64Array.from({ length: cells + 1 }, (_, i) => at(i))
  edges[cells] = upper
  return edges
}

/** Sturges' rule (1926): log2(n) + 1 intervals, rounded up. */
export const sturgesEdges = (
  range: readonly [first: number, last: number],
  count: number,
): Float64Array => {
  const spread = range[1] - range[0]
  return Number.isFinite(spread)
    ? edgesOfWidth(range, spread / (Math.log2(count) + 1))
    : equalEdges(range, Math.ceil(Math.log2(count) + 1))
}

/** Doane's rule (1976): Sturges' with more intervals for skewed data. */
export const doaneEdges = (values: Float64Array): Float64Array => {
  const range = rangeOf(values)
  return edgesOfWidth(range, doaneWidth(values, range[1] - range[0]))
}

/** Edges by a named rule; `auto` is the finer of Freedman-Diaconis and Sturges, within reason. */
export const edgesByRule = (values: Float64Array, rule: BinRule): Float64Array => {
  const range = rangeOf(values)
  return edgesOfWidth(range, widthByRule(values, range[1] - range[0], rule))
}

const widthByRule = (values: Float64Array, spread: number, rule: BinRule): number => {
  const sturges = spread / (Math.log2(values.length) + 1)
  switch (rule) {
    case 'sturges':
      return sturges
    case 'doane':
      return doaneWidth(values, spread)
    case 'fd':
      return freedmanDiaconisWidth(values)
    case 'sqrt':
      return spread / Math.sqrt(values.length)
    case 'rice':
      return spread / (2 * values.length ** (1 / 3))
    case 'scott':
      return (24 * Math.sqrt(Math.PI)) ** (1 / 3) * values.length ** (-1 / 3) * deviation(values)
    case 'auto': {
      const floor = spread / Math.sqrt(values.length) / 2
      return Math.min(Math.max(freedmanDiaconisWidth(values), floor), sturges)
    }
  }
}

const freedmanDiaconisWidth = (values: Float64Array): number => {
  const sorted = sortedFinite(values)
  const spread = quantileOfSorted(sorted, 0.75) - quantileOfSorted(sorted, 0.25)
  return 2 * spread * values.length ** (-1 / 3)
}

const deviation = (values: Float64Array): number => {
  const mean = meanOf(values)
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt(squares / values.length)
}

const doaneWidth = (values: Float64Array, spread: number): number => {
  const n = values.length
  if (n <= 2) return 0
  const mean = meanOf(values)
  let square = 0
  for (const value of values) square += (value - mean) ** 2
  const deviation = Math.sqrt(square / n)
  if (deviation === 0) return 0
  // The cube of a deviation of 1e110 is no number any more; that of a standardised one is.
  let cube = 0
  for (const value of values) cube += ((value - mean) / deviation) ** 3
  const skewness = cube / n
  const error = Math.sqrt((6 * (n - 2)) / ((n + 1) * (n + 3)))
  return spread / (1 + Math.log2(n) + Math.log2(1 + Math.abs(skewness) / error))
}

const edgesOfWidth = (range: readonly [number, number], width: number): Float64Array => {
  const cells = Math.ceil((range[1] - range[0]) / width)
  return equalEdges(range, width > 0 && Number.isFinite(cells) ? Math.max(1, cells) : 1)
}

/** Counts in the intervals between ascending edges: closed below, the last one also above. */
export const countBetween = (values: Float64Array, edges: Float64Array): Float64Array => {
  const cells = edges.length - 1
  const [first, last] = [edges[0]!, edges[cells]!]
  const scale = cells / (last - first)
  const counts = new Float64Array(cells)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!(value >= first && value <= last)) continue
    let cell =
      scale > 0 && scale < Number.POSITIVE_INFINITY
        ? Math.min(cells - 1, Math.floor((value - first) * scale))
        : 0
    while (cell > 0 && value < edges[cell]!) cell--
    while (cell < cells - 1 && value >= edges[cell + 1]!) cell++
    counts[cell]!++
  }
  return counts
}

/** The number of distinct values, counted no further than one beyond `limit`. */
export const distinctCount = (values: Float64Array, limit: number): number => {
  const seen = new Set<number>()
  for (let i = 0; i < values.length && seen.size <= limit; i++) seen.add(values[i]!)
  return seen.size
}

const rangeOf = (values: Float64Array): readonly [number, number] => {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < first) first = value
    if (value > last) last = value
  }
  return [first, last]
}
