/** Rows that repeat others; a missing value equals a missing one. */
export interface DuplicateRows {
  readonly rows: number
  /** Rows after the first of their kind. */
  readonly duplicates: number
  /** Rows of kinds that occur more than once. */
  readonly rowsInvolved: number
}

/**
 * Counts duplicate rows over columns of equal length. By definition: a row is a duplicate when an equal one stands
 * before it; missing values are equal.
 */
export const duplicateRows = (columns: readonly ArrayLike<unknown>[]): DuplicateRows => {
  const rows = columns[0]?.length ?? 0
  const codes = columns.map(codesOf)
  const counts = new Map<string, number>()
  for (let row = 0; row < rows; row++) {
    const key = codes.map((column) => column[row]).join(',')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  let rowsInvolved = 0
  for (const count of counts.values()) if (count > 1) rowsInvolved += count
  return { rows, duplicates: rows - counts.size, rowsInvolved }
}

/** A small number for each distinct value; -1 for missing ones. */
const codesOf = (column: ArrayLike<unknown>): Int32Array => {
  const codeOf = new Map<unknown, number>()
  return Int32Array.from(column, (value) => {
    if (value === null || value === undefined || Number.isNaN(value)) return -1
    const known = codeOf.get(value)
    if (known !== undefined) return known
    codeOf.set(value, codeOf.size)
    return codeOf.size - 1
  })
}
