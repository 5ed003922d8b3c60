import {
  DuckDBDataChunk,
  DuckDBDoubleVector,
  DuckDBListVector,
  type DuckDBResult,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
  type DuckDBVector,
} from '@duckdb/node-api'
import type { Column } from '@kaizen/contracts'
import type { NumberColumnsOptions } from './lake.ts'
import type { Table, TableColumn } from './table.ts'

type ColumnType = Column['type']

/** DuckDB's types as Kaizen's; what has no counterpart is text. */
export function columnTypeOf(type: DuckDBType): ColumnType {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return 'boolean'
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
      return 'integer'
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
    case DuckDBTypeId.DECIMAL:
      return 'number'
    case DuckDBTypeId.DATE:
      return 'date'
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return 'timestamp'
    default:
      return 'string'
  }
}

/** Reads all rows of a result by columns. */
export async function readTable(result: DuckDBResult): Promise<Table> {
  return tableOf(result, await result.fetchAllChunks())
}

/** Chunks of a result as one table. */
export function tableOf(result: DuckDBResult, chunks: readonly DuckDBDataChunk[]): Table {
  const names = result.columnNames()
  const duckTypes = result.columnTypes()
  const rowCount = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0)
  const columns = names.map((name, index) => {
    const duckType = duckTypes[index] as DuckDBType
    const type = columnTypeOf(duckType)
    return readColumn({ name, type, index, rowCount, chunks })
  })
  return { rowCount, columns }
}

/** The lists of doubles in the only row of a result. */
export async function readNumberLists(
  result: DuckDBResult,
): Promise<readonly Float64Array<ArrayBuffer>[]> {
  const chunk = await result.fetchChunk()
  if (chunk?.rowCount !== 1) throw new TypeError('number lists come in one row')
  return result.columnNames().map((_, index) => {
    const list = chunk.getColumnVector(index)
    if (!(list instanceof DuckDBListVector)) throw new TypeError('a column is no list')
    const values = list.getItemVector(0)
    if (values === null) return new Float64Array(0)
    if (!(values instanceof DuckDBDoubleVector)) throw new TypeError('a list holds no doubles')
    return doublesOf(values)
  })
}

/**
 * The columns of a result of doubles, chunk by chunk as the engine makes them; null is NaN.
 */
export async function readNumberColumns(
  result: DuckDBResult,
  { mostRows, spare = [] }: NumberColumnsOptions,
): Promise<readonly Float64Array<ArrayBuffer>[]> {
  const columns = result.columnNames().map(() => {
    const reused = spare.findIndex(({ length }) => length === mostRows)
    return (reused < 0 ? undefined : spare.splice(reused, 1)[0]) ?? new Float64Array(mostRows)
  })
  let start = 0
  for (;;) {
    const chunk = await result.fetchChunk()
    if (!chunk || chunk.rowCount === 0) break
    columns.forEach((values, index) => {
      const part = values.subarray(start, start + chunk.rowCount)
      if (!fillNumbers([chunk], index, part)) throw new TypeError('a column holds no doubles')
    })
    start += chunk.rowCount
  }
  return start === mostRows ? columns : columns.map((values) => values.slice(0, start))
}

/** The vector's own memory, which a slice of a list does not share: value by value costs as much as reading the file. */
function doublesOf(vector: DuckDBDoubleVector): Float64Array<ArrayBuffer> {
  const items: unknown = Reflect.get(vector, 'items')
  return items instanceof Float64Array && items.buffer instanceof ArrayBuffer
    ? (items as Float64Array<ArrayBuffer>)
    : Float64Array.from(vector.toArray(), Number)
}

interface ColumnRead {
  readonly name: string
  readonly type: ColumnType
  readonly index: number
  readonly rowCount: number
  readonly chunks: readonly DuckDBDataChunk[]
}

function readColumn({ name, type, index, rowCount, chunks }: ColumnRead): TableColumn {
  switch (type) {
    case 'number':
    case 'integer':
    case 'timestamp': {
      const values = new Float64Array(rowCount)
      if (type !== 'timestamp' && fillNumbers(chunks, index, values)) return { name, type, values }
      const convert = type === 'timestamp' ? milliseconds : numberOf
      fill(chunks, index, (row, value) => {
        values[row] = value === null ? Number.NaN : convert(value)
      })
      return { name, type, values }
    }
    case 'boolean': {
      const values = new Array<boolean | null>(rowCount).fill(null)
      fill(chunks, index, (row, value) => {
        values[row] = value as boolean | null
      })
      return { name, type, values }
    }
    case 'string':
    case 'date': {
      const values = new Array<string | null>(rowCount).fill(null)
      fill(chunks, index, (row, value) => {
        values[row] = value === null ? null : String(value)
      })
      return { name, type, values }
    }
  }
}

/** What DuckDB's vectors of plain numbers hold: their elements and, per row, whether there is one. */
interface NumberVector {
  readonly items: unknown
  readonly validity: Validity
}

/** One bit a row, from `offset` on; no bits at all where every row holds a value. */
interface Validity {
  readonly data?: unknown
  readonly offset?: unknown
  itemValid(row: number): boolean
}

/** Makes missing values NaN. Bits are read by bytes: row by row the engine makes big integers of them. */
function blankMissing(validity: Validity, values: Float64Array): void {
  const { data, offset } = validity
  if (data === null) return
  if (data instanceof BigUint64Array && typeof offset === 'number') {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    for (let i = 0; i < values.length; i++) {
      const bit = offset + i
      if (((bytes[bit >> 3]! >> (bit & 7)) & 1) === 0) values[i] = Number.NaN
    }
    return
  }
  for (let i = 0; i < values.length; i++) if (!validity.itemValid(i)) values[i] = Number.NaN
}

/** Whether no row of a vector holds a value: seen from its bits, without asking for every row. */
function isAllMissing({ validity }: Pick<NumberVector, 'validity'>, rows: number): boolean {
  const { data, offset } = validity ?? {}
  if (!(data instanceof BigUint64Array) || offset !== 0) return false
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const whole = rows >> 3
  for (let i = 0; i < whole; i++) if (bytes[i] !== 0) return false
  return (rows & 7) === 0 || (bytes[whole]! & ((1 << (rows & 7)) - 1)) === 0
}

/** Copies plain numbers whole, which takes a small part of the time of one by one; false where the type is another. */
function fillNumbers(
  chunks: readonly DuckDBDataChunk[],
  column: number,
  values: Float64Array,
): boolean {
  let start = 0
  for (const chunk of chunks) {
    const { items, validity } = chunk.getColumnVector(column) as unknown as NumberVector
    if (!isPlainNumbers(items)) return false
    values.set(items, start)
    blankMissing(validity, values.subarray(start, start + chunk.rowCount))
    start += chunk.rowCount
  }
  return true
}

const isPlainNumbers = (items: unknown): items is Float64Array =>
  items instanceof Float64Array ||
  items instanceof Float32Array ||
  items instanceof Int32Array ||
  items instanceof Int16Array ||
  items instanceof Int8Array ||
  items instanceof Uint32Array ||
  items instanceof Uint16Array ||
  items instanceof Uint8Array

function fill(
  chunks: readonly DuckDBDataChunk[],
  column: number,
  set: (row: number, value: DuckDBValue) => void,
): void {
  let start = 0
  for (const chunk of chunks) {
    const vector = chunk.getColumnVector(column)
    if (isAllMissing(vector as unknown as NumberVector, chunk.rowCount)) {
      for (let i = 0; i < chunk.rowCount; i++) set(start + i, null)
      start += chunk.rowCount
      continue
    }
    for (let i = 0; i < chunk.rowCount; i++) set(start + i, vector.getItem(i) as DuckDBValue)
    start += chunk.rowCount
  }
}

function numberOf(value: DuckDBValue): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  return Number(String(value))
}

function milliseconds(value: DuckDBValue): number {
  if (typeof value !== 'object' || value === null) return Number.NaN
  const time = value as { micros?: bigint; millis?: bigint; seconds?: bigint; nanos?: bigint }
  if (time.micros !== undefined) return Number(time.micros / 1000n)
  if (time.millis !== undefined) return Number(time.millis)
  if (time.seconds !== undefined) return Number(time.seconds) * 1000
  if (time.nanos !== undefined) return Number(time.nanos / 1_000_000n)
  return Number.NaN
}

const sqlTypes: Readonly<Record<ColumnType, string>> = {
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  number: 'DOUBLE',
  string: 'VARCHAR',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
}
/** SQL type that keeps a column of a table; dates are appended as text and cast when they are written. */
export const sqlTypeOf = (type: ColumnType): string => sqlTypes[type]

const chunkRows = 2048

/** Rows of a table as data chunks of the given types. */
export function* chunksOf(table: Table, types: readonly DuckDBType[]): Generator<DuckDBDataChunk> {
  for (let from = 0; from < table.rowCount; from += chunkRows) {
    const to = Math.min(from + chunkRows, table.rowCount)
    const chunk = DuckDBDataChunk.create(types, to - from)
    table.columns.forEach((column, index) => {
      const vector = chunk.getColumnVector(index)
      if (column.type === 'number' && setDoubles(vector, column.values.subarray(from, to))) return
      for (let row = from; row < to; row++) {
        vector.setItem(row - from, duckValue(column.type, column.values[row]!))
      }
      vector.flush()
    })
    yield chunk
  }
}

/** Copies doubles whole into a vector; false where its elements are no doubles. */
function setDoubles(vector: DuckDBVector, values: Float64Array): boolean {
  const items: unknown = Reflect.get(vector, 'items')
  if (!(items instanceof Float64Array)) return false
  items.set(values)
  for (let row = 0; row < values.length; row++) {
    if (Number.isNaN(values[row])) vector.setItem(row, null)
  }
  vector.flush()
  return true
}

function duckValue(type: ColumnType, value: number | string | boolean | null): DuckDBValue {
  if (value === null || (typeof value === 'number' && Number.isNaN(value))) return null
  if (type === 'integer') return BigInt(Math.trunc(value as number))
  if (type === 'timestamp')
    return new DuckDBTimestampValue(BigInt(Math.trunc(value as number)) * 1000n)
  return value
}
