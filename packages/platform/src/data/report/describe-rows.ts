import type { DataReport } from '@kaizen/contracts'
import { identifier, type Lake } from '../../storage/index.ts'
import { missingSql } from '../expectations/check.ts'
import type { Schema } from '../model.ts'
import { findPersonalData } from './personal-data.ts'

/** Patterns of missing values that a report lists. */
const listedPatterns = 12
/** Distinct values of a column of text that are searched for personal data. */
const searchedValues = 1_000

/** Rows that equal an earlier one, told apart by a 64-bit hash of all values. */
export async function countDuplicates(
  lake: Lake,
  relation: string,
  schema: Schema,
): Promise<number> {
  const columns = schema.map(({ name }) => identifier(name)).join(', ')
  const table = await lake.query(
    `SELECT count(*) - count(DISTINCT hash(row(${columns}))) FROM ${relation}`,
  )
  return Number(table.columns[0]?.values[0] ?? 0)
}

export async function missingPatterns(
  lake: Lake,
  relation: string,
  columns: Schema,
): Promise<DataReport['missingPatterns']> {
  if (columns.length === 0) return []
  const flags = columns.map((column) => `CASE WHEN ${missingSql(column)} THEN '1' ELSE '0' END`)
  const table = await lake.query(
    `SELECT concat(${flags.join(', ')}) AS pattern, count(*) AS rows FROM ${relation} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${listedPatterns}`,
  )
  return Array.from({ length: table.rowCount }, (_, row) => {
    const pattern = String(table.columns[0]?.values[row])
    return {
      columns: columns.filter((_column, i) => pattern[i] === '1').map(({ name }) => name),
      rows: Number(table.columns[1]?.values[row]),
    }
  })
}

/** Values beyond 1.5 interquartile ranges from the quartiles (Tukey 1977). */
export async function countOutliers(
  lake: Lake,
  relation: string,
  profiles: DataReport['columns'],
): Promise<DataReport['outliers']> {
  const fenced = profiles.flatMap(({ name, quantiles }) => {
    const [q1, q3] = [quantiles?.[2], quantiles?.[4]]
    if (q1 === undefined || q3 === undefined || q3 === q1) return []
    const reach = 1.5 * (q3 - q1)
    return [{ column: name, lower: q1 - reach, upper: q3 + reach }]
  })
  const counted: DataReport['outliers'] = []
  for (let from = 0; from < fenced.length; from += countedAtOnce)
    counted.push(...(await beyondFences(lake, relation, fenced.slice(from, from + countedAtOnce))))
  return counted
}

/** Columns that one query counts: the time to plan a query grows faster than its columns. */
const countedAtOnce = 100

async function beyondFences(
  lake: Lake,
  relation: string,
  fenced: readonly Pick<DataReport['outliers'][number], 'column' | 'lower' | 'upper'>[],
): Promise<DataReport['outliers']> {
  const counts = fenced.flatMap(({ column, lower, upper }) => {
    const value = `CAST(${identifier(column)} AS DOUBLE)`
    const finite = `isfinite(${value})`
    return [
      `count(*) FILTER (${finite} AND ${value} < ${lower})`,
      `count(*) FILTER (${finite} AND ${value} > ${upper})`,
    ]
  })
  const { columns } = await lake.query(`SELECT ${counts.join(', ')} FROM ${relation}`)
  const count = (index: number): number => Number(columns[index]?.values[0] ?? 0)
  return fenced.map((fence, i) => ({ ...fence, below: count(2 * i), above: count(2 * i + 1) }))
}

export async function searchPersonalData(
  lake: Lake,
  relation: string,
  schema: Schema,
): Promise<DataReport['personalData']> {
  const found: DataReport['personalData'] = []
  // Numbers of cards are read from files as whole numbers.
  const searched = schema.filter(({ type }) => type === 'string' || type === 'integer')
  for (const { name } of searched) {
    const column = `CAST(${identifier(name)} AS VARCHAR)`
    const { columns } = await lake.query(
      `SELECT DISTINCT left(${column}, 200) FROM ${relation} WHERE ${column} IS NOT NULL LIMIT ${searchedValues}`,
    )
    const values = (columns[0]?.values ?? []) as readonly string[]
    if (values.length > 0) found.push(...findPersonalData(name, values))
  }
  return found
}
