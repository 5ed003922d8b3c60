import type { Lake, Table } from '../storage/index.ts'
import { searchPersonalData } from './report/describe-rows.ts'
import { mask } from './report/personal-data.ts'

/** Rows of which some columns are masked. */
export interface MaskedTable extends Table {
  readonly masked: readonly string[]
}

/** Rows of a relation in stored order, with the columns masked that look like personal data. */
export async function maskedRows(
  lake: Lake,
  relation: string,
  range: { readonly limit: number; readonly after: number },
): Promise<MaskedTable> {
  const schema = await lake.describe(`SELECT * FROM ${relation}`)
  const found = await searchPersonalData(lake, relation, schema)
  const personal = new Set(found.map(({ column }) => column))
  const table = await lake.query(
    `SELECT * FROM ${relation} LIMIT ${range.limit} OFFSET ${range.after}`,
  )
  return {
    ...table,
    columns: table.columns.map((column) =>
      personal.has(column.name)
        ? {
            name: column.name,
            type: 'string',
            values: Array.from<unknown, string | null>(column.values, (value) =>
              value === null || value === undefined ? null : mask(String(value)),
            ),
          }
        : column,
    ),
    masked: [...personal],
  }
}
