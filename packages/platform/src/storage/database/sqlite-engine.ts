import { KaizenError } from '@kaizen/contracts/errors'
import { Kysely, sql } from 'kysely'
import { diskIsFull } from '../disk-full.ts'
import type { Database, Reader } from './database.ts'
import { groupedDatabase } from './grouped-database.ts'
import { type Migration, migrate, type OnMigration } from './migrate.ts'
import { runsPrepared } from './prepared.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { SqliteLog } from './sqlite-log.ts'
import type { LogState } from './sqlite-log-thread.ts'

/** @see openSqlite */
export async function connectSqlite(
  path: string,
  migrations: readonly Migration[],
  onMigration?: OnMigration,
): Promise<Database> {
  const connection = new SqliteConnection(path, { readOnly: false })
  const writer: Kysely<unknown> = new Kysely({ dialect: connection.dialect })
  try {
    await migrate(writer, 'sqlite', migrations, onMigration)
  } catch (failure) {
    await writer.destroy()
    throw explainOpening(failure, path)
  }
  const reading = new SqliteConnection(path, { readOnly: true })
  const reader: Reader = new Kysely({ dialect: reading.dialect })
  runsPrepared(writer, connection)
  runsPrepared(reader, reading)
  const log = new SqliteLog(
    path,
    () => connection.query('PRAGMA wal_checkpoint(NOOP)', [])[0] as LogState,
  )
  const execute = (...statements: string[]): void => {
    for (const statement of statements) connection.execute(statement)
  }
  return groupedDatabase({
    dialect: 'sqlite',
    writer,
    reader,
    begin: () => execute('BEGIN IMMEDIATE'),
    commit: () => execute('COMMIT'),
    rollback: () => execute('ROLLBACK'),
    explain,
    execute,
    announce: execute,
    sync: () => connection.sync(),
    betweenGroups: () => log.betweenGroups(),
    async end() {
      await log.close()
      await reader.destroy()
      await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(writer).catch(() => undefined)
      await writer.destroy()
      await connection.close()
    },
  })
}

const sqliteCorrupt = 11
const sqliteFull = 13
const sqliteNotADatabase = 26

/** A damaged file is told apart from a defect: the way out is a backup. */
function explainOpening(failure: unknown, path: string): unknown {
  const code = (failure as { errcode?: number }).errcode
  if (code !== sqliteCorrupt && code !== sqliteNotADatabase) return failure
  return new KaizenError('INVALID_DATA', `${path} is no SQLite database, or a damaged one`, {
    hint: 'Put a backup of the data directory in its place, or start with another --data-dir.',
    cause: failure,
  })
}

function explain(failure: unknown): unknown {
  const { errcode, code } = failure as { readonly errcode?: number; readonly code?: string }
  return errcode === sqliteFull || code === 'ENOSPC' ? diskIsFull(failure) : failure
}
