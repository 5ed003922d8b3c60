/** A reference and a current table as Parquet files, from a hash of the row number: the same for every party. */
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

export const TABLE_ROWS = 1_000_000
export const TABLES = ['reference.parquet', 'current.parquet'] as const

const uniform = (column: number, table: number): string =>
  `((hash(i * 41 + ${column} + ${table * 7919}) % 1000003) + 0.5) / 1000004.0`
const normal = (column: number, table: number): string =>
  `sqrt(-2 * ln(${uniform(column, table)})) * cos(2 * pi() * ${uniform(column + 100, table)})`

/** Ten normal columns of which the later ones move, four of whole numbers, two with missing values, four of categories. */
const columns = (table: number): string[] => [
  ...Array.from({ length: 10 }, (_, k) => `${normal(k, table)} + ${table * 0.02 * k} AS n${k}`),
  ...[3, 50, 1000, 100_000].map(
    (size, k) => `CAST(floor(${uniform(20 + k, table)} * ${size}) AS BIGINT) AS i${k}`,
  ),
  ...[0, 1].map(
    (k) =>
      `CASE WHEN ${uniform(30 + k, table)} < 0.1 THEN NULL ELSE exp(${normal(40 + k, table)}) END AS m${k}`,
  ),
  ...[2, 5, 20, 200].map(
    (size, k) => `'c' || CAST(floor(${uniform(50 + k, table)} * ${size}) AS INTEGER) AS s${k}`,
  ),
]

/** Writes both tables into a folder. */
export const writeTables = async (folder: string): Promise<void> => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  for (const [table, name] of TABLES.entries()) {
    await connection.run(
      `COPY (SELECT ${columns(table).join(', ')} FROM range(${TABLE_ROWS}) t(i)) TO '${join(folder, name)}' (FORMAT parquet, COMPRESSION zstd)`,
    )
  }
  connection.closeSync()
  instance.closeSync()
}
