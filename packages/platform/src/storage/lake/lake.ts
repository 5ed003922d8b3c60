import type { Column } from '@kaizen/contracts'
import type { Table } from './table.ts'

/** A value bound to a `?` of a query. */
export type LakeValue = string | number | boolean | bigint | null

export type FileFormat = 'csv' | 'jsonl' | 'parquet'

export interface NumberColumnsOptions {
  /** How many rows come at most. */
  readonly mostRows: number
  /** Arrays that nobody needs any more: those of `mostRows` numbers are taken out and filled, before new ones are made. */
  readonly spare?: Float64Array<ArrayBuffer>[]
}

/**
 * The analytics port: SQL over Parquet and CSV files of folders that it was opened with. Queries run off the event
 * loop. Identifiers must be quoted with `identifier()`, file names and text with `literal()`, values bound as `?`.
 */
export interface Lake {
  /** Runs a query and answers all its rows by columns. @throws INVALID_DATA when a file is damaged or not what it claims. */
  query(sql: string, values?: readonly LakeValue[]): Promise<Table>
  /**
   * The lists of doubles in the only row of a query, as `list(x)` makes them, without null; far cheaper than `query`
   * for long columns. A list of no values is empty.
   */
  numberLists(sql: string): Promise<readonly Float64Array<ArrayBuffer>[]>
  /** The columns of a query of doubles alone, in one pass; null is NaN. */
  numberColumns(
    sql: string,
    options: NumberColumnsOptions,
  ): Promise<readonly Float64Array<ArrayBuffer>[]>
  /**
   * The rows of a query in their order, at least `leastRows` at a time but for the last, a few thousand unless told:
   * nothing is read ahead of who takes them.
   * @throws INVALID_DATA
   */
  scan(sql: string, options?: { readonly leastRows?: number }): AsyncGenerator<Table>
  /** Names and types of the columns of a query's result. */
  describe(sql: string): Promise<readonly Column[]>
  /** Writes the rows of a query as one Parquet file (zstd); the path must lie in an allowed folder. */
  copyToParquet(
    sql: string,
    path: string,
    values?: readonly LakeValue[],
  ): Promise<{ readonly rowCount: number }>
  /** Writes the rows of a query as one file of a format; the path must lie in an allowed folder. */
  copyToFile(sql: string, path: string, format: FileFormat): Promise<{ readonly rowCount: number }>
  /** Writes a table in memory as one Parquet file. */
  writeTable(table: Table, path: string): Promise<void>
  close(): Promise<void>
}

/** A quoted SQL identifier. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`
/** A quoted SQL string. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
