import { countBetween, equalEdges } from '../numeric/bins.ts'
import { finiteOf, type Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import type { Comparison } from './result.ts'

const CELLS = 10_000

/**
 * Kolmogorov-Smirnov's D and the Wasserstein distance estimated from 10 000 equal cells over the
 * range of the reference, continued by cells of the same width as far as the current sample
 * reaches: constant memory for a stored reference.
 */
export const binnedComparison = (
  reference: Numbers,
  current: Numbers,
  method: 'ks' | 'wasserstein',
): Outcome<Comparison> => {
  const [before, after] = [finiteOf(reference), finiteOf(current)]
  if (before.length === 0 || after.length === 0) {
    const what = before.length === 0 ? 'reference rows' : 'current rows'
    return insufficient(method, what, { have: 0, need: 1 })
  }
  const edges = equalEdges(rangeOf(before), CELLS)
  const width = edges[1]! - edges[0]!
  const below = Math.max(0, Math.ceil((edges[0]! - rangeOf(after)[0]) / width))
  const above = Math.max(0, Math.ceil((rangeOf(after)[1] - edges[CELLS]!) / width))
  const wide = continued(edges, { width, below, above })
  const [p, q] = [countBetween(before, wide), countBetween(after, wide)]
  let [f, g, largest, area] = [0, 0, 0, 0]
  for (let cell = 0; cell < p.length; cell++) {
    f += p[cell]! / before.length
    g += q[cell]! / after.length
    const gap = Math.abs(f - g)
    if (gap > largest) largest = gap
    area += gap * width
  }
  const value = method === 'ks' ? largest : area
  return {
    status: 'ok',
    method,
    parameters: { method: 'binned', bins: CELLS },
    statistic: value,
    pValue: null,
    effect: { name: method === 'ks' ? 'D' : 'distance', value },
    sizes: { reference: before.length, current: after.length },
  }
}

const continued = (
  edges: Float64Array,
  {
    width,
    below,
    above,
  }: { readonly width: number; readonly below: number; readonly above: number },
): Float64Array => {
  const lower = Array.from({ length: below }, (_, i) => edges[0]! - (below - i) * width)
  const upper = Array.from({ length: above }, (_, i) => edges[CELLS]! + (i + 1) * width)
  return Float64Array.from([...lower, ...edges, ...upper])
}

const rangeOf = (values: Float64Array): [number, number] => {
  let [first, last] = [values[0]!, values[0]!]
  for (const value of values) {
    if (value < first) first = value
    if (value > last) last = value
  }
  return [first, last]
}
