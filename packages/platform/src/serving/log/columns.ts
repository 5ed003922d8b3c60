import type { Datatype, Tensor } from '../../runtime/index.ts'
import type { TableColumn } from '../../storage/index.ts'
import { Growing } from './growing.ts'

/** Tensors with more elements a row than this (images, embeddings) stay in the log and are not shown as columns. */
export const maxColumnsPerTensor = 256

type ColumnKind = 'number' | 'integer' | 'string' | 'boolean'
const kindOf = (datatype: Datatype): ColumnKind =>
  datatype === 'BYTES'
    ? 'string'
    : datatype === 'BOOL'
      ? 'boolean'
      : datatype.startsWith('FP')
        ? 'number'
        : 'integer'

type Value = string | boolean | null

/** A column that grows: numbers (NaN where missing), or text and truth values (null), each of which is held once. */
export class GrowingColumn {
  readonly name: string
  readonly kind: ColumnKind
  readonly #numbers = new Growing(Float64Array)
  readonly #codes = new Growing(Uint32Array)
  readonly #values: Value[] = []
  readonly #codeOf = new Map<Value, number>()

  constructor(name: string, datatype: Datatype) {
    this.name = name
    this.kind = kindOf(datatype)
  }

  pushNumber(value: number): void {
    this.#numbers.push(value)
  }

  pushValue(value: Value): void {
    let code = this.#codeOf.get(value)
    if (code === undefined) {
      code = this.#values.push(value) - 1
      this.#codeOf.set(value, code)
    }
    this.#codes.push(code)
  }

  number(row: number): number {
    return this.#numbers.at(row)
  }

  value(row: number): Value {
    return this.#values[this.#codes.at(row)] ?? null
  }
}

/**
 * The columns of one tensor: `name` where a row holds one element, `name[0]`, `name[1]`, ... where it holds more, none
 * where it holds too many.
 */
export function columnsOf(name: string, tensor: Tensor, rows: number): GrowingColumn[] {
  const width = rows === 0 ? 0 : tensor.data.length / rows
  if (width > maxColumnsPerTensor || !Number.isInteger(width)) return []
  return Array.from(
    { length: width },
    (_, i) => new GrowingColumn(width === 1 ? name : `${name}[${i}]`, tensor.datatype),
  )
}

/** Adds the rows of a tensor to its columns. */
export function pushTensor(columns: readonly GrowingColumn[], { datatype, data }: Tensor): void {
  const width = columns.length
  if (width === 0) return
  const [{ kind }] = columns as [GrowingColumn]
  for (let i = 0; i < data.length; i++) {
    const column = columns[i % width]!
    const value = data[i]!
    if (kind === 'string') column.pushValue(value === '' ? null : (value as string))
    else if (kind === 'boolean') column.pushValue(value === 1)
    else if (datatype === 'FP32') column.pushNumber(shortestDouble(value as number))
    else if (datatype === 'FP16') column.pushNumber(halfToNumber(value as number))
    else column.pushNumber(Number(value))
  }
}

/** Adds `rows` missing values. */
export function pushMissing(columns: readonly GrowingColumn[], rows: number): void {
  for (const column of columns) {
    for (let i = 0; i < rows; i++) {
      if (column.kind === 'number' || column.kind === 'integer') column.pushNumber(Number.NaN)
      else column.pushValue(null)
    }
  }
}

/**
 * The shortest decimal that rounds to a float32, as a double: a model that takes 0.24 as FP32 sees 0.23999999463558197,
 * and statistics that compare with the 0.24 of the training data would take it for another value.
 */
export function shortestDouble(value: number): number {
  if (Number.isInteger(value) || !Number.isFinite(value)) return value
  for (let scale = 10; scale <= 1e7; scale *= 10) {
    const rounded = Math.round(value * scale) / scale
    if (Math.fround(rounded) === value) return rounded
  }
  for (let digits = 6; digits < 10; digits++) {
    const rounded = Number(value.toPrecision(digits))
    if (Math.fround(rounded) === value) return rounded
  }
  return value
}

/** IEEE 754 binary16 from its bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** A place in a column of a block. */
export interface Cell {
  readonly column: GrowingColumn | undefined
  readonly row: number
}

/** Builds a table column from cells in order; a missing column gives missing values. */
export function gather(name: string, kind: ColumnKind, cells: readonly Cell[]): TableColumn {
  if (kind === 'number' || kind === 'integer') {
    const values = new Float64Array(cells.length)
    for (let i = 0; i < cells.length; i++) {
      const { column, row } = cells[i]!
      values[i] = column ? column.number(row) : Number.NaN
    }
    return { name, type: kind, values }
  }
  const values = cells.map(({ column, row }) => column?.value(row) ?? null)
  return { name, type: kind, values } as TableColumn
}
