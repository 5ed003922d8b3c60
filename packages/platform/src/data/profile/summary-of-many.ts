import { DistinctSketch, distinctRegisters } from '@kaizen/ml/sketches'
import { identifier, type Lake } from '../../storage/index.ts'
import type { Schema } from '../model.ts'
import { type CountedColumn, orderStatistics } from './order-statistics.ts'
import {
  boundsSql,
  finiteSql,
  isNumeric,
  type ProfiledColumn,
  quantileLevels,
  rowOf,
  type Summary,
  structSql,
} from './summary.ts'

/** Up to so many distinct values they are counted exactly, as that needs little memory. */
const fewDistinct = 100_000

/**
 * Summaries of columns of any length in flat memory: all is exact but a large number of distinct values, which is
 * estimated with a standard error of 1.6 %.
 */
export async function summariseMany(
  lake: Lake,
  relation: string,
  schema: Schema,
): Promise<readonly Summary[]> {
  const summaries: Summary[] = []
  for (const column of schema) {
    const different = await countDistinct(lake, relation, column)
    const [bounds] = await rowOf<Summary & { readonly finite: number }>(
      lake,
      `SELECT ${structSql({ ...boundsSql(column), finite: isNumeric(column) ? `count(${finiteSql(column)})` : '0' })} FROM ${relation}`,
    )
    if (!bounds) continue
    const { finite: count, ...summary } = bounds
    const { min, max } = summary
    summaries.push({
      ...summary,
      different: Math.min(different, summary.present),
      quantiles:
        typeof min === 'number' && typeof max === 'number'
          ? await quantiles(lake, { relation, name: column.name, count, min, max })
          : null,
    })
  }
  return summaries
}

async function countDistinct(
  lake: Lake,
  relation: string,
  { name }: ProfiledColumn,
): Promise<number> {
  const value = identifier(name)
  const hashed = `SELECT hash(${value}) AS h FROM ${relation} WHERE ${value} IS NOT NULL`
  const { rowCount, columns } = await lake.query(
    `SELECT CAST((h >> 32) & ${distinctRegisters - 1} AS INTEGER) AS register,
       CAST(max(CASE WHEN h & 4294967295 = 0 THEN 33 ELSE 32 - floor(log2(h & 4294967295)) END) AS INTEGER) AS rank
     FROM (${hashed}) GROUP BY 1`,
  )
  const registers = new Uint8Array(distinctRegisters)
  for (let row = 0; row < rowCount; row++)
    registers[Number(columns[0]?.values[row])] = Number(columns[1]?.values[row])
  const estimate = Math.round(DistinctSketch.ofRegisters(registers).estimate())
  if (estimate > fewDistinct) return estimate
  const [exact = estimate] = await rowOf<number>(
    lake,
    `SELECT to_json(count(DISTINCT ${value})) FROM ${relation}`,
  )
  return exact
}

/** Quantiles by linear interpolation between order statistics, as `quantile_cont` has them. */
async function quantiles(lake: Lake, column: CountedColumn): Promise<readonly number[]> {
  const places = quantileLevels.map((level) => (column.count - 1) * level)
  const ranks = new Set(places.flatMap((place) => [Math.floor(place), Math.ceil(place)]))
  const found = await orderStatistics(
    lake,
    column,
    [...ranks].sort((a, b) => a - b),
  )
  return places.map((place) => {
    const low = found.get(Math.floor(place)) ?? Number.NaN
    const high = found.get(Math.ceil(place)) ?? Number.NaN
    return low + (high - low) * (place - Math.floor(place))
  })
}
