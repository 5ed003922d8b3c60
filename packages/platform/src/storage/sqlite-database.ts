import { KaizenError } from '@kaizen/contracts'
import { CompiledQuery, Kysely, sql } from 'kysely'
import type { Database, Reader, Tx } from './database.ts'
import { GroupCommit } from './group-commit.ts'
import { type Migration, migrate } from './migrate.ts'
import { nodeSqliteDialect } from './sqlite-connection.ts'

/**
 * Opens (and creates or migrates) an SQLite database file: one connection that writes in groups, one that reads.
 * @throws INVALID_DATA for a damaged file, DATABASE_TOO_NEW
 */
export async function openSqlite(
  path: string,
  migrations: readonly Migration[],
): Promise<Database> {
  const writer: Kysely<unknown> = new Kysely({
    dialect: nodeSqliteDialect(path, { readOnly: false }),
  })
  try {
    await migrate(writer, 'sqlite', migrations)
  } catch (failure) {
    await writer.destroy()
    throw explainOpening(failure, path)
  }
  const reader: Reader = new Kysely({ dialect: nodeSqliteDialect(path, { readOnly: true }) })
  const run = (statement: string): (() => Promise<void>) => {
    const compiled = CompiledQuery.raw(statement)
    return async (): Promise<void> => void (await writer.executeQuery(compiled))
  }
  const undo = run('ROLLBACK TO member')
  const release = run('RELEASE member')
  const group = new GroupCommit({
    begin: run('BEGIN IMMEDIATE'),
    savepoint: run('SAVEPOINT member'),
    release,
    rollbackToSavepoint: async () => {
      await undo()
      await release()
    },
    commit: run('COMMIT'),
    rollback: run('ROLLBACK'),
  })
  return {
    dialect: 'sqlite',
    reader,
    join: (participant) =>
      group.join({
        begin: () => participant.begin(),
        flush: () => participant.flush(writer as Tx),
        end: () => participant.end(),
      }),
    write: (work) => group.submit(() => work(writer as Tx)).catch(explain),
    async close() {
      await group.close()
      await reader.destroy()
      await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(writer).catch(() => undefined)
      await writer.destroy()
    },
  }
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

/** A full disk is the operator's to mend, so it is told apart from a defect. */
function explain(failure: unknown): never {
  if (failure instanceof Error && (failure as { errcode?: number }).errcode === sqliteFull) {
    throw new KaizenError(
      'STORAGE_FULL',
      'the disk that holds the database is full; nothing was written',
      {
        hint: 'Free some space and send the request again.',
        cause: failure,
      },
    )
  }
  throw failure
}
