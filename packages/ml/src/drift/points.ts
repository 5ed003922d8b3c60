import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'

/** Points of a space, row by row in one array. */
export interface Points {
  readonly rows: number
  readonly dimension: number
  readonly values: Float64Array
}

/** A list of rows, or one number a row. */
export type RowsOfNumbers = readonly Numbers[] | Numbers | Points

/**
 * Rows as points; rows with a missing or infinite value are left out.
 * @throws MlError when rows have different lengths.
 */
export const pointsOf = (rows: RowsOfNumbers): Points => {
  if ('dimension' in rows) return rows
  const lists = Array.from(
    rows as ArrayLike<number | Numbers>,
    (row): Numbers => (typeof row === 'number' ? [row] : row),
  )
  const dimension = lists[0]?.length ?? 0
  const kept = lists.filter((row, i) => {
    if (row.length !== dimension) {
      throw new MlError(
        'invalid_input',
        `row ${i} has ${row.length} values, the first has ${dimension}`,
        'give all rows the same number of values',
      )
    }
    return Array.prototype.every.call(row, Number.isFinite)
  })
  const values = new Float64Array(kept.length * dimension)
  kept.forEach((row, i) => {
    values.set(row, i * dimension)
  })
  return { rows: kept.length, dimension, values }
}

/** Points from columns of equal length, each a dimension; rows with a missing value are left out. */
export const pointsFromColumns = (columns: readonly Numbers[]): Points =>
  pointsOf(Array.from({ length: columns[0]?.length ?? 0 }, (_, i) => columns.map((c) => c[i]!)))

/** Squared Euclidean distance of row i of a and row j of b. */
export const squaredDistance = (a: Points, i: number, b: Points, j: number): number => {
  const size = a.dimension
  let sum = 0
  for (let k = 0; k < size; k++) {
    const d = a.values[i * size + k]! - b.values[j * size + k]!
    sum += d * d
  }
  return sum
}
