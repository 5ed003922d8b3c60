import { type BinRule, countBetween, edgesByRule } from '../numeric/bins.ts'
import { finiteOf } from '../numeric/numbers.ts'
import { QUANTILE_METHODS, quantileOfSorted } from '../numeric/quantile.ts'
import { sortedFinite } from '../numeric/sort.ts'
import { insufficient } from '../outcome.ts'
import { categoryStatistics } from '../profile/category-statistics.ts'
import { correlations } from '../profile/correlation.ts'
import { duplicateRows } from '../profile/duplicate-rows.ts'
import { DistinctSketch } from '../sketches/distinct-sketch.ts'
import { FrequentItems } from '../sketches/frequent-items.ts'
import { mergeMoments, momentsOf, shapeOf, varianceOf } from '../sketches/moments.ts'
import { QuantileSketch } from '../sketches/quantile-sketch.ts'
import type { ParityFunction } from './parity-function.ts'
import { group, type Loose, numbers, values } from './values.ts'

const splitAt = (all: Float64Array, cuts: readonly number[]): Float64Array[] =>
  [...cuts, all.length].map((end, i) => all.slice(i === 0 ? 0 : cuts[i - 1], end))

const evenParts = (all: Float64Array, parts: number): Float64Array[] => {
  const size = Math.ceil(all.length / parts)
  return Array.from({ length: parts }, (_, i) => all.slice(i * size, (i + 1) * size))
}

/** The largest distance of any asked share from the exact rank interval of the sketch's answer. */
const rankError = (sketch: QuantileSketch, sorted: Float64Array, shares: readonly number[]) => {
  const answers = sketch.quantiles(shares)
  return shares.reduce((worst, share, i) => {
    const below = sorted.filter((value) => value < answers[i]!).length / sorted.length
    const upTo = sorted.filter((value) => value <= answers[i]!).length / sorted.length
    return Math.max(worst, below - share, share - upTo)
  }, 0)
}

const quantileSketch: ParityFunction = (inputs, { q }, expected) => {
  const all = numbers(inputs, 'values')
  const sorted = sortedFinite(all)
  const whole = new QuantileSketch()
  whole.add(all)
  const merged = new QuantileSketch()
  for (const part of evenParts(all, 16)) {
    const sketch = new QuantileSketch()
    sketch.add(part)
    merged.merge(sketch)
  }
  const shares = q as number[]
  const error = Math.max(rankError(whole, sorted, shares), rankError(merged, sorted, shares))
  const bound = Number(expected['maxRankError'])
  const { lengths } = merged.toJson()
  const size = 8 * lengths.reduce((sum, length) => sum + length, 0) + 4 * lengths.length + 32
  const limit = Number(expected['maxSizeBytes'])
  return {
    maxRankError: error <= bound ? bound : error,
    minExact: merged.min,
    maxExact: merged.max,
    maxSizeBytes: size <= limit ? limit : size,
  }
}

const sketchOf = (parts: readonly (readonly Loose[])[]): DistinctSketch => {
  const merged = new DistinctSketch()
  for (const part of parts) {
    const sketch = new DistinctSketch()
    for (const value of part) {
      if (typeof value === 'number') sketch.addNumbers([value])
      else if (value !== null) sketch.addText(String(value))
    }
    merged.merge(sketch)
  }
  return merged
}

const distinctSketch: ParityFunction = (inputs, _, expected) => {
  const all = values(inputs, 'values')
  const half = Math.floor(all.length / 2)
  const whole = sketchOf([all])
  const merged = sketchOf([all.slice(half), all.slice(0, half), all])
  const distinct = Number(expected['distinct'])
  const error = Math.abs(whole.estimate() - distinct) / Math.max(1, distinct)
  const bound = Number(expected['maxRelativeError'])
  const isExact = distinct >= 200 || Math.round(whole.estimate()) === distinct
  return {
    distinct: isExact && error <= bound ? distinct : whole.estimate(),
    maxRelativeError: error <= bound ? bound : error,
    mergeEqualsWhole: JSON.stringify(merged.toJson()) === JSON.stringify(whole.toJson()),
  }
}

const frequentItems: ParityFunction = (inputs, _, expected) => {
  const sketch = new FrequentItems()
  for (const value of values(inputs, 'values')) if (value !== null) sketch.add(String(value))
  const found = new Map(sketch.top(1024).map((item) => [item.item, item]))
  const top5 = Object.fromEntries(
    Object.entries(expected['top5'] as Record<string, number>).map(([item, count]) => {
      const bounds = found.get(item)
      const isUnseen = !bounds && count <= sketch.maxError
      const isHeld = bounds && bounds.lower <= count && count <= bounds.upper
      return [item, isUnseen || isHeld ? count : (bounds?.lower ?? null)]
    }),
  )
  const limit = Number(expected['maxAbsoluteError'])
  return { top5, maxAbsoluteError: sketch.maxError <= limit ? limit : sketch.maxError }
}

/** The profile family of the parity schema. */
export const PROFILE_FUNCTIONS: Readonly<Record<string, ParityFunction>> = {
  moments: (inputs, { ddof }) => {
    const all = numbers(inputs, 'values')
    const moments = momentsOf(all)
    const variance = varianceOf(moments, ddof === 0 ? 0 : 1)
    const isEmpty = moments.count === 0
    return {
      ...moments,
      count: all.length,
      mean: isEmpty ? null : moments.mean,
      min: isEmpty ? null : moments.min,
      max: isEmpty ? null : moments.max,
      variance,
      std: variance === null ? null : Math.sqrt(variance),
      distinct: new Set(finiteOf(all)).size,
    }
  },
  shape: (inputs) => shapeOf(momentsOf(numbers(inputs, 'values'))),
  quantiles: (inputs, { q }) => {
    const sorted = sortedFinite(numbers(inputs, 'values'))
    return Object.fromEntries(
      QUANTILE_METHODS.map((method) => [
        method,
        (q as number[]).map((share) => quantileOfSorted(sorted, share, method)),
      ]),
    )
  },
  histogram: (inputs, { bins }) => {
    const all = finiteOf(numbers(inputs, 'values'))
    if (all.length === 0) return insufficient('histogram', 'values', { have: 0, need: 1 })
    const edges = edgesByRule(all, bins as BinRule)
    // Numbers so large that a cell is narrower than the step between two of them have no cells.
    if (edges.some((edge, i) => i > 0 && !(edge > edges[i - 1]!)))
      return insufficient('histogram', 'numbers between the edges', { have: 0, need: 1 })
    const counts = countBetween(all, edges)
    return { cells: counts.length, first: edges[0], last: edges[counts.length], counts }
  },
  'quantile-sketch': quantileSketch,
  'distinct-sketch': distinctSketch,
  'frequent-items': frequentItems,
  categories: (inputs) => {
    const statistics = categoryStatistics(values(inputs, 'values'))
    return { ...statistics, count: statistics.rows }
  },
  correlation: (inputs) => correlations(numbers(inputs, 'x'), numbers(inputs, 'y')),
  'duplicate-rows': (inputs) => {
    const columns = group(inputs, 'columns')
    return duplicateRows(Object.keys(columns).map((name) => values(columns, name)))
  },
  'moments-merge': (inputs, parameters) => {
    const parts = splitAt(numbers(inputs, 'values'), parameters['splitAt'] as number[])
    const [first, ...rest] = parts.map(momentsOf).reverse()
    const merged = rest.reduce((a, b) => mergeMoments(b, a), first!)
    return { ...merged, variance: varianceOf(merged, parameters['ddof'] === 0 ? 0 : 1) }
  },
}
