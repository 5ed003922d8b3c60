import { type Column, KaizenError } from '@kaizen/contracts'
import { identifier } from '../storage/index.ts'
import { hashRange, levelsOf, sketchSize, type Windowed, windowedOf } from './aggregates.ts'
import type { Feature, ResolvedView } from './model.ts'
import { listed } from './rules.ts'

const numeric: readonly Column['type'][] = ['integer', 'number']

/** SQL of what a feature aggregates, row by row. @throws INVALID_DATA for a column that is missing or of another type */
export function aggregatedSql(feature: Feature, schema: readonly Column[], role: string): string {
  const { function: made } = windowedOf(feature)
  if (feature.column === undefined) return '1::BIGINT'
  const column = schema.find(({ name }) => name === feature.column)
  if (!column) {
    throw new KaizenError('INVALID_DATA', `${role}: there is no column "${feature.column}"`, {
      hint: `The columns are: ${listed(schema.map(({ name }) => name))}.`,
    })
  }
  const name = identifier(column.name)
  if (made === 'count') return name
  if (made === 'distinct') return `CAST(${name} AS VARCHAR)`
  const isNumber = numeric.includes(column.type)
  const fits =
    made === 'mean'
      ? isNumber
      : column.type === feature.type || (column.type === 'integer' && feature.type === 'number')
  if (!fits) {
    throw new KaizenError(
      'INVALID_DATA',
      `${role}: "${feature.name}" is the ${made} of "${column.name}" as ${feature.type}, but the column holds ${column.type} values`,
      { hint: 'Declare the feature with a type that the column has.' },
    )
  }
  return isNumber ? `CAST(${name} AS ${feature.type === 'integer' ? 'BIGINT' : 'DOUBLE'})` : name
}

/** Sums that neither lose small numbers beside large ones nor make a number of what is infinite. */
const sumSql = (value: string, type: Feature['type'], filter: string): string =>
  type === 'integer'
    ? `sum(${value})${filter}`
    : `(CASE WHEN isfinite(sum(${value})${filter}) THEN fsum(${value})${filter} ELSE sum(${value})${filter} END)`

const order = "{'t': t, 'c': coalesce(c, t), 'rn': rn}"
const smallestHashes = (value: string, filter: string): string =>
  `list_sort(list(DISTINCT CAST(md5_number_upper(${value}) // ${2 ** 64 / hashRange} AS BIGINT))${filter})[1:${sketchSize}]`

/** What of a step is kept of one feature, as text. */
export function partSql(feature: Feature, value: string): string {
  const present = ` FILTER (WHERE ${value} IS NOT NULL)`
  const text = (sql: string): string => `CAST(${sql} AS VARCHAR)`
  switch (windowedOf(feature).function) {
    case 'count':
      return text(`nullif(count(${value}), 0)`)
    case 'sum':
      return text(sumSql(value, feature.type, ''))
    case 'mean':
      return `CASE WHEN count(${value}) > 0 THEN ${text(sumSql(value, 'number', ''))} || ' ' || count(${value}) END`
    case 'min':
    case 'max':
      return text(`${windowedOf(feature).function}(${value})`)
    case 'last':
      return text(`arg_max(${value}, ${order})${present}`)
    case 'distinct':
      return `nullif(array_to_string(${smallestHashes(value, present)}, ' '), '')`
  }
}

/** An aggregate over the rows from a start on, as a value of its type. */
export function windowSql(feature: Feature, value: string, start: string): string {
  const filter = ` FILTER (WHERE ${value} IS NOT NULL AND t >= ${start})`
  const { function: made } = windowedOf(feature)
  switch (made) {
    case 'count':
      return `count(${value})${filter}`
    case 'sum':
      return `coalesce(${sumSql(value, feature.type, filter)}, 0)`
    case 'mean':
      return `${sumSql(value, 'number', filter)} / count(${value})${filter}`
    case 'min':
    case 'max':
      return `${made}(${value})${filter}`
    case 'last':
      return `arg_max(${value}, ${order})${filter}`
    case 'distinct': {
      const hashes = smallestHashes(value, filter)
      return `coalesce(CASE WHEN len(${hashes}) < ${sketchSize} THEN len(${hashes}) ELSE CAST(round(${sketchSize - 1} / ((${hashes})[${sketchSize}] / ${hashRange}::DOUBLE)) AS BIGINT) END, 0)`
    }
  }
}

/** Whether nothing in a window is 0, and not a missing value. */
export const isZeroWithout = ({ function: made }: Windowed): boolean =>
  made === 'count' || made === 'sum' || made === 'distinct'

/** The number of the step that a time lies in. */
export const stepSql = (timeUs: string, stepUs: number): string =>
  `CAST(floor((${timeUs}) / ${stepUs}) AS BIGINT)`

/** SQL of rows, as `viewColumns` selects them, made one row for each entity: its keys as text, newest time and steps. */
export function tilesSql(
  { definition }: ResolvedView,
  rows: string,
  { keys, toMs }: { readonly keys: readonly string[]; readonly toMs: number },
): string {
  const levels = levelsOf(definition)
  const by = keys.map((key) => `${key}, `).join('')
  const parts = levels.map(({ stepUs, windowUs }, level) => {
    const ofLevel = definition.features.map((feature, f) =>
      windowedOf(feature).stepUs === stepUs ? partSql(feature, `f${f}`) : 'NULL::VARCHAR',
    )
    const from = `make_timestamp(CAST(floor((${toMs}000 - ${windowUs}) / ${stepUs}) AS BIGINT) * ${stepUs})`
    return `SELECT ${by}${level} AS l, ${stepSql('epoch_us(t)', stepUs)} AS i, max(t) AS t, [${ofLevel.join(', ')}] AS p FROM rows WHERE t >= ${from} GROUP BY ${by}i`
  })
  const texts = keys.map((key) => `CAST(${key} AS VARCHAR) AS ${key}, `).join('')
  const grouped = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`
  const sorted = keys.length === 0 ? '' : ` ORDER BY ${keys.map((key) => `n.${key}`).join(', ')}`
  return `WITH rows AS (${rows}), tiles AS (${parts.join(' UNION ALL ')}), entities AS (SELECT ${by}max(t) AS t, CAST(to_json(list({'l': l, 'i': i, 'p': p} ORDER BY l, i)) AS VARCHAR) AS tiles FROM tiles${grouped} HAVING count(*) > 0) SELECT ${texts}CAST(epoch_us(t) AS VARCHAR) AS t, '${toMs}000' AS c, tiles FROM entities n${sorted}`
}
