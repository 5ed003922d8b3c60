import type { ReactNode } from 'react'

export interface TableColumn<Row> {
  readonly id: string
  readonly header: string
  /** Where the header leads, for a column that is an object. */
  readonly href?: string
  /** Position in the palette, for a column that is a line of a chart. */
  readonly color?: number
  /** Pixels; a column without a width shares what is left, at least `minWidth`. */
  readonly width?: number
  readonly minWidth?: number
  readonly align?: 'start' | 'end'
  /** Stays in view at the left; needs a width, and stands among the first columns. */
  readonly pinned?: boolean
  readonly cell: (row: Row) => ReactNode
  /** What the column is sorted by; without it the header is plain. Missing values come last both ways. */
  readonly sort?: (row: Row) => string | number | null
  /** What is copied as CSV; the sort value where not given. */
  readonly text?: (row: Row) => string | number | null
}

/** What a column takes at least, in pixels. */
export const widthOf = <Row>(column: TableColumn<Row> | undefined): number =>
  column?.width ?? column?.minWidth ?? 140

/**
 * What each column takes in a table of a width: those with a width of their own keep it, the others share what is left
 * in proportion to what they need at least. Null while the width is not known.
 */
export function columnWidths<Row>(
  columns: readonly TableColumn<Row>[],
  room: number,
): readonly number[] | null {
  if (room <= 0) return null
  const least = columns.map(widthOf)
  const flexible = columns.reduce((sum, one, at) => sum + (one.width ? 0 : (least[at] ?? 0)), 0)
  const left = Math.max(0, room - least.reduce((sum, one) => sum + one, 0))
  return columns.map((column, at) => {
    const own = least[at] ?? 0
    return column.width || flexible === 0 ? own : own + (left * own) / flexible
  })
}

/** Where pinned columns stick: after the first column and the pinned ones before them. */
export function pinnedAt<Row>(columns: readonly TableColumn<Row>[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  let left = 0
  for (const [index, column] of columns.entries()) {
    if (index > 0 && !column.pinned) break
    if (index > 0) places.set(column.id, left)
    left += widthOf(column)
  }
  return places
}

export interface SortState {
  readonly column: string
  readonly descending: boolean
}

/** Rows in the order of a column; missing values last, ties in the order given. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  sort: SortState | null,
): readonly Row[] {
  const value = columns.find((column) => column.id === sort?.column)?.sort
  if (!sort || !value) return rows
  const direction = sort.descending ? -1 : 1
  return rows
    .map((row, index) => ({ row, index, key: value(row) }))
    .sort((a, b) => {
      if (a.key === null || b.key === null) {
        return a.key === b.key ? a.index - b.index : a.key === null ? 1 : -1
      }
      const order =
        typeof a.key === 'number' && typeof b.key === 'number'
          ? a.key - b.key
          : String(a.key).localeCompare(String(b.key))
      return order === 0 ? a.index - b.index : order * direction
    })
    .map((entry) => entry.row)
}

/** The next state of a column's header: descending, ascending, as given. */
export const nextSort = (sort: SortState | null, column: string): SortState | null =>
  sort?.column !== column
    ? { column, descending: true }
    : sort.descending
      ? { column, descending: false }
      : null

/** Rows as CSV (RFC 4180); a cell that a spreadsheet would run as a formula is made text. */
export function toCsv<Row>(rows: readonly Row[], columns: readonly TableColumn<Row>[]): string {
  const line = (cells: readonly (string | number | null)[]) => cells.map(csvCell).join(',')
  return [
    line(columns.map((column) => column.header)),
    ...rows.map((row) =>
      line(columns.map((column) => (column.text ?? column.sort ?? (() => null))(row))),
    ),
  ].join('\r\n')
}

export function csvCell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export function download(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
