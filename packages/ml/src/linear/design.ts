import type { EncodedTable } from '../data/features.ts'
import {
  createPreparedRow,
  type PreparedRow,
  type Preprocessing,
  prepareRow,
  widthOf,
} from '../preprocessing/chain.ts'

/** Prepared rows, one at a time, so that the whole matrix is never in memory. */
export interface Design {
  readonly rowCount: number
  readonly width: number
  readonly weights: Float64Array | null
  /** Calls `visit` with each row (reused between calls) and its weight. */
  each(visit: (prepared: PreparedRow, row: number, weight: number) => void): void
  /** The same with all `width` numbers of each row. */
  eachDense(visit: (numbers: Float64Array, row: number, weight: number) => void): void
}

/** The rows of a table as a fitted chain prepares them. */
export const designOf = (
  table: EncodedTable,
  chain: Preprocessing,
  weights: Float64Array | null,
): Design => {
  const width = widthOf(chain)
  const each: Design['each'] = (visit) => {
    const prepared = createPreparedRow(chain)
    for (let row = 0; row < table.rowCount; row++) {
      prepareRow(chain, table, row, prepared)
      visit(prepared, row, weights ? weights[row]! : 1)
    }
  }
  return {
    rowCount: table.rowCount,
    width,
    weights,
    each,
    eachDense: (visit) => {
      const numbers = new Float64Array(width)
      each(({ columns, values, count }, row, weight) => {
        numbers.fill(0)
        for (let i = 0; i < count; i++) numbers[columns[i]!] = values[i]!
        visit(numbers, row, weight)
      })
    },
  }
}

/** The sum of a row's numbers times the coefficients from `from` on. */
export const scoreOf = (
  { columns, values, count }: PreparedRow,
  coefficients: Float64Array,
  from: number,
): number => {
  let sum = 0
  for (let i = 0; i < count; i++) sum += coefficients[from + columns[i]!]! * values[i]!
  return sum
}

/** Weighted means and standard deviations of the prepared columns, and the total weight. */
export const momentsOf = (
  design: Design,
): { readonly means: Float64Array; readonly deviations: Float64Array; readonly weight: number } => {
  const means = new Float64Array(design.width)
  const squares = new Float64Array(design.width)
  let total = 0
  // West (1979): stable in one pass.
  design.eachDense((numbers, _, weight) => {
    if (weight === 0) return
    total += weight
    for (let i = 0; i < means.length; i++) {
      const difference = numbers[i]! - means[i]!
      means[i]! += (weight / total) * difference
      squares[i]! += weight * difference * (numbers[i]! - means[i]!)
    }
  })
  return { means, deviations: squares.map((sum) => Math.sqrt(sum / total)), weight: total }
}
