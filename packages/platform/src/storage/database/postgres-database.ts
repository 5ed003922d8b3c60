import type { Database } from './database.ts'
import type { Migration, OnMigration } from './migrate.ts'

/**
 * Opens (and creates or migrates) a PostgreSQL database: one connection that writes in groups, a pool that reads.
 * The engine is loaded here, by those alone who use it.
 * @throws UNAVAILABLE, DATABASE_TOO_NEW
 */
export async function openPostgres(
  url: string,
  migrations: readonly Migration[],
  onMigration?: OnMigration,
): Promise<Database> {
  const { connectPostgres } = await import('./postgres-engine.ts')
  return connectPostgres(url, migrations, onMigration)
}
