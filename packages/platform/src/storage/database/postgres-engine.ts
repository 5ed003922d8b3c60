import { KaizenError } from '@kaizen/contracts/errors'
import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import { type ClientConfig, Pool, types } from 'pg'
import { diskIsFull } from '../disk-full.ts'
import type { Database, Reader } from './database.ts'
import { groupedDatabase } from './grouped-database.ts'
import { type Migration, migrate, type OnMigration } from './migrate.ts'
import { PostgresWriter } from './postgres-writer.ts'
import { runsPrepared } from './prepared.ts'

const int8 = 20
const numeric = 1700
const diskFull = '53100'

/** @see openPostgres */
export async function connectPostgres(
  url: string,
  migrations: readonly Migration[],
  onMigration?: OnMigration,
): Promise<Database> {
  const writing = new PostgresWriter(connectionConfig(url))
  const writer: Kysely<unknown> = new Kysely({
    dialect: new PostgresDialect({ pool: writing.pool }),
  })
  const reader: Reader = readingFrom(url)
  try {
    await migrate(writer, 'postgres', migrations, onMigration)
  } catch (failure) {
    await Promise.all([writer.destroy(), reader.destroy()])
    throw failure instanceof KaizenError ? failure : unreachable(failure)
  }
  runsPrepared(writer, preparedOn(writing))
  return groupedDatabase({
    dialect: 'postgres',
    writer,
    reader,
    begin: () => writing.begin(),
    commit: () => writing.commit(),
    rollback: () => writing.rollback(),
    execute: (...statements) => writing.execute(...statements),
    announce: (...statements) => writing.announce(...statements),
    explain,
    end: async () => void (await Promise.all([writer.destroy(), reader.destroy()])),
  })
}

const planIsStale = '0A000'

/**
 * Statements that are bound again and again are parsed and planned once for each connection, by their name. One whose
 * answer has other columns since a newer server migrated the database fails once and gets a new name.
 */
function preparedOn(writing: PostgresWriter): Parameters<typeof runsPrepared>[1] {
  const names = new Map<string, string>()
  let named = 0
  return {
    async query(text, parameters) {
      const name = names.get(text) ?? `kaizen_${named++}`
      names.set(text, name)
      try {
        return await writing.query({ name, text, values: [...parameters] })
      } catch (failure) {
        if ((failure as { code?: string }).code === planIsStale) names.delete(text)
        throw failure
      }
    },
  }
}

const connectionConfig = (url: string): ClientConfig => ({
  connectionString: url,
  connectionTimeoutMillis: 10_000,
  types: {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      oid === int8 || oid === numeric ? Number : types.getTypeParser(oid, format as 'text'),
  },
})

function readingFrom(url: string): Reader {
  const pool = new Pool({ ...connectionConfig(url), max: 8 })
  // An idle connection that the server closes is reported here; the next query opens another.
  pool.on('error', () => undefined)
  return new Kysely({
    dialect: new PostgresDialect({
      pool,
      // Compiling a statement to machine code takes longer than any of ours runs, and so does the start of processes that
      // share the work of one: what answers a page reads little.
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw('set jit = off'))
        await connection.executeQuery(CompiledQuery.raw('set max_parallel_workers_per_gather = 0'))
      },
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
