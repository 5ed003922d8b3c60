import { DuckDBInstance } from '@duckdb/node-api'

export const rowCount = 1_000_000

/** One million rows: ten numbers, five whole numbers, four categories and a key, the same at each call. */
export async function writeRows(path: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  // A hash of row and column is a number that looks random and always is the same.
  const uniform = (column: number): string => `(hash(i * 31 + ${column}) % 1000003) / 1000003.0`
  const numbers = Array.from({ length: 10 }, (_, c) => `${uniform(c)} * 100 AS n${c}`)
  const whole = Array.from(
    { length: 5 },
    (_, c) => `CAST(floor(${uniform(10 + c)} * 50) AS BIGINT) AS i${c}`,
  )
  const categories = Array.from(
    { length: 4 },
    (_, c) =>
      `['red', 'green', 'blue', 'white'][1 + CAST(floor(${uniform(20 + c)} * 4) AS INTEGER) % 4] AS s${c}`,
  )
  try {
    await connection.run(
      `COPY (SELECT i AS id, ${[...numbers, ...whole, ...categories].join(', ')} FROM range(${rowCount}) t(i)) TO '${path.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`,
    )
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

interface Expectation {
  readonly type: string
  readonly kwargs: Readonly<Record<string, string | number | readonly string[]>>
}

const colours = ['red', 'green', 'blue', 'white']

/** Twenty expectations that all rows meet. */
export const expectations: readonly Expectation[] = [
  ...['id', 'n0', 'n1', 's0'].map((column) => ({
    type: 'expect_column_values_to_not_be_null',
    kwargs: { column },
  })),
  ...['n0', 'n1', 'n2', 'n3', 'i0', 'i1'].map((column) => ({
    type: 'expect_column_values_to_be_between',
    kwargs: { column, min_value: 0, max_value: 100 },
  })),
  ...['s0', 's1'].map((column) => ({
    type: 'expect_column_values_to_be_in_set',
    kwargs: { column, value_set: colours },
  })),
  { type: 'expect_column_values_to_be_unique', kwargs: { column: 'id' } },
  {
    type: 'expect_column_mean_to_be_between',
    kwargs: { column: 'n4', min_value: 49, max_value: 51 },
  },
  {
    type: 'expect_column_stdev_to_be_between',
    kwargs: { column: 'n5', min_value: 28, max_value: 30 },
  },
  { type: 'expect_column_min_to_be_between', kwargs: { column: 'n6', min_value: 0, max_value: 1 } },
  {
    type: 'expect_column_max_to_be_between',
    kwargs: { column: 'n7', min_value: 99, max_value: 100 },
  },
  {
    type: 'expect_column_value_lengths_to_be_between',
    kwargs: { column: 's2', min_value: 3, max_value: 5 },
  },
  { type: 'expect_column_values_to_match_regex', kwargs: { column: 's3', regex: '^[a-z]+$' } },
  { type: 'expect_table_row_count_to_equal', kwargs: { value: rowCount } },
]
