import { KaizenError } from '@kaizen/contracts/errors'
import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import { Pool, types } from 'pg'
import { diskIsFull } from '../disk-full.ts'
import type { Database, Reader } from './database.ts'
import { groupedDatabase } from './grouped-database.ts'
import { type Migration, migrate, type OnMigration } from './migrate.ts'

const int8 = 20
const numeric = 1700
const diskFull = '53100'

/** @see openPostgres */
export async function connectPostgres(
  url: string,
  migrations: readonly Migration[],
  onMigration?: OnMigration,
): Promise<Database> {
  const writer: Kysely<unknown> = kyselyOn(url, 1)
  const reader: Reader = kyselyOn(url, 8)
  try {
    await migrate(writer, 'postgres', migrations, onMigration)
  } catch (failure) {
    await Promise.all([writer.destroy(), reader.destroy()])
    throw failure instanceof KaizenError ? failure : unreachable(failure)
  }
  return groupedDatabase({
    dialect: 'postgres',
    writer,
    reader,
    begin: 'BEGIN',
    explain,
    end: async () => void (await Promise.all([writer.destroy(), reader.destroy()])),
  })
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
  return new Kysely({
    dialect: new PostgresDialect({
      pool,
      // Compiling a statement to machine code takes longer than any of ours runs.
      onCreateConnection: async (connection) =>
        void (await connection.executeQuery(CompiledQuery.raw('set jit = off'))),
    }),
  })
}

function unreachable(cause: unknown): KaizenError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new KaizenError('UNAVAILABLE', `the PostgreSQL database cannot be opened: ${reason}`, {
    hint: 'Check --database-url: host, port, database name, user and password.',
    cause,
  })
}

function explain(failure: unknown): unknown {
  return (failure as { code?: string }).code === diskFull ? diskIsFull(failure) : failure
}
