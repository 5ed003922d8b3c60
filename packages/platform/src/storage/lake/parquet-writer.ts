import { open, rename } from 'node:fs/promises'
import type {
  DuckDBAppender,
  DuckDBConnection,
  DuckDBInstance,
  DuckDBType,
  DuckDBValue,
} from '@duckdb/node-api'
import { identifier, literal } from './lake.ts'

type Api = typeof import('@duckdb/node-api')
/** What a cell may hold: plain values, and lists of them. Times are microseconds since 1970. */
export type ParquetCell = null | boolean | number | bigint | string | readonly ParquetScalar[]
export type ParquetScalar = null | boolean | number | bigint | string

export interface ParquetColumn {
  readonly name: string
  /** As SQL writes it, such as `FLOAT` or `FLOAT[]`. */
  readonly sqlType: string
}

/**
 * Gathers rows and writes them as Parquet files, in an engine of its own that ends with it: for threads that write one
 * thing. Columns are exact: 64-bit integers come as big integers.
 */
export class ParquetWriter implements Disposable {
  readonly #api: Api
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection
  readonly #appender: DuckDBAppender
  readonly #types: readonly DuckDBType[]

  private constructor(
    api: Api,
    opened: { instance: DuckDBInstance; connection: DuckDBConnection; appender: DuckDBAppender },
    types: readonly DuckDBType[],
  ) {
    this.#api = api
    this.#instance = opened.instance
    this.#connection = opened.connection
    this.#appender = opened.appender
    this.#types = types
  }

  /** `tempFolder` takes what is more than the memory. */
  static async open(
    columns: readonly ParquetColumn[],
    { tempFolder, memoryLimitMb }: { readonly tempFolder: string; readonly memoryLimitMb: number },
  ): Promise<ParquetWriter> {
    const api = await import('@duckdb/node-api')
    const instance = await api.DuckDBInstance.create(':memory:', {
      threads: '1',
      memory_limit: `${memoryLimitMb}MB`,
      temp_directory: tempFolder,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    })
    const connection = await instance.connect()
    const list = columns.map(({ name, sqlType }) => `${identifier(name)} ${sqlType}`).join(', ')
    await connection.run(`CREATE TABLE part (${list})`)
    const types = (await connection.stream('SELECT * FROM part LIMIT 0')).columnTypes()
    const appender = await connection.createAppender('part')
    return new ParquetWriter(api, { instance, connection, appender }, types)
  }

  /** Adds rows given by columns, in the order of the columns; at most 2,048 at a time. */
  append(columns: readonly (readonly ParquetCell[])[], rows: number): void {
    const chunk = this.#api.DuckDBDataChunk.create(this.#types, rows)
    columns.forEach((values, index) => {
      const type = this.#types[index]!
      const vector = chunk.getColumnVector(index)
      for (let row = 0; row < rows; row++) vector.setItem(row, this.#valueOf(type, values[row]!))
      vector.flush()
    })
    this.#appender.appendDataChunk(chunk)
  }

  /** Writes the rows that satisfy a condition, durably and in the order in which they came. */
  async write(path: string, where: string): Promise<{ readonly sizeBytes: number }> {
    this.#appender.flushSync()
    const aside = `${path}.${process.pid}.part`
    await this.#connection.run(
      `COPY (SELECT * FROM part WHERE ${where}) TO ${literal(aside)} (FORMAT parquet, COMPRESSION zstd)`,
    )
    const file = await open(aside, 'r+')
    try {
      await file.sync()
      const { size } = await file.stat()
      await rename(aside, path)
      return { sizeBytes: size }
    } finally {
      await file.close()
    }
  }

  [Symbol.dispose](): void {
    this.#appender.closeSync()
    this.#connection.closeSync()
    this.#instance.closeSync()
  }

  #valueOf(type: DuckDBType, cell: ParquetCell): DuckDBValue {
    if (cell === null) return null
    if (Array.isArray(cell)) return this.#api.listValue([...cell] as DuckDBValue[])
    if (type.typeId === this.#api.DuckDBTypeId.TIMESTAMP) {
      return new this.#api.DuckDBTimestampValue(cell as bigint)
    }
    return cell as DuckDBValue
  }
}
