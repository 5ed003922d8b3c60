import type { ColumnProfile } from '@kaizen/contracts'
import { identifier, type Lake } from '../../storage/index.ts'
import type { Schema } from '../model.ts'
import {
  finiteSql,
  isNumeric,
  type ProfiledColumn,
  rowOf,
  type Summary,
  structSql,
  summarise,
} from './summary.ts'
import { summariseMany } from './summary-of-many.ts'

const cellCount = 24
const topCount = 12

type TopValues = ColumnProfile['topValues']

interface Histogram {
  readonly edges: number[]
  readonly counts: number[]
}
/** What a second scan finds when the bounds are known. */
interface Shape {
  readonly mean: number
  readonly standardDeviation: number | null
  readonly histogram: Histogram | null
}

/** Values that one query holds in memory at a time: with what the engine keeps beside them, some hundred megabytes. */
const valuesAtOnce = 4_000_000
/** Columns that one query asks of: the engine's plan of a thousand takes more room than their values. */
const columnsAtOnce = 50

/**
 * Profiles every column of a relation: its summary, a scan for histograms, and one for each column of text to count
 * its values. Everything is exact up to `exactRows`; of more rows, large numbers of distinct values are estimated and
 * memory stays flat.
 */
export async function profileColumns(
  lake: Lake,
  relation: string,
  schema: Schema,
  { exactRows = valuesAtOnce }: { readonly exactRows?: number } = {},
): Promise<readonly ColumnProfile[]> {
  if (schema.length === 0) return []
  const [rows = 0] = await rowOf<number>(lake, `SELECT to_json(count(*)) FROM ${relation}`)
  const summaries =
    rows > exactRows
      ? await summariseMany(lake, relation, schema)
      : await summarise(
          lake,
          relation,
          schema,
          Math.min(columnsAtOnce, Math.ceil(valuesAtOnce / (rows + 1))),
        )
  const shapes = await readShapes(lake, relation, schema, summaries)
  const profiles: ColumnProfile[] = []
  for (const [index, column] of schema.entries()) {
    const { count, present, different, min, max, quantiles } = summaries[index] as Summary
    const { mean, standardDeviation, histogram } = shapes.get(column.name) ?? shapeless
    profiles.push({
      name: column.name,
      type: column.type,
      count,
      missing: count - present,
      distinct: different,
      mean,
      standardDeviation,
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

const shapeless = { mean: null, standardDeviation: null, histogram: null } as const

/** Means, deviations and histograms of the columns of numbers that have any, in a scan for each fifty. */
async function readShapes(
  lake: Lake,
  relation: string,
  schema: Schema,
  summaries: readonly Summary[],
): Promise<ReadonlyMap<string, Shape>> {
  const drawn = schema.flatMap((column, index) => {
    const { min, max } = summaries[index] as Summary
    return isNumeric(column) && typeof min === 'number' && typeof max === 'number'
      ? [{ column, scale: scaleOf(min, max), edges: edgesOf(column, min, max) }]
      : []
  })
  const shapes = new Map<string, Shape>()
  for (let at = 0; at < drawn.length; at += columnsAtOnce)
    for (const shape of await shapesOf(lake, relation, drawn.slice(at, at + columnsAtOnce)))
      shapes.set(...shape)
  return shapes
}

interface Drawn {
  readonly column: ProfiledColumn
  readonly scale: number
  readonly edges: readonly number[] | undefined
}

async function shapesOf(
  lake: Lake,
  relation: string,
  drawn: readonly Drawn[],
): Promise<readonly (readonly [name: string, shape: Shape])[]> {
  const selected = drawn.map(({ column, scale, edges }, index) => {
    const value = `${finiteSql(column)} / ${scale}`
    const cells = edges ? cellsSql(column, edges) : 'NULL'
    return `${structSql({ mean: `avg(${value})`, sd: `CASE WHEN count(${value}) > 1 THEN stddev_samp(${value}) END`, cells })} AS c${index}`
  })
  const found = await rowOf<{
    readonly mean: number
    readonly sd: number | null
    readonly cells: Readonly<Record<string, number>> | null
  }>(lake, `SELECT ${selected.join(', ')} FROM ${relation}`)
  return drawn.map(({ column, scale, edges }, index) => {
    const { mean, sd, cells } = found[index] as (typeof found)[number]
    const counts = edges?.slice(1).map((_, cell) => cells?.[cell] ?? 0)
    const standardDeviation = sd === null ? null : sd * scale
    return [
      column.name,
      {
        mean: mean * scale,
        standardDeviation: Number.isFinite(standardDeviation) ? standardDeviation : null,
        histogram: edges && counts ? { edges: [...edges], counts } : null,
      },
    ]
  })
}

/** What values are divided by before they are added and squared: 1, or a power of two where that would overflow. */
const scaleOf = (min: number, max: number): number =>
  Math.max(Math.abs(min), Math.abs(max)) < 1e140 ? 1 : 2 ** 600

/** Whole numbers of so short a range get a cell for each value. */
const hasCellPerValue = (column: ProfiledColumn, min: number, max: number): boolean =>
  column.type === 'integer' && max - min < 2 * cellCount

/** Edges of equal cells between the least and the greatest value; none where the range itself is no double. */
function edgesOf(column: ProfiledColumn, min: number, max: number): number[] | undefined {
  if (!Number.isFinite(max - min)) return undefined
  if (hasCellPerValue(column, min, max))
    return Array.from({ length: max - min + 2 }, (_, i) => min - 0.5 + i)
  const width = (max === min ? 1 : max - min) / cellCount
  return Array.from({ length: cellCount + 1 }, (_, i) =>
    i === cellCount ? Math.max(max, min + cellCount * width) : min + i * width,
  )
}

/** Rows by cell, as a map from the cell's number: one aggregate a column, however many cells there are. */
function cellsSql(column: ProfiledColumn, edges: readonly number[]): string {
  const first = edges[0] as number
  const n = edges.length - 1
  const width = ((edges[n] as number) - first) / n
  const value = finiteSql(column)
  // `least` looks past NULL: without the condition missing values would stand in the last cell.
  return `histogram(CASE WHEN ${value} IS NOT NULL THEN CAST(least(${n - 1}, floor((${value} - (${first})) / ${width})) AS INTEGER) END)`
}

/** The most frequent of whole numbers that have a cell each. */
function frequentNumbers(column: ProfiledColumn, histogram: Histogram | null): TopValues {
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

async function frequentValues(
  lake: Lake,
  relation: string,
  column: ProfiledColumn,
): Promise<TopValues> {
  const name = identifier(column.name)
  const { rowCount, columns } = await lake.query(
    `SELECT CAST(v AS VARCHAR), n FROM (SELECT ${name} AS v, count(*) AS n FROM ${relation} WHERE ${name} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${topCount})`,
  )
  return Array.from({ length: rowCount }, (_, row) => ({
    value: String(columns[0]?.values[row]),
    count: Number(columns[1]?.values[row]),
  }))
}
