import { type FileHandle, open } from 'node:fs/promises'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type Dialect, SqliteAdapter, SqliteDialect, type SqliteStatement } from 'kysely'

const statementCacheSize = 500
/** Pages of the log at which a commit copies them into the database itself, should `SqliteLog` not have come to it. */
const latestCheckpoint = 40_000
/** A log that a long reader has made longer is cut to this when it begins anew. */
const keptLogBytes = 64 * 2 ** 20

/** Values as SQLite binds them: booleans are 0 or 1, absent is NULL; a Date has no one meaning and is refused. */
function bindable(value: unknown): SQLInputValue {
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint')
    return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(
    `a ${Object.prototype.toString.call(value)} cannot be stored; convert it first`,
  )
}

const isBindable = (value: unknown): boolean =>
  typeof value === 'number' || typeof value === 'string' || value === null

/** Mostly there is nothing to convert. */
const bound = (parameters: readonly unknown[]): readonly SQLInputValue[] =>
  parameters.every(isBindable) ? (parameters as readonly SQLInputValue[]) : parameters.map(bindable)

class CachedStatement implements SqliteStatement {
  readonly reader: boolean
  readonly #statement: StatementSync

  constructor(statement: StatementSync) {
    this.#statement = statement
    this.reader = statement.columns().length > 0
  }

  all(parameters: readonly unknown[]): unknown[] {
    return this.#statement.all(...bound(parameters))
  }

  run(parameters: readonly unknown[]): {
    changes: number | bigint
    lastInsertRowid: number | bigint
  } {
    return this.#statement.run(...bound(parameters))
  }

  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return this.#statement.iterate(...bound(parameters))
  }
}

/** Keeps the most recently used prepared statements: preparing costs about as much as a point read. */
class StatementCache {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, CachedStatement>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  prepare(sql: string): SqliteStatement {
    const known = this.#statements.get(sql)
    if (known) {
      // While there is room, none is the oldest yet.
      if (this.#statements.size > statementCacheSize / 2) {
        this.#statements.delete(sql)
        this.#statements.set(sql, known)
      }
      return known
    }
    const statement = new CachedStatement(this.#database.prepare(sql))
    this.#statements.set(sql, statement)
    if (this.#statements.size > statementCacheSize) {
      const oldest = this.#statements.keys().next().value
      if (oldest !== undefined) this.#statements.delete(oldest)
    }
    return statement
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }
}

/** SQLite runs DDL in transactions; saying so makes a failed migration leave nothing behind. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class NodeSqliteDialect extends SqliteDialect {
  override createAdapter(): TransactionalDdlAdapter {
    return new TransactionalDdlAdapter()
  }
}

/**
 * One `node:sqlite` connection with a write-ahead log, opened at its first use. Its commits are in the log when they are
 * done and on the disk after `sync`: what `synchronous = FULL` does within each commit, and keeps the thread for.
 */
export class SqliteConnection {
  readonly #path: string
  readonly #readOnly: boolean
  #statements: StatementCache | undefined
  #log: Promise<FileHandle> | undefined

  constructor(path: string, options: { readonly readOnly: boolean }) {
    this.#path = path
    this.#readOnly = options.readOnly
  }

  /** A Kysely dialect over it. */
  get dialect(): Dialect {
    return new NodeSqliteDialect({ database: async () => this.#open() })
  }

  /** Runs a statement that binds and answers nothing. */
  execute(statement: string): void {
    this.#open().prepare(statement).run([])
  }

  /** Runs a statement at once and answers its rows. */
  query(statement: string, parameters: readonly unknown[]): readonly unknown[] {
    const prepared = this.#open().prepare(statement)
    if (prepared.reader) return prepared.all(parameters)
    prepared.run(parameters)
    return []
  }

  /** Resolves when everything that is committed is on the disk. */
  async sync(): Promise<void> {
    this.#log ??= open(`${this.#path}-wal`, 'r+')
    await (await this.#log).datasync()
  }

  /** Gives back what `sync` uses. */
  async close(): Promise<void> {
    await (await this.#log)?.close()
  }

  #open(): StatementCache {
    this.#statements ??= this.#opened()
    return this.#statements
  }

  #opened(): StatementCache {
    const database = new DatabaseSync(this.#path, { readOnly: this.#readOnly, timeout: 10_000 })
    if (!this.#readOnly)
      database.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${latestCheckpoint}; PRAGMA journal_size_limit = ${keptLogBytes};`,
      )
    database.exec(
      'PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;',
    )
    return new StatementCache(database)
  }
}
