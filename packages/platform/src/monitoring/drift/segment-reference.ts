import type { Table, TableColumn } from '../../storage/index.ts'
import { segmentsOf } from '../groups.ts'
import type { MonitorDeclaration, ReferenceProfile, SegmentReference } from '../model.ts'
import { membershipsOf } from '../sources/prediction-buckets.ts'
import { profileColumn } from './reference.ts'

/** Segments of a column that are kept of a reference: more than are compared, as the largest of a window may be others. */
const keptSegments = 50
/** Numbers kept of all segments together, and of one column of one segment. */
const keptNumbers = 500_000
const [leastSample, mostSample] = [100, 1000]

/** The columns whose segments are compared with their own part of the reference. */
export const segmentsWithReference = ({
  segments,
  segmentDrift,
}: Pick<MonitorDeclaration, 'segments' | 'segmentDrift'>): readonly string[] =>
  segmentDrift?.reference === 'segment' ? segments : []

/** What each segment of a reference has, by the columns that cut it; a column that the rows lack has none. */
export function segmentReferences(
  table: Table,
  prediction: TableColumn | null,
  columns: readonly string[],
): NonNullable<ReferenceProfile['segments']> {
  const found = columns.map((column) => ({
    column,
    segments: segmentsOf(column, valuesOf(table, column), keptSegments),
  }))
  const count = found.reduce((sum, { segments }) => sum + segments.length, 0)
  const numeric = table.columns.filter(({ values }) => values instanceof Float64Array).length
  const share = Math.floor(keptNumbers / Math.max(1, count * (numeric + 1)))
  const most = Math.min(mostSample, Math.max(leastSample, share))
  return Object.fromEntries(
    found.map(({ column, segments }) => [
      column,
      segments.map(
        ({ value, rows }): SegmentReference => ({
          value,
          rows: rows.length,
          columns: table.columns.map((each) => profileColumn(rowsOf(each, rows), most)),
          prediction: prediction && profileColumn(rowsOf(prediction, rows), most),
        }),
      ),
    ]),
  )
}

const valuesOf = (table: Table, column: string): readonly (string | null)[] =>
  membershipsOf({ inputs: table, at: new Float64Array(table.rowCount) }, column)

/** Some rows of a column, in the order given. */
export function rowsOf(column: TableColumn, rows: readonly number[]): TableColumn {
  const { values } = column
  if (values instanceof Float64Array) {
    const taken = new Float64Array(rows.length)
    for (let i = 0; i < rows.length; i++) taken[i] = values[rows[i]!]!
    return { ...column, values: taken } as TableColumn
  }
  return { ...column, values: rows.map((row) => values[row]!) } as TableColumn
}
