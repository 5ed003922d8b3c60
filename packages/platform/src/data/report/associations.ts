import { setImmediate } from 'node:timers/promises'
import type { Association, Column, DataReport } from '@kaizen/contracts'
import { identifier, type Lake } from '../../storage/index.ts'
import type { Schema } from '../model.ts'

/** Columns that are related with one another at most. */
const mostColumns = 40
/** A category takes part only with at most so many values. */
const mostCategories = 50

export interface Associations extends Pick<DataReport, 'pearson' | 'associations'> {
  readonly unrelatedColumns: readonly string[]
}

const isNumeric = ({ type }: Column): boolean => type === 'integer' || type === 'number'
const isCategory = ({ type }: Column): boolean => type === 'string' || type === 'boolean'

/**
 * How the columns of a relation go together: Pearson's and Spearman's coefficients of numbers, Cramér's V of
 * categories, and the correlation ratio of a number by a category (Fisher 1925). Rows with a missing value of either
 * column are left out of a pair; ranks are those among the present values of a column.
 */
export async function associate(
  lake: Lake,
  relation: string,
  {
    schema,
    distinct,
    target,
  }: {
    readonly schema: Schema
    readonly distinct: ReadonlyMap<string, number>
    readonly target?: string | undefined
  },
): Promise<Associations> {
  const usable = schema.filter(
    (column) =>
      isNumeric(column) ||
      (isCategory(column) && (distinct.get(column.name) ?? 0) <= mostCategories),
  )
  const first = usable.slice(0, mostColumns)
  const aim = usable.find(({ name }) => name === target)
  const chosen = aim === undefined || first.includes(aim) ? first : [aim, ...first.slice(1)]
  const numbers = chosen.filter(isNumeric)
  const categories = chosen.filter(isCategory)
  const pairs = numbers.flatMap((a, i) => numbers.slice(i + 1).map((b) => [a, b] as const))
  const { pearson, spearman } = await numericPairs(lake, relation, pairs)
  const byCategory: Association[] = []
  for (const [index, category] of categories.entries()) {
    byCategory.push(...(await correlationRatios(lake, relation, { category, numbers })))
    for (const other of categories.slice(index + 1))
      byCategory.push(await categoryPair(lake, relation, [category, other]))
  }
  const others = usable.filter((column) => !chosen.includes(column))
  const more = aim ? await withTarget(lake, relation, { target: aim, others }) : nothing
  return {
    pearson: [...pearson, ...more.pearson],
    associations: [...spearman, ...byCategory, ...more.associations],
    unrelatedColumns: others.map(({ name }) => name),
  }
}

type Found = Pick<Associations, 'pearson' | 'associations'>
const nothing: Found = { pearson: [], associations: [] }

/** Columns that are in memory at once. */
const relatedAtOnce = 100

/** Coefficients of one column with many: ranks of hundreds of columns are no work for SQL. */
async function rankedPairs(
  lake: Lake,
  relation: string,
  { target, others }: { readonly target: Column; readonly others: Schema },
) {
  const { pearsonAndSpearman } = await import('@kaizen/ml/profile')
  const columns = [target, ...others].map(numberSql)
  const { columns: counted } = await lake.query(`SELECT count(*) FROM ${relation}`)
  const [aim, ...values] = await lake.numberColumns(
    `SELECT ${columns.join(', ')} FROM ${relation}`,
    { mostRows: Number(counted[0]?.values[0]) },
  )
  const related = []
  for (const [index, other] of others.entries()) {
    await setImmediate()
    const found = pearsonAndSpearman(aim ?? [], values[index] ?? [])
    related.push({ other, found: found.status === 'ok' ? found : undefined })
  }
  return related
}

/** The target is related with every column, however many there are. */
async function withTarget(
  lake: Lake,
  relation: string,
  { target, others }: { readonly target: Column; readonly others: Schema },
): Promise<Found> {
  const numbers = others.filter(isNumeric)
  const categories = others.filter(isCategory)
  const associations: Association[] = []
  if (!isNumeric(target)) {
    associations.push(...(await correlationRatios(lake, relation, { category: target, numbers })))
    for (const other of categories)
      associations.push(await categoryPair(lake, relation, [target, other]))
    return { pearson: [], associations }
  }
  const pearson: DataReport['pearson'] = []
  for (let from = 0; from < numbers.length; from += relatedAtOnce) {
    const chosen = numbers.slice(from, from + relatedAtOnce)
    for (const { other, found } of await rankedPairs(lake, relation, { target, others: chosen })) {
      const pair = { a: target.name, b: other.name }
      pearson.push({ ...pair, value: found?.pearson ?? null })
      associations.push({ ...pair, method: 'spearman', value: found?.spearman ?? null })
    }
  }
  for (const category of categories)
    associations.push(...(await correlationRatios(lake, relation, { category, numbers: [target] })))
  return { pearson, associations }
}

/** A finite number, else NULL. */
const numberSql = ({ name }: Column): string =>
  `CASE WHEN isfinite(CAST(${identifier(name)} AS DOUBLE)) THEN CAST(${identifier(name)} AS DOUBLE) END`

/** The mean rank of a number among the present ones of its column. */
const rankSql = (column: Column): string => {
  const value = numberSql(column)
  return `CASE WHEN ${value} IS NOT NULL THEN rank() OVER (ORDER BY ${value}) + (count(*) OVER (PARTITION BY ${value}) - 1) / 2.0 END`
}

async function numericPairs(
  lake: Lake,
  relation: string,
  pairs: readonly (readonly [a: Column, b: Column])[],
): Promise<{ pearson: DataReport['pearson']; spearman: Association[] }> {
  const numbers = [...new Set(pairs.flat())]
  if (pairs.length === 0) return { pearson: [], spearman: [] }
  const position = new Map(numbers.map((column, index) => [column.name, index]))
  const of = (kind: 'v' | 'r', { name }: Column): string => `${kind}${position.get(name)}`
  const columns = numbers.flatMap((column) => [
    `${numberSql(column)} AS ${of('v', column)}`,
    `${rankSql(column)} AS ${of('r', column)}`,
  ])
  const wanted = pairs.flatMap(([a, b]) => [
    `corr(${of('v', a)}, ${of('v', b)})`,
    `corr(${of('r', a)}, ${of('r', b)})`,
  ])
  const table = await lake.query(
    `SELECT ${wanted.join(', ')} FROM (SELECT ${columns.join(', ')} FROM ${relation})`,
  )
  const values = table.columns.map(({ values: [value] }) =>
    typeof value === 'number' && Number.isFinite(value) ? clamped(value) : null,
  )
  return {
    pearson: pairs.map(([a, b], i) => ({ a: a.name, b: b.name, value: values[2 * i] ?? null })),
    spearman: pairs.map(([a, b], i) => ({
      a: a.name,
      b: b.name,
      method: 'spearman',
      value: values[2 * i + 1] ?? null,
    })),
  }
}

const clamped = (value: number): number => Math.max(-1, Math.min(1, value))

/** The share of a number's variance that lies between categories, as its root: 0 none, 1 all of it. */
async function correlationRatios(
  lake: Lake,
  relation: string,
  { category, numbers }: { readonly category: Column; readonly numbers: readonly Column[] },
): Promise<readonly Association[]> {
  if (numbers.length === 0) return []
  const name = identifier(category.name)
  const figures = numbers.flatMap((column) => {
    const value = numberSql(column)
    return [`count(${value})`, `coalesce(avg(${value}), 0)`, `coalesce(var_pop(${value}), 0)`]
  })
  const { columns, rowCount } = await lake.query(
    `SELECT ${figures.join(', ')} FROM ${relation} WHERE ${name} IS NOT NULL GROUP BY ${name}`,
  )
  return numbers.map((column, index) => {
    const [count, mean, variance] = [0, 1, 2].map((k) => columns[3 * index + k]?.values ?? [])
    const groups = Array.from({ length: rowCount }, (_, row) => ({
      n: Number(count?.[row]),
      mean: Number(mean?.[row]),
      variance: Number(variance?.[row]),
    }))
    return {
      a: category.name,
      b: column.name,
      method: 'correlation-ratio' as const,
      value: ratioOf(groups),
    }
  })
}

function ratioOf(
  groups: readonly { readonly n: number; readonly mean: number; readonly variance: number }[],
): number | null {
  const n = groups.reduce((sum, group) => sum + group.n, 0)
  if (n < 2) return null
  const mean = groups.reduce((sum, group) => sum + group.n * group.mean, 0) / n
  const between = groups.reduce((sum, group) => sum + group.n * (group.mean - mean) ** 2, 0)
  const within = groups.reduce((sum, group) => sum + group.n * group.variance, 0)
  const total = between + within
  return total > 0 ? Math.sqrt(between / total) : null
}

async function categoryPair(
  lake: Lake,
  relation: string,
  [a, b]: readonly [Column, Column],
): Promise<Association> {
  const [left, right] = [identifier(a.name), identifier(b.name)]
  const { columns, rowCount } = await lake.query(
    `SELECT CAST(${left} AS VARCHAR), CAST(${right} AS VARCHAR), count(*) FROM ${relation} WHERE ${left} IS NOT NULL AND ${right} IS NOT NULL GROUP BY ALL`,
  )
  const [rows, cells, counts] = columns.map(({ values }) => values)
  const table = new Map<string, Map<string, number>>()
  for (let i = 0; i < rowCount; i++) {
    const row = table.get(String(rows?.[i])) ?? new Map<string, number>()
    row.set(String(cells?.[i]), Number(counts?.[i]))
    table.set(String(rows?.[i]), row)
  }
  return { a: a.name, b: b.name, method: 'cramers-v', value: contingencyV([...table.values()]) }
}

/** Cramér's V of a table of counts; null where a side has one value only. */
function contingencyV(rows: readonly ReadonlyMap<string, number>[]): number | null {
  const keys = [...new Set(rows.flatMap((row) => [...row.keys()]))]
  if (rows.length < 2 || keys.length < 2) return null
  const counts = rows.map((row) => keys.map((key) => row.get(key) ?? 0))
  const rowSums = counts.map((row) => row.reduce((sum, count) => sum + count, 0))
  const columnSums = keys.map((_, k) => counts.reduce((sum, row) => sum + (row[k] ?? 0), 0))
  const n = rowSums.reduce((sum, count) => sum + count, 0)
  let chiSquare = 0
  for (const [i, row] of counts.entries()) {
    for (const [k, observed] of row.entries()) {
      const expected = ((rowSums[i] ?? 0) * (columnSums[k] ?? 0)) / n
      if (expected > 0) chiSquare += (observed - expected) ** 2 / expected
    }
  }
  return Math.min(1, Math.sqrt(chiSquare / n / (Math.min(rows.length, keys.length) - 1)))
}
