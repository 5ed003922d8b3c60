import type { CategoricalColumn } from '../data/column.ts'
import { countBetween, distinctCount, doaneEdges, sturgesEdges } from '../numeric/bins.ts'
import { finiteOf, type Numbers } from '../numeric/numbers.ts'
import { sortInPlace } from '../numeric/sort.ts'

/** Counts of two samples over the same cells. */
export interface CellCounts {
  /** How the cells were made; recorded in every figure computed from them. */
  readonly binning: Binning
  readonly reference: Float64Array
  readonly current: Float64Array
  /** Categories, in the order of the cells, where the cells are categories or single values. */
  readonly labels?: readonly string[]
  /** Edges, ascending, where the cells are intervals; closed below, the last one also above. */
  readonly edges?: Float64Array
}

export type Binning =
  | 'sturges-pooled'
  | 'sturges-distinct'
  | 'doane-reference'
  | 'distinct-values'
  | 'categories'
  | 'reference-categories'

/** Categories as callers hold them: a column, loose values (null is missing), or counts. */
export type Categories =
  | CategoricalColumn
  | readonly (string | number | boolean | null | undefined)[]
  | ReadonlyMap<string, number>

/** Numeric columns with more distinct reference values than this are cut into intervals. */
const MAX_DISTINCT_CELLS = 20

/** Counts of each present category. */
export const countCategories = (values: Categories): Map<string, number> => {
  if (values instanceof Map) return new Map(values)
  const counts = new Map<string, number>()
  if ('codes' in values) {
    const byCode = new Float64Array(values.dictionary.length)
    for (const code of values.codes) if (code >= 0) byCode[code]!++
    values.dictionary.forEach((label, code) => {
      if (byCode[code]! > 0) counts.set(label, byCode[code]!)
    })
    return counts
  }
  for (const value of values as Iterable<string | number | boolean | null | undefined>) {
    if (value === null || value === undefined || Number.isNaN(value)) continue
    const label = String(value)
    counts.set(label, (counts.get(label) ?? 0) + 1)
  }
  return counts
}

/** One cell for each category of either sample, in code point order. */
export const categoryCells = (reference: Categories, current: Categories): CellCounts => {
  const [before, after] = [countCategories(reference), countCategories(current)]
  const labels = [...new Set([...before.keys(), ...after.keys()])].sort()
  return {
    binning: 'categories',
    labels,
    reference: Float64Array.from(labels, (label) => before.get(label) ?? 0),
    current: Float64Array.from(labels, (label) => after.get(label) ?? 0),
  }
}

/** One cell for each category of the reference, and one more for whatever it has not seen. */
export const referenceCategoryCells = (reference: Categories, current: Categories): CellCounts => {
  const [before, after] = [countCategories(reference), countCategories(current)]
  const labels = [...before.keys()].sort()
  let unseen = 0
  for (const [label, count] of after) if (!before.has(label)) unseen += count
  return {
    binning: 'reference-categories',
    labels,
    reference: Float64Array.from([...labels.map((label) => before.get(label) ?? 0), 0]),
    current: Float64Array.from([...labels.map((label) => after.get(label) ?? 0), unseen]),
  }
}

/**
 * Cells of a numeric column: Sturges' equal intervals over both samples pooled, or one cell a value when the reference
 * has at most 20 distinct values. Values that are not finite are left out. Sturges 1926.
 */
export const numericCells = (reference: Numbers, current: Numbers): CellCounts => {
  const [before, after] = [finiteOf(reference), finiteOf(current)]
  if (distinctCount(before, MAX_DISTINCT_CELLS) <= MAX_DISTINCT_CELLS) {
    return valueCells(before, after)
  }
  const edges = sturgesEdges(rangeOf(before, after), before.length + after.length)
  return intervalCells('sturges-pooled', edges, { before, after })
}

/** One cell for each distinct finite value of either sample, ascending. */
export const valueCells = (reference: Numbers, current: Numbers): CellCounts => {
  const [before, after] = [valueCounts(reference), valueCounts(current)]
  const values = sortInPlace(Float64Array.from(new Set([...before.keys(), ...after.keys()])))
  return {
    binning: 'distinct-values',
    labels: Array.from(values, String),
    reference: values.map((value) => before.get(value) ?? 0),
    current: values.map((value) => after.get(value) ?? 0),
  }
}

/** Sturges' intervals by the number of distinct values of both samples. */
export const distinctSturgesCells = (reference: Numbers, current: Numbers): CellCounts => {
  const [before, after] = [finiteOf(reference), finiteOf(current)]
  const distinct = new Set(before)
  for (const value of after) distinct.add(value)
  // Without a value there is nothing to cut: one empty cell.
  const range = distinct.size > 0 ? rangeOf(before, after) : ([0, 0] as const)
  const edges = sturgesEdges(range, Math.max(1, distinct.size))
  return intervalCells('sturges-distinct', edges, { before, after })
}

/** Doane's intervals of the reference alone, and one more cell for what falls outside them. */
export const doaneReferenceCells = (reference: Numbers, current: Numbers): CellCounts => {
  const [before, after] = [finiteOf(reference), finiteOf(current)]
  const cells = intervalCells('doane-reference', doaneEdges(before), { before, after })
  const inside = cells.current.reduce((sum, count) => sum + count, 0)
  return {
    ...cells,
    reference: Float64Array.from([...cells.reference, 0]),
    current: Float64Array.from([...cells.current, after.length - inside]),
  }
}

const intervalCells = (
  binning: Binning,
  edges: Float64Array,
  { before, after }: { readonly before: Float64Array; readonly after: Float64Array },
): CellCounts => ({
  binning,
  edges,
  reference: countBetween(before, edges),
  current: countBetween(after, edges),
})

/** Whole numbers over no wider a range are counted by place. */
const WIDEST_WHOLE_RANGE = 1 << 16

const valueCounts = (values: Numbers): Map<number, number> => {
  const byPlace = wholeCounts(values)
  if (byPlace) return byPlace
  const counts = new Map<number, number>()
  for (const value of finiteOf(values)) {
    const key = value === 0 ? 0 : value
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

const wholeCounts = (values: Numbers): Map<number, number> | null => {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value - value !== 0) continue
    if (value !== Math.floor(value)) return null
    if (value < lowest) lowest = value
    if (value > highest) highest = value
  }
  // Without a single value the range is none.
  if (highest < lowest || !(highest - lowest < WIDEST_WHOLE_RANGE)) return null
  const places = new Uint32Array(highest - lowest + 1)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value - value === 0) places[value - lowest]!++
  }
  const counts = new Map<number, number>()
  places.forEach((count, place) => {
    if (count > 0) counts.set(place + lowest, count)
  })
  return counts
}

const rangeOf = (...samples: readonly Float64Array[]): readonly [number, number] => {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const sample of samples) {
    for (const value of sample) {
      if (value < lowest) lowest = value
      if (value > highest) highest = value
    }
  }
  return [lowest, highest]
}

/** The number of rows of each sample. */
export const cellTotals = ({ reference, current }: CellCounts) => ({
  reference: reference.reduce((sum, count) => sum + count, 0),
  current: current.reduce((sum, count) => sum + count, 0),
})

/** Counts over their total. */
export const sharesOf = (counts: Float64Array): Float64Array => {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.map((count) => count / total)
}
