import { type Column, KaizenError } from '@kaizen/contracts'
import { identifier } from '../../storage/index.ts'
import { everyRow, missingSql, type TableShape, valueSql } from './check.ts'
import { comparisons, rowConditionSql } from './row-condition.ts'

/**
 * The rows that an expectation looks at, as SQL: `row_condition` as text, or as the object that Great Expectations
 * writes since 1.5 (`comparison`, `nullity`, `and`, `or`, and `pass_through` around the text of older suites).
 * @throws KaizenError INVALID_REQUEST for anything else: a condition that is not read must not be left out.
 */
export function scopeSql(table: TableShape, condition: unknown): string {
  if (condition === undefined || condition === null) return everyRow
  if (typeof condition === 'string')
    return condition.trim() === '' ? everyRow : rowConditionSql(table, condition)
  return objectSql(table, condition, 0)
}

type Fields = Readonly<Record<string, unknown>>

const maxDepth = 50

const unreadable = (condition: unknown, why: string): KaizenError =>
  new KaizenError(
    'INVALID_REQUEST',
    `row_condition ${JSON.stringify(condition)?.slice(0, 120)}: ${why}`,
    {
      hint: 'Give a condition as text, such as col("age") > 18, or as Great Expectations 1.x writes it.',
    },
  )

function objectSql(table: TableShape, condition: unknown, depth: number): string {
  if (condition === null || typeof condition !== 'object' || Array.isArray(condition))
    throw unreadable(condition, 'it is neither text nor an object')
  if (depth > maxDepth) throw unreadable({}, 'it is nested too deeply')
  const fields = condition as Fields
  switch (fields['type']) {
    case 'pass_through':
      return rowConditionSql(table, String(fields['pass_through_filter'] ?? ''))
    case 'and':
    case 'or': {
      const { conditions } = fields
      if (!Array.isArray(conditions) || conditions.length === 0)
        throw unreadable(condition, 'it joins no conditions')
      const parts = conditions.map((each) => objectSql(table, each, depth + 1))
      return `(${parts.join(fields['type'] === 'and' ? ' AND ' : ' OR ')})`
    }
    case 'nullity': {
      const missing = missingSql(columnOf(table, fields))
      return fields['is_null'] === true ? missing : `(NOT ${missing})`
    }
    case 'comparison':
      return comparisonSql(columnOf(table, fields), fields)
    default:
      throw unreadable(condition, `the type ${JSON.stringify(fields['type'])} is not known`)
  }
}

function columnOf({ schema }: TableShape, fields: Fields): Column {
  const name = (fields['column'] as Fields | undefined)?.['name']
  const column = schema.find((candidate) => candidate.name === name)
  if (column) return column
  throw unreadable(fields, `there is no column ${JSON.stringify(name)}`)
}

/** A missing value is in no comparison, as in the textual form. */
function comparisonSql(column: Column, fields: Fields): string {
  const { operator, parameter } = fields
  const name = identifier(column.name)
  const value = (given: unknown): string => {
    const sql = valueSql(column, given)
    if (sql !== undefined) return sql
    throw unreadable(fields, `${column.name} (${column.type}) cannot be compared with it`)
  }
  if (operator === 'IN' || operator === 'NOT_IN') {
    if (!Array.isArray(parameter)) throw unreadable(fields, 'the parameter is no list')
    const isNot = operator === 'NOT_IN'
    if (parameter.length === 0) return isNot ? `(NOT ${missingSql(column)})` : 'FALSE'
    return `coalesce(${name} ${isNot ? 'NOT IN' : 'IN'} (${parameter.map(value).join(', ')}), FALSE)`
  }
  const sign = Object.hasOwn(comparisons, String(operator))
    ? comparisons[String(operator)]
    : undefined
  if (sign === undefined)
    throw unreadable(fields, `the operator ${JSON.stringify(operator)} is not known`)
  return `coalesce(${name} ${sign} ${value(parameter)}, FALSE)`
}
