import type { JsonValue } from '@kaizen/contracts'
import type { Table } from '../storage/index.ts'

/** The rows of a table as JSON, missing values as null. */
export const rowsOf = (table: Table): JsonValue[][] =>
  Array.from({ length: table.rowCount }, (_, row) =>
    table.columns.map(({ values }) => {
      const value = values[row] ?? null
      return typeof value === 'number' && !Number.isFinite(value) ? null : value
    }),
  )
