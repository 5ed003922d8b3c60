import type { ColumnProfile } from '@kaizen/contracts'
import { identifier, type Lake } from '../storage/index.ts'
import type { Schema } from './model.ts'

const quantileLevels = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
const cells = 24
const topCount = 12

interface Summary {
  readonly count: number
  readonly present: number
  readonly different: number
  readonly mean: number | null
  readonly sd: number | null
  readonly min: number | string | null
  readonly max: number | string | null
  readonly quantiles: readonly number[] | null
  readonly top: readonly { readonly value: string; readonly count: number }[] | null
}

/** Profiles every column of a relation in two scans: moments, quantiles and frequent values, then histograms. */
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
  const edges = schema.map((column, index) => edgesOf(column, summaries[index] as Summary))
  const drawn = schema.flatMap((column, index) =>
    edges[index] ? [{ column, edges: edges[index], index }] : [],
  )
  const counts =
    drawn.length === 0
      ? []
      : await rowOf<readonly number[]>(
          lake,
          `SELECT ${drawn.map(countsSql).join(', ')} FROM ${relation}`,
        )
  return schema.map((column, index) => {
    const summary = summaries[index] as Summary
    const at = drawn.findIndex((entry) => entry.index === index)
    return {
      name: column.name,
      type: column.type,
      count: summary.count,
      missing: summary.count - summary.present,
      distinct: summary.different,
      mean: summary.mean,
      standardDeviation: summary.sd,
      min: summary.min,
      max: summary.max,
      quantiles: summary.quantiles ? [...summary.quantiles] : null,
      histogram:
        at < 0
          ? null
          : {
              edges: [...(edges[index] as readonly number[])],
              counts: [...(counts[at] as readonly number[])],
            },
      topValues: (summary.top ?? []).map(({ value, count }) => ({ value, count })),
    }
  })
}

const isNumeric = (type: string): boolean => type === 'integer' || type === 'number'

function summarySql(column: Schema[number], index: number): string {
  const name = identifier(column.name)
  const number = `CASE WHEN isfinite(CAST(${name} AS DOUBLE)) THEN CAST(${name} AS DOUBLE) END`
  const moments = isNumeric(column.type)
    ? `mean := avg(${number}), sd := CASE WHEN count(${number}) > 1 THEN stddev_samp(${number}) END, min := min(${number}), max := max(${number}), quantiles := quantile_cont(${number}, [${quantileLevels.join(', ')}])`
    : `mean := NULL, sd := NULL, min := CAST(min(${name}) AS VARCHAR), max := CAST(max(${name}) AS VARCHAR), quantiles := NULL`
  const top = column.type === 'number' ? 'top := NULL' : `top := ${topSql(name)}`
  return `to_json(struct_pack(count := count(*), present := count(${name}), different := approx_count_distinct(${name}), ${moments}, ${top})) AS c${index}`
}

const topSql = (name: string): string =>
  `list_transform(list_slice(list_reverse_sort(list_transform(map_entries(histogram(CAST(${name} AS VARCHAR))), lambda e: struct_pack(count := e.value, value := e.key))), 1, ${topCount}), lambda e: struct_pack(value := e.value, count := e.count))`

/** Edges of equal cells between the least and the greatest value; whole numbers with few values get a cell each. */
function edgesOf(column: Schema[number], summary: Summary): readonly number[] | undefined {
  if (!isNumeric(column.type) || typeof summary.min !== 'number' || typeof summary.max !== 'number')
    return undefined
  const { min, max } = summary
  if (column.type === 'integer' && max - min < 2 * cells) {
    return Array.from({ length: max - min + 2 }, (_, i) => min - 0.5 + i)
  }
  const width = (max === min ? 1 : max - min) / cells
  return Array.from({ length: cells + 1 }, (_, i) =>
    i === cells ? Math.max(max, min + cells * width) : min + i * width,
  )
}

function countsSql(
  entry: { readonly column: Schema[number]; readonly edges: readonly number[] },
  index: number,
): string {
  const value = `CAST(${identifier(entry.column.name)} AS DOUBLE)`
  const first = entry.edges[0] as number
  const n = entry.edges.length - 1
  const width = ((entry.edges[n] as number) - first) / n
  const cell = `least(${n - 1}, CAST(floor((${value} - (${first})) / ${width}) AS INTEGER))`
  const counts = Array.from(
    { length: n },
    (_, i) => `count(*) FILTER (isfinite(${value}) AND ${cell} = ${i})`,
  )
  return `to_json([${counts.join(', ')}]) AS h${index}`
}

/** The JSON values of a query's only row. */
async function rowOf<T>(lake: Lake, sql: string): Promise<readonly T[]> {
  const table = await lake.query(sql)
  return table.columns.map((column) => JSON.parse(String(column.values[0])) as T)
}
