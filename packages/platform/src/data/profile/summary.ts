import { identifier, type Lake } from '../../storage/index.ts'
import type { Schema } from '../model.ts'

export type ProfiledColumn = Schema[number]

/** What the profile of a column says before its shape, which needs the bounds, is looked at. */
export interface Summary {
  readonly count: number
  readonly present: number
  readonly different: number
  readonly min: number | string | null
  readonly max: number | string | null
  readonly quantiles: readonly number[] | null
}

export const quantileLevels = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]

export const isNumeric = ({ type }: ProfiledColumn): boolean =>
  type === 'integer' || type === 'number'

/** A column as a double, null where it is none or not finite. */
export function finiteSql({ name }: ProfiledColumn): string {
  const value = `CAST(${identifier(name)} AS DOUBLE)`
  return `CASE WHEN isfinite(${value}) THEN ${value} END`
}

/** Summaries of columns, exact, `together` of them in one query, which holds all their values in memory. */
export async function summarise(
  lake: Lake,
  relation: string,
  schema: Schema,
  together: number,
): Promise<readonly Summary[]> {
  const summaries: Summary[] = []
  for (let from = 0; from < schema.length; from += together) {
    const selected = schema.slice(from, from + together).map((column, index) => {
      const fields = {
        ...boundsSql(column),
        different: `count(DISTINCT ${identifier(column.name)})`,
      }
      return `${structSql(isNumeric(column) ? { ...fields, quantiles: quantilesSql(column) } : fields)} AS c${index}`
    })
    summaries.push(
      ...(await rowOf<Summary>(lake, `SELECT ${selected.join(', ')} FROM ${relation}`)),
    )
  }
  return summaries
}

/** The fields of a summary that need no value kept in memory. */
export function boundsSql(column: ProfiledColumn): Readonly<Record<string, string>> {
  const name = identifier(column.name)
  const bound = (which: 'min' | 'max') =>
    isNumeric(column) ? `${which}(${finiteSql(column)})` : `CAST(${which}(${name}) AS VARCHAR)`
  return {
    count: 'count(*)',
    present: `count(${name})`,
    min: bound('min'),
    max: bound('max'),
    quantiles: 'NULL',
  }
}

const quantilesSql = (column: ProfiledColumn): string =>
  `quantile_cont(${finiteSql(column)}, [${quantileLevels.join(', ')}])`

export const structSql = (fields: Readonly<Record<string, string>>): string =>
  `to_json(struct_pack(${Object.entries(fields)
    .map(([name, sql]) => `${name} := ${sql}`)
    .join(', ')}))`

/** The JSON values of a query's only row. */
export async function rowOf<T>(lake: Lake, sql: string): Promise<readonly T[]> {
  const table = await lake.query(sql)
  return table.columns.map((column) => JSON.parse(String(column.values[0])) as T)
}
