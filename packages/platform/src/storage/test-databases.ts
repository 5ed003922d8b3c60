import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database, Dialect } from './database/database.ts'
import type { Migration, OnMigration } from './database/migrate.ts'
import { openPostgres } from './database/postgres-database.ts'
import { postgresAvailable, startPostgres } from './database/postgres-fixture.ts'
import { openSqlite } from './database/sqlite-database.ts'

/** A database for one test file, made new and taken away again. */
export interface TestDatabase extends AsyncDisposable {
  readonly database: Database
  /** Path of the SQLite file or URL of the PostgreSQL database, for another process to open. */
  readonly place: string
  /** Opens the same database a second time, as another process would, perhaps of another version. */
  reopen(migrations?: readonly Migration[], onMigration?: OnMigration): Promise<Database>
}

/** Each dialect with whether its server is here; conformance suites run once for each. */
export const testDialects: readonly { readonly dialect: Dialect; readonly available: boolean }[] = [
  { dialect: 'sqlite', available: true },
  { dialect: 'postgres', available: postgresAvailable() },
]

export async function testDatabase(
  dialect: Dialect,
  migrations: readonly Migration[],
): Promise<TestDatabase> {
  if (dialect === 'postgres') {
    const server = await startPostgres()
    const database = await openPostgres(server.url, migrations)
    return {
      database,
      place: server.url,
      reopen: (others = migrations, tell) => openPostgres(server.url, others, tell),
      async [Symbol.asyncDispose]() {
        await database.close()
        await server[Symbol.asyncDispose]()
      },
    }
  }
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-db-'))
  const path = join(folder, 'test.db')
  const database = await openSqlite(path, migrations)
  return {
    database,
    place: path,
    reopen: (others = migrations, tell) => openSqlite(path, others, tell),
    async [Symbol.asyncDispose]() {
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
