import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { KaizenError } from '@kaizen/contracts'
import type { Message } from './endpoint.ts'

export type SqlValue = string | number | null

/** A database that is only read. */
export interface DatabaseReader extends AsyncDisposable {
  /** Rows of a query; values stand for `?`. */
  all(sql: string, values?: readonly SqlValue[]): Promise<readonly Message[]>
  /** Names of the columns of a table; none where there is no such table. */
  columns(table: string): Promise<ReadonlySet<string>>
}

/** Whether an address names a database, and not a server. */
export const isDatabase = (address: string): boolean =>
  /^(sqlite|postgres(ql)?(\+\w+)?):/.test(address)

/** `flag` names the address in what is said of it. @throws INVALID_CONFIG, UNAVAILABLE */
export function openDatabaseReader(address: string, flag = '--from'): Promise<DatabaseReader> {
  if (!isDatabase(address)) {
    throw new KaizenError('INVALID_CONFIG', `${flag} is not the address of a database`, {
      hint: 'Write for example sqlite:///mlflow.db, or postgresql://USER:PASSWORD@HOST/DATABASE.',
    })
  }
  return address.startsWith('sqlite:')
    ? openSqliteFile(address, flag)
    : openPostgresAddress(address, flag)
}

/** `sqlite:///relative.db`, `sqlite:////absolute.db`, as SQLAlchemy writes them. */
export const sqliteFileOf = (address: string): string => address.replace(/^sqlite:(\/\/\/)?/, '')
/** SQLAlchemy names its driver in the scheme. */
export const withoutDriver = (address: string): string =>
  address.replace(/^postgres(ql)?(\+\w+)?:/, 'postgresql:')

async function openSqliteFile(address: string, flag: string): Promise<DatabaseReader> {
  const path = sqliteFileOf(address)
  if (!existsSync(path)) {
    throw new KaizenError('INVALID_CONFIG', `${flag}: there is no file ${path}`, {
      hint: 'Write for example sqlite:///mlflow.db, or sqlite:////srv/mlflow.db.',
    })
  }
  let database: DatabaseSync
  try {
    database = new DatabaseSync(path, { readOnly: true })
    database.prepare('SELECT 1 FROM sqlite_master').all()
  } catch (cause) {
    throw new KaizenError('INVALID_CONFIG', `${flag}: ${path} is no database of SQLite`, { cause })
  }
  return {
    all: async (sql, values = []) => database.prepare(sql).all(...values) as unknown as Message[],
    async columns(table) {
      const rows = database.prepare('SELECT name FROM pragma_table_info(?)').all(table)
      return new Set(rows.map(({ name }) => String(name)))
    },
    async [Symbol.asyncDispose]() {
      database.close()
    },
  }
}

async function openPostgresAddress(address: string, flag: string): Promise<DatabaseReader> {
  const { default: pg } = await import('pg')
  const connectionString = withoutDriver(address)
  const types = { getTypeParser: parserOf }
  const client = new pg.Client({ connectionString, types } as never)
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY')
  } catch (cause) {
    throw new KaizenError('UNAVAILABLE', 'the database cannot be reached', {
      hint: `Check ${flag}: postgresql://USER:PASSWORD@HOST/DATABASE.`,
      cause,
    })
  }
  return {
    async all(sql, values = []) {
      let at = 0
      const { rows } = await client.query(
        sql.replaceAll('?', () => `$${++at}`),
        [...values],
      )
      return rows as Message[]
    },
    async columns(table) {
      const { rows } = await client.query(
        'SELECT column_name FROM information_schema.columns WHERE table_name = $1',
        [table],
      )
      return new Set(rows.map(({ column_name }) => String(column_name)))
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}

const int8 = 20
const json = 114
/** Times are int8; JSON columns stay the text that the other database gives too. */
function parserOf(type: number): (value: string) => unknown {
  if (type === int8 || type === 23 || type === 21 || type === 700 || type === 701) return Number
  if (type === 16) return (value) => (value === 't' ? 1 : 0)
  return type === json ? String : (value) => value
}
