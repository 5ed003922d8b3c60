import { MlError } from '../ml-error.ts'
import { isMissing, rowCount, type Validated, type Value, type Values } from './expectation.ts'
import type { Constant, RowCondition, Sign } from './row-condition.ts'

/** Positions of the rows for which a condition is true, rising. @throws MlError for a column that is not there */
export function rowsWhere(table: Validated, condition: RowCondition): readonly number[] {
  const holds = truthOf(table, condition)
  const rows: number[] = []
  for (let row = 0; row < rowCount(table); row++) if (holds(row)) rows.push(row)
  return rows
}

/** The rows at some positions. */
export const rowsAt = ({ columns }: Validated, rows: readonly number[]): Validated => ({
  columns: Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name, rows.map((row) => values[row])]),
  ),
})

type Holds = (row: number) => boolean

function truthOf(table: Validated, condition: RowCondition): Holds {
  switch (condition.kind) {
    case 'constant':
      return () => condition.value
    case 'not': {
      const part = truthOf(table, condition.part)
      return (row) => !part(row)
    }
    case 'and': {
      const parts = condition.parts.map((part) => truthOf(table, part))
      return (row) => parts.every((holds) => holds(row))
    }
    case 'or': {
      const parts = condition.parts.map((part) => truthOf(table, part))
      return (row) => parts.some((holds) => holds(row))
    }
    case 'missing': {
      const values = columnOf(table, condition.column)
      return (row) => isMissing(values[row])
    }
    case 'in': {
      const values = columnOf(table, condition.column)
      const listed = new Set<unknown>(condition.values)
      return (row) => !isMissing(values[row]) && listed.has(values[row])
    }
    case 'compare': {
      const { column, sign, with: other } = condition
      const left = columnOf(table, column)
      const right = 'value' in other ? () => other.value : at(columnOf(table, other.column))
      return (row) => {
        const [a, b] = [left[row], right(row)]
        return !isMissing(a) && !isMissing(b) && compare(a, sign, b)
      }
    }
  }
}

const at =
  (values: Values) =>
  (row: number): Value =>
    values[row]

function columnOf({ columns }: Validated, name: string): Values {
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined
  if (column) return column
  throw new MlError(
    'invalid_option',
    `row_condition: there is no column "${name}"`,
    `the columns are ${Object.keys(columns).join(', ')}`,
  )
}

function compare(a: Constant, sign: Sign, b: Constant): boolean {
  if (sign === '==') return a === b
  if (typeof a !== typeof b)
    throw new MlError(
      'invalid_option',
      `row_condition: ${JSON.stringify(a)} cannot be compared with ${JSON.stringify(b)}`,
      'compare a column with values of its own type',
    )
  switch (sign) {
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
  }
}
