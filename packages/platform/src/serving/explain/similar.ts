import type { BlockRow } from '../log/block.ts'

/** An input of a question: numbers are compared by distance, all else by being the same. */
export type AskedValue = number | string | boolean

export interface SimilarRow {
  readonly row: BlockRow
  /** 0 for the same in every input asked for, 1 for as far as any logged row is. */
  readonly distance: number
}

/**
 * The logged rows that are most like the asked one, by Gower's distance (1971): the mean over inputs of the difference
 * over the range of the logged values, or of being another value. Inputs that a row does not hold count as far as can be.
 */
export function nearestRows(
  rows: readonly BlockRow[],
  asked: Readonly<Record<string, AskedValue>>,
  limit: number,
): readonly SimilarRow[] {
  const names = Object.keys(asked)
  if (names.length === 0) return []
  const gaps = names.map((name) => gapsOf(rows, name, asked[name]!))
  const found = rows.map((row, i) => {
    const sum = gaps.reduce((total, gap) => total + gap[i]!, 0)
    return { row, distance: sum / names.length }
  })
  // Of equally distant rows the newest comes first, as they came.
  return found.sort((a, b) => a.distance - b.distance).slice(0, limit)
}

/** By row, how far one input is from the asked value. */
function gapsOf(rows: readonly BlockRow[], name: string, value: AskedValue): Float64Array {
  if (typeof value !== 'number') {
    return Float64Array.from(rows, (row) => {
      const logged = row.rows.inputs.get(name)?.value(row.row)
      // The log keeps empty text as missing.
      return (logged ?? '') === value ? 0 : 1
    })
  }
  const numbers = Float64Array.from(rows, (row) => {
    const column = row.rows.inputs.get(name)
    const isNumber = column?.kind === 'number' || column?.kind === 'integer'
    return isNumber ? column.number(row.row) : Number.NaN
  })
  let [low, high] = [value, value]
  for (const number of numbers) {
    if (Number.isNaN(number)) continue
    low = Math.min(low, number)
    high = Math.max(high, number)
  }
  const range = high - low
  return numbers.map((number) => {
    if (Number.isNaN(number)) return 1
    return range > 0 && Number.isFinite(range)
      ? Math.abs(number - value) / range
      : Number(number !== value)
  })
}
