import { MlError } from '../ml-error.ts'
import {
  type Cell,
  type Column,
  type ColumnKind,
  type ColumnSchema,
  categoricalColumn,
  lengthOf,
  numericColumn,
} from './column.ts'

/** Columns of one length under distinct names. Never changed after it is made. */
export interface Table {
  readonly rowCount: number
  readonly columns: readonly Column[]
}

/**
 * Binds columns to a table.
 * @throws MlError when there is no column, a name is empty or occurs twice, lengths differ, or a
 * code lies outside its dictionary or the dictionary repeats an entry.
 */
export const tableOf = (columns: readonly Column[]): Table => {
  const first = columns[0]
  if (!first)
    throw new MlError('invalid_input', 'a table needs columns', 'pass at least one column')
  const rowCount = lengthOf(first)
  const names = new Set<string>()
  for (const column of columns) {
    checkName(column.name, names)
    names.add(column.name)
    if (lengthOf(column) !== rowCount) {
      throw new MlError(
        'invalid_input',
        `column '${column.name}' has ${lengthOf(column)} rows, '${first.name}' has ${rowCount}`,
        'give every column the same number of rows',
      )
    }
    checkCodes(column)
  }
  return { rowCount, columns: [...columns] }
}

const checkName = (name: string, taken: ReadonlySet<string>): void => {
  if (name === '') {
    throw new MlError('invalid_input', 'a column has an empty name', 'name every column')
  }
  if (taken.has(name)) {
    throw new MlError('invalid_input', `two columns are named '${name}'`, 'rename one of them')
  }
}

const checkCodes = (column: Column): void => {
  if (column.kind !== 'categorical') return
  const size = column.dictionary.length
  if (new Set(column.dictionary).size < size) {
    throw new MlError(
      'invalid_input',
      `the dictionary of column '${column.name}' holds an entry twice`,
      'give each category one code',
    )
  }
  for (const code of column.codes) {
    if (code >= -1 && code < size) continue
    throw new MlError(
      'invalid_input',
      `column '${column.name}' has code ${code}, its dictionary has ${size} entries`,
      'use codes from -1 (missing) to the size of the dictionary less one',
    )
  }
}

/** Names and kinds of a table's columns, in order. */
export const schemaOf = (table: Table): ColumnSchema[] =>
  table.columns.map(({ name, kind }) => ({ name, kind }))

/**
 * The column of a name.
 * @throws MlError naming the columns that exist.
 */
export const columnOf = (table: Table, name: string): Column => {
  const column = table.columns.find((candidate) => candidate.name === name)
  if (column) return column
  const known = table.columns.map((candidate) => candidate.name).join(', ')
  throw new MlError(
    'invalid_input',
    `there is no column '${name}'`,
    `use one of the table's columns: ${known}`,
  )
}

/** The table of the named columns, in the order of the names. Data is shared, not copied. */
export const selectColumns = (table: Table, names: readonly string[]): Table =>
  tableOf(names.map((name) => columnOf(table, name)))

/** The rows at the given indices, in their order; an index may repeat. */
export const takeRows = (table: Table, rows: ArrayLike<number>): Table => {
  const count = rows.length
  const columns = table.columns.map((column): Column => {
    if (column.kind === 'numeric') {
      const values = new Float64Array(count)
      for (let i = 0; i < count; i++) values[i] = column.values[rows[i]!]!
      return { ...column, values }
    }
    const codes = new Int32Array(count)
    for (let i = 0; i < count; i++) codes[i] = column.codes[rows[i]!]!
    return { ...column, codes }
  })
  return { rowCount: count, columns }
}

/**
 * A table from row objects. Without a schema a column is numeric when each present value is a
 * number, bigint or boolean, otherwise categorical; names are those of the first row.
 * @throws MlError when there are no rows, a row lacks or adds a name, or a value of a numeric column is text.
 */
export const tableFromRows = (
  rows: readonly Readonly<Record<string, Cell>>[],
  schema?: readonly ColumnSchema[],
): Table => {
  const first = rows[0]
  if (!first && !schema) {
    throw new MlError('invalid_input', 'there are no rows', 'pass at least one row, or a schema')
  }
  const names = schema ? schema.map((column) => column.name) : Object.keys(first ?? {})
  const kinds = new Map(schema?.map((column) => [column.name, column.kind]))
  return tableOf(
    names.map((name) => {
      const cells = rows.map((row, index) => {
        if (Object.hasOwn(row, name)) return row[name]
        throw new MlError(
          'invalid_input',
          `row ${index} has no '${name}'`,
          'give each row every column; use null for a missing value',
        )
      })
      return columnFromCells(name, cells, kinds.get(name))
    }),
  )
}

/** A column from loose values; the kind is inferred from them unless given. @throws MlError when a value is not of it. */
export const columnFromCells = (
  name: string,
  cells: readonly Cell[],
  kind?: ColumnKind,
): Column => {
  const actual =
    kind ?? (cells.some((cell) => typeof cell === 'string') ? 'categorical' : 'numeric')
  if (actual === 'categorical') {
    return categoricalColumn(
      name,
      cells.map((cell) => (isMissing(cell) ? null : String(cell))),
    )
  }
  const values = new Float64Array(cells.length)
  cells.forEach((cell, index) => {
    if (typeof cell === 'string') {
      throw new MlError(
        'invalid_input',
        `numeric column '${name}' holds the text '${cell.slice(0, 40)}' in row ${index}`,
        'declare the column categorical, or turn the text into numbers or null first',
      )
    }
    values[index] = isMissing(cell) ? Number.NaN : Number(cell)
  })
  return numericColumn(name, values)
}

const isMissing = (cell: Cell): cell is null | undefined =>
  cell === null || cell === undefined || (typeof cell === 'number' && Number.isNaN(cell))
