import { type Column, KaizenError } from '@kaizen/contracts'
import { relationOf, utcTimeSql, type VersionRecord } from '../data/index.ts'
import { type BlobStore, identifier } from '../storage/index.ts'
import { aggregatedSql } from './aggregate-sql.ts'
import type { Feature, JoinKey, ResolvedView } from './model.ts'
import { columnOfFeature, listed } from './rules.ts'

type EventTime = ResolvedView['definition']['source']['eventTime']
type Schema = readonly Column[]

const sqlTypes = {
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  number: 'DOUBLE',
  string: 'VARCHAR',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
} as const

function columnOf(schema: Schema, name: string, role: string): Column {
  const column = schema.find((candidate) => candidate.name === name)
  if (column) return column
  throw new KaizenError('INVALID_DATA', `${role}: there is no column "${name}"`, {
    hint: `The columns are: ${listed(schema.map((candidate) => candidate.name))}.`,
  })
}

/** SQL of a time as a UTC timestamp of microseconds. */
export function timeSql({ column, hourColumn }: EventTime, schema: Schema, role: string): string {
  const { name, type } = columnOf(schema, column, role)
  if (type === 'boolean')
    throw new KaizenError('INVALID_DATA', `${role}: the column "${column}" holds no times`)
  const base = utcTimeSql({ name, type })
  if (hourColumn === undefined) return base
  columnOf(schema, hourColumn, role)
  return `${base} + INTERVAL 1 HOUR * CAST(${identifier(hourColumn)} AS INTEGER)`
}

/** SQL of a join key, exactly as it is. @throws INVALID_DATA for a column of another type */
export function keySql({ name, type }: JoinKey, schema: Schema, role: string): string {
  const column = columnOf(schema, name, role)
  if (column.type === type) return `CAST(${identifier(name)} AS ${sqlTypes[type]})`
  throw new KaizenError(
    'INVALID_DATA',
    `${role}: the join key "${name}" is of the type ${type}, but the column holds ${column.type} values`,
    {
      hint: 'Keys are compared exactly: give the column the type of the key, or change the entity.',
    },
  )
}

/** SQL of a value, as its type says. @throws INVALID_DATA for a column of another type */
export function featureSql(feature: Feature, schema: Schema, role: string): string {
  const name = columnOfFeature(feature)
  const column = columnOf(schema, name, role)
  const fits =
    column.type === feature.type || (column.type === 'integer' && feature.type === 'number')
  if (fits) return `CAST(${identifier(name)} AS ${sqlTypes[feature.type]})`
  throw new KaizenError(
    'INVALID_DATA',
    `${role}: the feature "${feature.name}" is of the type ${feature.type}, but the column "${name}" holds ${column.type} values`,
    { hint: 'Declare the feature with the type of its column.' },
  )
}

/** Of an aggregate what it aggregates. */
const cellSql = (feature: Feature, schema: Schema, role: string): string =>
  feature.aggregate ? aggregatedSql(feature, schema, role) : featureSql(feature, schema, role)

/** Names of the columns that `viewColumns` selects. */
export const keyColumn = (index: number): string => `k${index}`
export const featureColumn = (index: number): string => `f${index}`

/**
 * The rows of a view in SQL: its join keys `k0`…, time `t`, created time `c` (NULL where the view has none), the features
 * asked for as `f0`… by their place in the view, and whatever `more` selects.
 * @throws INVALID_DATA where a column is missing or of another type
 */
export function viewColumns(
  { name, definition, joinKeys }: ResolvedView,
  schema: Schema,
  places: readonly number[],
): string {
  const { source, features } = definition
  const role = `feature view "${name}", dataset "${source.dataset}"`
  const created = source.created
  return [
    ...joinKeys.map((key, i) => `${keySql(key, schema, role)} AS ${keyColumn(i)}`),
    `${timeSql(source.eventTime, schema, role)} AS t`,
    `${created === null ? 'NULL::TIMESTAMP' : timeSql({ column: created }, schema, role)} AS c`,
    ...places.map(
      (place) => `${cellSql(features[place]!, schema, role)} AS ${featureColumn(place)}`,
    ),
  ].join(', ')
}

/** Rows of pieces of a version with their number in stored order, `rn`. */
export async function numberedRows(
  blobs: BlobStore,
  version: Pick<VersionRecord, 'pieces'>,
  columns: string,
): Promise<string> {
  return `SELECT ${columns}, row_number() OVER () AS rn FROM ${await relationOf(blobs, version)}`
}

export const sqlTypeOf = (type: Feature['type']): string => sqlTypes[type]
