import type { Table, TableColumn } from '../../storage/index.ts'
import { drawnPlaces } from '../drawn-places.ts'
import type { SampledRows } from '../model.ts'

/** Rows that are kept of a reference, for attributions: the most that a monitor may ask for. */
const keptRows = 1000

/** Whole rows of a table, drawn. */
export function sampledRows(table: Table): SampledRows {
  const { rowCount, columns } = drawRows(table, keptRows)
  return {
    rowCount,
    columns: columns.map(({ name, type, values }) => ({
      name,
      type,
      values: Array.from(values as ArrayLike<number | string | boolean | null>, (value) =>
        typeof value === 'number' && !Number.isFinite(value) ? null : value,
      ),
    })),
  }
}

/** The rows as a table again. */
export const tableOfSample = ({ rowCount, columns }: SampledRows): Table => ({
  rowCount,
  columns: columns.map((column) =>
    column.values.every((value) => typeof value === 'number' || value === null)
      ? {
          ...column,
          values: Float64Array.from(column.values, (value) => Number(value ?? Number.NaN)),
        }
      : column,
  ) as readonly TableColumn[] as Table['columns'],
})

/** At most so many rows, drawn of all or of some of them. */
export function drawRows(table: Table, most: number, among?: readonly number[]): Table {
  const count = among?.length ?? table.rowCount
  const rows = drawnPlaces(count, most).map((place) => among?.[place] ?? place)
  return {
    rowCount: rows.length,
    columns: table.columns.map((column) => ({
      ...column,
      values:
        column.values instanceof Float64Array
          ? Float64Array.from(rows, (row) => column.values[row] as number)
          : rows.map((row) => column.values[row]!),
    })) as Table['columns'],
  }
}
