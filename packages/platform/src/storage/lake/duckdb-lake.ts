import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api'
import { explainDuckdb } from './duckdb-errors.ts'
import { type FileFormat, identifier, type Lake, type LakeValue, literal } from './lake.ts'
import type { Table, TableColumn } from './table.ts'

export interface DuckdbLakeOptions {
  /** The only folders that queries may read or write. */
  readonly folders: readonly string[]
  /** For sorting what does not fit into memory; must be one of `folders` or inside one. */
  readonly tempFolder: string
  readonly threads?: number
  readonly memoryLimitMb?: number
}

type Api = typeof import('@duckdb/node-api')
type Shapes = typeof import('./duckdb-table.ts')
interface Engine {
  readonly api: Api
  readonly shapes: Shapes
  readonly instance: DuckDBInstance
}

/**
 * DuckDB in this process, over Parquet and CSV files. It is loaded at the first query, may touch nothing outside its
 * folders, and fetches no extensions.
 */
export function openDuckdbLake(options: DuckdbLakeOptions): Lake {
  let engine: Promise<Engine> | undefined
  const connected = async <T>(
    work: (connection: DuckDBConnection, engine: Engine) => Promise<T>,
  ): Promise<T> => {
    engine ??= start(options)
    const ready = await engine
    const connection = await ready.instance.connect()
    try {
      return await work(connection, ready)
    } catch (failure) {
      throw explainDuckdb(failure)
    } finally {
      connection.closeSync()
    }
  }
  return {
    query: (sql, values = []) =>
      connected(async (connection, { shapes }) =>
        shapes.readTable(await connection.stream(sql, [...values])),
      ),
    numberLists: (sql) =>
      connected(async (connection, { shapes }) =>
        shapes.readNumberLists(await connection.stream(sql)),
      ),
    numberColumns: (sql, options) =>
      connected(async (connection, { shapes }) =>
        shapes.readNumberColumns(await connection.stream(sql), options),
      ),
    async *scan(sql, { leastRows = 1 } = {}) {
      engine ??= start(options)
      const { instance, shapes } = await engine
      const connection = await instance.connect()
      try {
        const result = await connection.stream(sql)
        let chunks: DuckDBDataChunk[] = []
        let rows = 0
        for (;;) {
          const chunk = await result.fetchChunk()
          const isLast = !chunk || chunk.rowCount === 0
          if (!isLast) chunks.push(chunk)
          rows += chunk?.rowCount ?? 0
          if (rows >= (isLast ? 1 : leastRows)) {
            yield shapes.tableOf(result, chunks)
            chunks = []
            rows = 0
          }
          if (isLast) return
        }
      } catch (failure) {
        throw explainDuckdb(failure)
      } finally {
        connection.closeSync()
      }
    },
    describe: (sql) =>
      connected(async (connection, { shapes }) => {
        const result = await connection.stream(`SELECT * FROM (${sql}) LIMIT 0`)
        const names = result.columnNames()
        return result.columnTypes().map((type, index) => ({
          name: names[index] ?? '',
          type: shapes.columnTypeOf(type),
          nullable: true,
        }))
      }),
    copyToParquet: (sql, path, values = []) =>
      connected((connection) => writeAside(path, (aside) => copy(connection, sql, aside, values))),
    copyToFile: (sql, path, format) =>
      connected((connection) =>
        writeAside(path, (aside) => copy(connection, sql, aside, [], format)),
      ),
    writeTable: (table, path) =>
      connected(async (connection, ready) => {
        await writeAside(path, (aside) => copyTable(connection, ready, table, aside))
      }),
    async close() {
      if (engine) (await engine).instance.closeSync()
    },
  }
}

async function start(options: DuckdbLakeOptions): Promise<Engine> {
  const [api, shapes] = await Promise.all([import('@duckdb/node-api'), import('./duckdb-table.ts')])
  const instance = await api.DuckDBInstance.create(':memory:', {
    threads: String(options.threads ?? 2),
    memory_limit: `${options.memoryLimitMb ?? 1024}MB`,
    temp_directory: options.tempFolder,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  const folders = options.folders.map((folder) =>
    literal(folder.endsWith('/') ? folder : `${folder}/`),
  )
  await connection.run(`SET allowed_directories = [${folders.join(', ')}]`)
  await connection.run('SET enable_external_access = false')
  await connection.run("SET TimeZone = 'UTC'")
  await connection.run('SET lock_configuration = true')
  connection.closeSync()
  return { api, shapes, instance }
}

/** Writes to a name of its own, makes it durable and renames, so that a crash leaves no half file under `path`. */
async function writeAside<T>(path: string, write: (aside: string) => Promise<T>): Promise<T> {
  const aside = `${path}.${randomUUID()}.part`
  try {
    const answer = await write(aside)
    const file = await open(aside, 'r+')
    await file.sync()
    await file.close()
    await rename(aside, path)
    return answer
  } catch (failure) {
    await rm(aside, { force: true })
    throw failure
  }
}

const copyOptions: Readonly<Record<FileFormat, string>> = {
  csv: 'FORMAT csv, HEADER true',
  jsonl: 'FORMAT json',
  parquet: 'FORMAT parquet, COMPRESSION zstd',
}

async function copy(
  connection: DuckDBConnection,
  sql: string,
  path: string,
  values: readonly LakeValue[],
  format: FileFormat = 'parquet',
): Promise<{ readonly rowCount: number }> {
  const result = await connection.run(
    `COPY (${sql}) TO ${literal(path)} (${copyOptions[format]})`,
    [...values],
  )
  return { rowCount: result.rowsChanged }
}

async function copyTable(
  connection: DuckDBConnection,
  { shapes }: Engine,
  table: Table,
  path: string,
): Promise<void> {
  const name = `table_${randomUUID().replaceAll('-', '')}`
  // A column without a value is none to copy row by row; one always is, since a table counts its rows by one.
  const filled = table.columns.filter((column, index) => index === 0 || holdsValues(column))
  const columns = filled.map(
    // Dates travel as text and are cast on the way out.
    (column) =>
      `${identifier(column.name)} ${shapes.sqlTypeOf(column.type === 'date' ? 'string' : column.type)}`,
  )
  await connection.run(`CREATE TEMP TABLE ${name} (${columns.join(', ')})`)
  const types = (await connection.stream(`SELECT * FROM ${name} LIMIT 0`)).columnTypes()
  const appender = await connection.createAppender(name, null, 'temp')
  const rows = { rowCount: table.rowCount, columns: filled }
  for (const chunk of shapes.chunksOf(rows, types)) appender.appendDataChunk(chunk)
  appender.closeSync()
  const selected = table.columns.map((column) => {
    const own = identifier(column.name)
    if (!filled.includes(column)) return `CAST(NULL AS ${shapes.sqlTypeOf(column.type)}) AS ${own}`
    return column.type === 'date' ? `CAST(${own} AS DATE) AS ${own}` : own
  })
  await copy(connection, `SELECT ${selected.join(', ')} FROM ${name}`, path, [])
  await connection.run(`DROP TABLE ${name}`)
}

function holdsValues({ values }: TableColumn): boolean {
  for (let row = 0; row < values.length; row++) {
    const value = values[row]
    if (value !== null && !Number.isNaN(value)) return true
  }
  return false
}
