import { KaizenError } from '@kaizen/contracts'
import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import { Pool, types } from 'pg'
import type { Database, Reader, Tx } from './database.ts'
import { GroupCommit } from './group-commit.ts'
import { type Migration, migrate } from './migrate.ts'

const int8 = 20
const numeric = 1700
const diskFull = '53100'

/** Opens (and creates or migrates) a PostgreSQL database: one connection that writes in groups, a pool that reads. */
export async function openPostgres(
  url: string,
  migrations: readonly Migration[],
): Promise<Database> {
  const writer: Kysely<unknown> = kyselyOn(url, 1)
  const reader: Reader = kyselyOn(url, 8)
  try {
    await migrate(writer, 'postgres', migrations)
  } catch (failure) {
    await Promise.all([writer.destroy(), reader.destroy()])
    throw failure instanceof KaizenError ? failure : unreachable(failure)
  }
  const run = (statement: string): (() => Promise<void>) => {
    const compiled = CompiledQuery.raw(statement)
    return async (): Promise<void> => void (await writer.executeQuery(compiled))
  }
  const undo = run('ROLLBACK TO SAVEPOINT member')
  const release = run('RELEASE SAVEPOINT member')
  const group = new GroupCommit({
    begin: run('BEGIN'),
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
    dialect: 'postgres',
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
      await Promise.all([writer.destroy(), reader.destroy()])
    },
  }
}

function kyselyOn(url: string, connections: number): Kysely<unknown> {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 10_000,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === int8 || oid === numeric ? Number : types.getTypeParser(oid, format as 'text'),
    },
  })
  // An idle connection that the server closes is reported here; the next query opens another.
  pool.on('error', () => undefined)
  return new Kysely({ dialect: new PostgresDialect({ pool }) })
}

function unreachable(cause: unknown): KaizenError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new KaizenError('UNAVAILABLE', `the PostgreSQL database cannot be opened: ${reason}`, {
    hint: 'Check --database-url: host, port, database name, user and password.',
    cause,
  })
}

function explain(failure: unknown): never {
  if (failure instanceof Error && (failure as { code?: string }).code === diskFull) {
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
