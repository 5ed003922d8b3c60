import { KaizenError, type RowRule } from '@kaizen/contracts'
import { digestOf } from '../kernel/index.ts'
import { identifier, literal } from '../storage/index.ts'
import type { EventTimeSpec, Schema, TimeRange } from './model.ts'

/** Digest of a version's content: its schema and pieces in order. */
export const contentDigest = (
  schema: Schema,
  pieces: readonly { readonly digest: string }[],
): string => digestOf({ schema, pieces: pieces.map((piece) => piece.digest) })

/** A rule in words, as it is shown and counted. */
export function ruleText(rule: RowRule): string {
  const parts = [
    ...(rule.notNull ? ['is present'] : []),
    ...(rule.min === undefined ? [] : [`≥ ${rule.min}`]),
    ...(rule.max === undefined ? [] : [`≤ ${rule.max}`]),
    ...(rule.oneOf
      ? [`is one of ${rule.oneOf.slice(0, 10).join(', ')}${rule.oneOf.length > 10 ? ', …' : ''}`]
      : []),
  ]
  return `${rule.column} ${parts.join(' and ')}`
}

/** SQL that is true for a row that breaks the rule; missing values break only `notNull`. */
export function brokenSql(rule: RowRule): string {
  const column = identifier(rule.column)
  const conditions = [
    ...(rule.notNull ? [`${column} IS NULL`] : []),
    ...(rule.min === undefined ? [] : [`${column} < ${rule.min}`]),
    ...(rule.max === undefined ? [] : [`${column} > ${rule.max}`]),
    ...(rule.min === undefined && rule.max === undefined
      ? []
      : [`isnan(CAST(${column} AS DOUBLE))`]),
    ...(rule.oneOf ? [`${column} NOT IN (${rule.oneOf.map(sqlValue).join(', ')})`] : []),
  ]
  return conditions.length === 0
    ? 'FALSE'
    : conditions.map((condition) => `coalesce(${condition}, FALSE)`).join(' OR ')
}

const sqlValue = (value: string | number): string =>
  typeof value === 'number' ? String(value) : literal(value)

/** SQL of a column as a UTC timestamp of microseconds. Numbers are milliseconds since 1970; text without a zone is UTC. */
export function utcTimeSql({ name, type }: Pick<Schema[number], 'name' | 'type'>): string {
  const column = identifier(name)
  if (type === 'integer' || type === 'number') {
    return `make_timestamp(CAST(round(${column} * 1000) AS BIGINT))`
  }
  // A text with an offset would lose it on the way to a timestamp without zone.
  return type === 'string'
    ? `CAST(CAST(${column} AS TIMESTAMPTZ) AS TIMESTAMP)`
    : `CAST(${column} AS TIMESTAMP)`
}

/** SQL for the event time of a row as a UTC timestamp. @throws INVALID_DATA where its columns are not in the data */
export function eventTimeSql(spec: EventTimeSpec, schema: Schema): string {
  const base = utcTimeSql(columnOf(schema, spec.column, 'event time'))
  if (spec.hourColumn === undefined) return base
  columnOf(schema, spec.hourColumn, 'hour of the event time')
  return `${base} + INTERVAL 1 HOUR * CAST(${identifier(spec.hourColumn)} AS INTEGER)`
}

/**
 * SQL condition for a window of event time; empty when both bounds are open. The columns of event time must be there
 * even then: rows without them would be in no window, whatever is asked for later.
 */
export function windowSql(spec: EventTimeSpec | null, schema: Schema, range: TimeRange): string {
  const time = spec ? eventTimeSql(spec, schema) : undefined
  if (range.from === undefined && range.to === undefined) return ''
  if (time === undefined) {
    throw new KaizenError(
      'INVALID_REQUEST',
      'a window needs an event-time column, and this dataset declares none',
      {
        hint: 'Declare eventTime: { column: … } for the dataset.',
      },
    )
  }
  const bounds = [
    ...(range.from === undefined ? [] : [`${time} >= epoch_ms(${Math.trunc(range.from)})`]),
    ...(range.to === undefined ? [] : [`${time} < epoch_ms(${Math.trunc(range.to)})`]),
  ]
  return `WHERE ${bounds.join(' AND ')}`
}

export function columnOf(schema: Schema, name: string, role: string): Schema[number] {
  const column = schema.find((candidate) => candidate.name === name)
  if (column) return column
  throw new KaizenError('INVALID_DATA', `the ${role} column "${name}" is not in the data`, {
    hint: `The columns are: ${schema
      .map((candidate) => candidate.name)
      .slice(0, 50)
      .join(', ')}.`,
  })
}

const numeric = new Set(['integer', 'number'])

/** Whether rows of `added` can stand after rows of `current`: same names where both have them, compatible types. */
export function appendableSchema(current: Schema, added: Schema): Schema {
  const unknown = added.filter((column) => !current.some((known) => known.name === column.name))
  if (unknown.length > 0) {
    throw new KaizenError(
      'INVALID_DATA',
      `the appended rows have columns that the dataset does not: ${unknown.map((column) => column.name).join(', ')}`,
      {
        hint: 'Append rows with the columns of the dataset, or start a new content with mode=create.',
      },
    )
  }
  return current.map((column) => {
    const other = added.find((candidate) => candidate.name === column.name)
    if (!other) return { ...column, nullable: true }
    if (other.type === column.type)
      return { ...column, nullable: column.nullable || other.nullable }
    if (numeric.has(other.type) && numeric.has(column.type))
      return { ...column, type: 'number' as const, nullable: column.nullable || other.nullable }
    throw new KaizenError(
      'INVALID_DATA',
      `the column "${column.name}" holds ${column.type} values, but the appended rows have ${other.type} values`,
    )
  })
}
