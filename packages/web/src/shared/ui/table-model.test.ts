import { describe, expect, it } from 'vitest'
import {
  columnWidths,
  csvCell,
  nextSort,
  sortRows,
  type TableColumn,
  toCsv,
} from './table-model.ts'

interface Row {
  readonly name: string
  readonly mae: number | null
}
const rows: readonly Row[] = [
  { name: 'a', mae: 40 },
  { name: 'b', mae: null },
  { name: 'c', mae: 38 },
  { name: 'd', mae: 40 },
]
const columns: readonly TableColumn<Row>[] = [
  { id: 'name', header: 'Name', cell: (row) => row.name, sort: (row) => row.name },
  { id: 'mae', header: 'MAE', cell: (row) => row.mae, sort: (row) => row.mae },
]
const order = (sort: Parameters<typeof sortRows>[2]) =>
  sortRows(rows, columns, sort)
    .map((row) => row.name)
    .join('')

describe('table', () => {
  it('sorts by value, keeps ties in order and missing values last both ways', () => {
    expect(order(null)).toBe('abcd')
    expect(order({ column: 'mae', descending: false })).toBe('cadb')
    expect(order({ column: 'mae', descending: true })).toBe('adcb')
    expect(order({ column: 'unknown', descending: true })).toBe('abcd')
  })
  it('cycles a header through descending, ascending, as given', () => {
    const first = nextSort(null, 'mae')
    const second = nextSort(first, 'mae')
    expect([first, second, nextSort(second, 'mae')]).toEqual([
      { column: 'mae', descending: true },
      { column: 'mae', descending: false },
      null,
    ])
  })
  it('shares what is left among columns without a width, in proportion to what they need', () => {
    const cell = () => null
    const wide: readonly TableColumn<Row>[] = [
      { id: 'a', header: 'A', width: 100, cell },
      { id: 'b', header: 'B', minWidth: 100, cell },
      { id: 'c', header: 'C', minWidth: 300, cell },
    ]
    expect(columnWidths(wide, 900)).toEqual([100, 200, 600])
    expect(columnWidths(wide, 200)).toEqual([100, 100, 300])
    expect(columnWidths(wide.slice(0, 1), 900)).toEqual([100])
    expect(columnWidths(wide, 0)).toBeNull()
  })
  it('writes CSV with gaps for missing values', () => {
    expect(toCsv(rows.slice(0, 2), columns)).toBe('Name,MAE\r\na,40\r\nb,')
  })
  it('quotes and disarms cells', () => {
    expect(csvCell('a,"b"')).toBe('"a,""b"""')
    expect(csvCell('=HYPERLINK("x")')).toBe(`"'=HYPERLINK(""x"")"`)
    expect(csvCell(-5)).toBe('-5')
  })
})
