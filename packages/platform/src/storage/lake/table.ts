import type { Column } from '@kaizen/contracts'

/**
 * A column in memory. Numbers, integers and times (milliseconds) are a Float64Array with NaN for missing; strings,
 * booleans and dates (`YYYY-MM-DD`) are an array with null for missing.
 */
export type TableColumn =
  | {
      readonly name: string
      readonly type: 'number' | 'integer' | 'timestamp'
      readonly values: Float64Array
    }
  | {
      readonly name: string
      readonly type: 'string' | 'date'
      readonly values: readonly (string | null)[]
    }
  | {
      readonly name: string
      readonly type: 'boolean'
      readonly values: readonly (boolean | null)[]
    }

/** Rows held in memory by columns of equal length. */
export interface Table {
  readonly rowCount: number
  readonly columns: readonly TableColumn[]
}

export const schemaOf = (table: Table): readonly Column[] =>
  table.columns.map(({ name, type, values }) => ({
    name,
    type,
    nullable:
      values instanceof Float64Array ? values.some(Number.isNaN) : values.includes(null as never),
  }))
