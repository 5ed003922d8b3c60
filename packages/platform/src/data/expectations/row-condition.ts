import { type Column, KaizenError } from '@kaizen/contracts'
import { MlError } from '@kaizen/ml/ml-error'
import {
  type Constant,
  type RowCondition,
  readRowCondition,
  type Sign,
} from '@kaizen/ml/validation'
import { identifier } from '../../storage/index.ts'
import { comparable } from './arguments.ts'
import { everyRow, missingSql, type TableShape, valueSql } from './check.ts'

/**
 * The rows that an expectation looks at, as SQL that is true or false of a row and never NULL.
 * @throws KaizenError INVALID_REQUEST where the condition does not parse or names a column that is not there.
 */
export function scopeSql(table: TableShape, condition: unknown): string {
  try {
    const read = readRowCondition(condition)
    return read ? conditionSql(table, read) : everyRow
  } catch (failure) {
    if (!(failure instanceof MlError)) throw failure
    throw new KaizenError('INVALID_REQUEST', failure.message, { hint: failure.hint })
  }
}

function conditionSql(table: TableShape, condition: RowCondition): string {
  switch (condition.kind) {
    case 'constant':
      return condition.value ? 'TRUE' : 'FALSE'
    case 'not':
      return `(NOT ${conditionSql(table, condition.part)})`
    case 'and':
    case 'or': {
      const parts = condition.parts.map((part) => conditionSql(table, part))
      return `(${parts.join(condition.kind === 'and' ? ' AND ' : ' OR ')})`
    }
    case 'missing':
      return missingSql(columnOf(table, condition.column))
    case 'in': {
      const column = columnOf(table, condition.column)
      if (condition.values.length === 0) return 'FALSE'
      const values = condition.values.map((value) => constantSql(column, value))
      return present([column], `${identifier(column.name)} IN (${values.join(', ')})`)
    }
    case 'compare':
      return compareSql(table, condition)
  }
}

const sqlSigns: Readonly<Record<Sign, string>> = {
  '==': '=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

function compareSql(
  table: TableShape,
  { column: name, sign, with: other }: Extract<RowCondition, { kind: 'compare' }>,
): string {
  const column = columnOf(table, name)
  if ('value' in other)
    return present(
      [column],
      `${identifier(name)} ${sqlSigns[sign]} ${constantSql(column, other.value)}`,
    )
  const second = columnOf(table, other.column)
  const [left, right] = comparable(column, second)
  return present([column, second], `${left} ${sqlSigns[sign]} ${right}`)
}

/** A missing value is in no comparison; NaN would be greater than all numbers. */
const present = (columns: readonly Column[], sql: string): string =>
  `(${[...columns.map((column) => `NOT ${missingSql(column)}`), sql].join(' AND ')})`

function constantSql(column: Column, value: Constant): string {
  const sql = valueSql(column, value)
  if (sql !== undefined) return sql
  throw new KaizenError(
    'INVALID_REQUEST',
    `row_condition: ${JSON.stringify(value)} cannot be compared with ${column.name} (${column.type})`,
    { hint: `Compare ${column.name} with values of its own type.` },
  )
}

function columnOf({ schema }: TableShape, name: string): Column {
  const column = schema.find((candidate) => candidate.name === name)
  if (column) return column
  throw new KaizenError('INVALID_REQUEST', `row_condition: there is no column "${name}"`, {
    hint: `The columns are: ${schema
      .map((candidate) => candidate.name)
      .slice(0, 50)
      .join(', ')}.`,
  })
}
