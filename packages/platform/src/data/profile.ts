import type { ColumnProfile } from '@kaizen/contracts'
import { identifier, type Lake } from '../storage/index.ts'
import type { Schema } from './model.ts'

const quantileLevels = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
const cellCount = 24
const topCount = 12

type Column = Schema[number]
type TopValues = ColumnProfile['topValues']

interface Summary {
  readonly count: number
  readonly present: number
  readonly different: number
  readonly mean: number | null
  readonly sd: number | null
  readonly min: number | string | null
  readonly max: number | string | null
  readonly quantiles: readonly number[] | null
}
interface Histogram {
  readonly edges: number[]
  readonly counts: number[]
}

/**
 * Profiles every column of a relation: one scan for moments and quantiles, one for histograms, and one for each column
 * of text to count its values.
 */
export async function profileColumns(
  lake: Lake,
  relation: string,
  schema: Schema,
): Promise<readonly ColumnProfile[]> {
  if (schema.length === 0) return []
  const summaries = await rowOf<Summary>(
    lake,
    `SELECT ${schema.map(summarySql).join(', ')} FROM ${relation}`,
  )
  const histograms = await readHistograms(lake, relation, schema, summaries)
  const profiles: ColumnProfile[] = []
  for (const [index, column] of schema.entries()) {
    const { count, present, different, mean, sd, min, max, quantiles } = summaries[index] as Summary
    const histogram = histograms.get(column.name) ?? null
    profiles.push({
      name: column.name,
      type: column.type,
      count,
      missing: count - present,
      distinct: different,
      mean,
      standardDeviation: sd,
      min,
      max,
      quantiles: quantiles ? [...quantiles] : null,
      histogram,
      topValues: isNumeric(column)
        ? frequentNumbers(column, histogram)
        : await frequentValues(lake, relation, column),
    })
  }
  return profiles
}

const isNumeric = ({ type }: Column): boolean => type === 'integer' || type === 'number'

function summarySql(column: Column, index: number): string {
  const name = identifier(column.name)
  const number = `CASE WHEN isfinite(CAST(${name} AS DOUBLE)) THEN CAST(${name} AS DOUBLE) END`
  const moments = isNumeric(column)
    ? `mean := avg(${number}), sd := CASE WHEN count(${number}) > 1 THEN stddev_samp(${number}) END, min := min(${number}), max := max(${number}), quantiles := quantile_cont(${number}, [${quantileLevels.join(', ')}])`
    : `mean := NULL, sd := NULL, min := CAST(min(${name}) AS VARCHAR), max := CAST(max(${name}) AS VARCHAR), quantiles := NULL`
  return `to_json(struct_pack(count := count(*), present := count(${name}), different := approx_count_distinct(${name}), ${moments})) AS c${index}`
}

async function readHistograms(
  lake: Lake,
  relation: string,
  schema: Schema,
  summaries: readonly Summary[],
): Promise<ReadonlyMap<string, Histogram>> {
  const drawn = schema.flatMap((column, index) => {
    const edges = edgesOf(column, summaries[index] as Summary)
    return edges ? [{ name: column.name, edges }] : []
  })
  if (drawn.length === 0) return new Map()
  const selected = drawn.map(
    ({ name, edges }, index) => `to_json(${cellsSql(name, edges)}) AS h${index}`,
  )
  const byCell = await rowOf<Readonly<Record<string, number>> | null>(
    lake,
    `SELECT ${selected.join(', ')} FROM ${relation}`,
  )
  return new Map(
    drawn.map(({ name, edges }, index) => {
      const counts = Array.from(
        { length: edges.length - 1 },
        (_, cell) => byCell[index]?.[cell] ?? 0,
      )
      return [name, { edges, counts }]
    }),
  )
}

/** Whole numbers of so short a range get a cell for each value. */
const hasCellPerValue = (column: Column, min: number, max: number): boolean =>
  column.type === 'integer' && max - min < 2 * cellCount

/** Edges of equal cells between the least and the greatest value. */
function edgesOf(column: Column, { min, max }: Summary): number[] | undefined {
  if (!isNumeric(column) || typeof min !== 'number' || typeof max !== 'number') return undefined
  if (hasCellPerValue(column, min, max))
    return Array.from({ length: max - min + 2 }, (_, i) => min - 0.5 + i)
  const width = (max === min ? 1 : max - min) / cellCount
  return Array.from({ length: cellCount + 1 }, (_, i) =>
    i === cellCount ? Math.max(max, min + cellCount * width) : min + i * width,
  )
}

/** Rows by cell, as a map from the cell's number: one aggregate a column, however many cells there are. */
function cellsSql(name: string, edges: readonly number[]): string {
  const value = `CAST(${identifier(name)} AS DOUBLE)`
  const first = edges[0] as number
  const n = edges.length - 1
  const width = ((edges[n] as number) - first) / n
  const cell = `least(${n - 1}, CAST(floor((${value} - (${first})) / ${width}) AS INTEGER))`
  return `histogram(${cell}) FILTER (isfinite(${value}))`
}

/** The most frequent of whole numbers that have a cell each. */
function frequentNumbers(column: Column, histogram: Histogram | null): TopValues {
  const [low] = histogram?.edges ?? []
  const high = histogram?.edges.at(-1)
  if (
    !histogram ||
    low === undefined ||
    high === undefined ||
    !hasCellPerValue(column, low + 0.5, high - 0.5)
  )
    return []
  return histogram.counts
    .map((count, cell) => ({ value: String(low + 0.5 + cell), count }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, topCount)
}

async function frequentValues(lake: Lake, relation: string, column: Column): Promise<TopValues> {
  const name = identifier(column.name)
  const { rowCount, columns } = await lake.query(
    `SELECT CAST(${name} AS VARCHAR), count(*) FROM ${relation} WHERE ${name} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${topCount}`,
  )
  return Array.from({ length: rowCount }, (_, row) => ({
    value: String(columns[0]?.values[row]),
    count: Number(columns[1]?.values[row]),
  }))
}

/** The JSON values of a query's only row. */
async function rowOf<T>(lake: Lake, sql: string): Promise<readonly T[]> {
  const table = await lake.query(sql)
  return table.columns.map((column) => JSON.parse(String(column.values[0])) as T)
}
