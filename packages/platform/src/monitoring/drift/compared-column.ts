import { type CellCounts, categoryCells, numericCells } from '@kaizen/ml/drift'
import { sortedFinite } from '@kaizen/ml/numeric'
import type { TableColumn } from '../../storage/index.ts'
import type { CurrentColumn } from '../checks.ts'
import type { ReferenceColumn } from '../model.ts'
import type { PreparedPair } from '../statistics/drift-statistic.ts'
import { type CategoryCounts, countCategories } from './category-counts.ts'
import { otherCategory, presentRows } from './reference.ts'

/** The window's values in the kind of the reference column, whatever type the log has them in. */
export function currentOf(
  column: ReferenceColumn,
  found: TableColumn | undefined,
  rows: number,
): CurrentColumn {
  if (column.kind === 'numeric') {
    const { sorted, mistyped } = numbersOf(found)
    return { rows, missing: rows - sorted.length - mistyped, mistyped, sorted, counts: null }
  }
  const known = new Set(column.counts.map(([label]) => label))
  const counted = countCategories(found ? categoriesOf(found) : [], known)
  return { rows, missing: rows - presentRows(counted), mistyped: 0, sorted: null, ...counted }
}

export function pairOf(column: ReferenceColumn, current: CurrentColumn): PreparedPair {
  if (column.kind === 'categorical')
    return { kind: 'categorical', cells: cellsOf(column.counts, current) }
  const reference = Float64Array.from(column.sample)
  const sorted = current.sorted ?? new Float64Array(0)
  return { kind: 'numeric', reference, current: sorted, cells: numericCells(reference, sorted) }
}

/** Finite numbers in ascending order, and how many present values are none. */
function numbersOf(found: TableColumn | undefined): {
  readonly sorted: Float64Array
  readonly mistyped: number
} {
  if (!found) return { sorted: new Float64Array(0), mistyped: 0 }
  if (found.values instanceof Float64Array) {
    return { sorted: sortedFinite(found.values), mistyped: 0 }
  }
  let mistyped = 0
  const numbers = Float64Array.from(found.values as ArrayLike<unknown>, (value) => {
    if (value === null || value === '') return Number.NaN
    const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value)
    if (Number.isNaN(number)) mistyped++
    return number
  })
  return { sorted: sortedFinite(numbers), mistyped }
}

const categoriesOf = (found: TableColumn): readonly (string | null)[] =>
  Array.from(found.values as ArrayLike<unknown>, (value) =>
    value === null || value === '' || Number.isNaN(value) ? null : String(value),
  )

/** Cells of more categories than this are the most frequent ones, and one for all others. */
const cellLimit = 1000

/**
 * Shared cells of two samples; categories by the million share one. Where the reference keeps but its most frequent ones,
 * whatever else the window holds is counted with the reference's others: it cannot be told whether it is new.
 */
function cellsOf(before: CategoryCounts['counts'], current: CurrentColumn): CellCounts {
  const after = current.counts ?? []
  const beyond = current.beyond?.rows ?? 0
  const known = new Set(before.map(([label]) => label))
  const unseen = after.filter(([label]) => !known.has(label))
  const limit = known.has(otherCategory) ? 0 : cellLimit
  if (unseen.length <= limit && beyond === 0) return categoryCells(new Map(before), new Map(after))
  const kept = new Set(unseen.slice(0, limit).map(([label]) => label))
  const folded = new Map<string, number>()
  for (const [label, count] of after) {
    const cell = known.has(label) || kept.has(label) ? label : otherCategory
    folded.set(cell, (folded.get(cell) ?? 0) + count)
  }
  if (beyond > 0) folded.set(otherCategory, (folded.get(otherCategory) ?? 0) + beyond)
  return categoryCells(new Map(before), folded)
}
