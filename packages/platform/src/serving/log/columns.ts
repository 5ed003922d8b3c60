import type { Datatype, Tensor } from '../../runtime/index.ts'
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
  readonly #numbers: Growing<Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>>
  readonly #isSingle: boolean
  readonly #codes = new Growing(Uint32Array)
  readonly #values: Value[] = []
  readonly #codeOf = new Map<Value, number>()

  constructor(name: string, datatype: Datatype) {
    this.name = name
    this.kind = kindOf(datatype)
    this.#isSingle = datatype === 'FP32'
    this.#numbers = this.#isSingle ? new Growing(Float32Array) : new Growing(Float64Array)
  }

  putNumber(row: number, value: number): void {
    this.#numbers.put(row, value)
  }

  putValue(row: number, value: Value): void {
    let code = this.#codeOf.get(value)
    if (code === undefined) {
      code = this.#values.push(value) - 1
      this.#codeOf.set(value, code)
    }
    this.#codes.put(row, code)
  }

  /** A number of single precision as the shortest decimal that stands for it. */
  number(row: number): number {
    const value = this.#numbers.at(row)
    return this.#isSingle ? shortestDouble(value) : value
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

/** Rows of a tensor, and where they belong in its columns. */
export interface TensorRows {
  readonly tensor: Tensor
  /** Row of the columns that the first row of the tensor is. */
  readonly start: number
  /** Rows of the tensor to put: all unless told. */
  readonly from?: number
  readonly to?: number
}

/** Puts rows of a tensor into its columns. */
export function putTensor(columns: readonly GrowingColumn[], rows: TensorRows): void {
  const width = columns.length
  if (width === 0) return
  const { tensor, start, from = 0, to = tensor.data.length / width } = rows
  const { datatype, data } = tensor
  const [{ kind }] = columns as [GrowingColumn]
  for (let place = 0; place < width; place++) {
    const column = columns[place]!
    for (let row = from; row < to; row++) {
      const value = data[row * width + place]!
      if (kind === 'string') column.putValue(start + row, value === '' ? null : (value as string))
      else if (kind === 'boolean') column.putValue(start + row, value === 1)
      else if (datatype === 'FP16') column.putNumber(start + row, halfToNumber(value as number))
      else column.putNumber(start + row, Number(value))
    }
  }
}

/** Puts missing values into rows of columns. */
export function putMissing(columns: readonly GrowingColumn[], from: number, to: number): void {
  for (const column of columns) {
    for (let row = from; row < to; row++) {
      if (column.kind === 'number' || column.kind === 'integer') column.putNumber(row, Number.NaN)
      else column.putValue(row, null)
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
  const magnitude = Math.floor(Math.log10(Math.abs(value)))
  for (let digits = 6; digits < 10; digits++) {
    const rounded = roundedTo(value, digits - 1 - magnitude)
    if (Math.fround(rounded) === value) return rounded
  }
  return value
}

/** Rounds to so many decimal places. */
function roundedTo(value: number, places: number): number {
  // Powers of ten up to here are exact, so that the quotient is the double nearest to the decimal.
  if (places >= 0 && places <= 22) return Math.round(value * 10 ** places) / 10 ** places
  return Number(
    value.toPrecision(Math.max(1, places + 1 + Math.floor(Math.log10(Math.abs(value))))),
  )
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
