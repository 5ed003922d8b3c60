import type { Database } from './database.ts'
import type { Migration, OnMigration } from './migrate.ts'

/**
 * Opens (and creates or migrates) an SQLite database file: one connection that writes in groups, one that reads.
 * The engine is loaded here: processes of steps read tables and need no database.
 * @throws INVALID_DATA for a damaged file, DATABASE_TOO_NEW
 */
export async function openSqlite(
  path: string,
  migrations: readonly Migration[],
  onMigration?: OnMigration,
): Promise<Database> {
  const { connectSqlite } = await import('./sqlite-engine.ts')
  return connectSqlite(path, migrations, onMigration)
}
