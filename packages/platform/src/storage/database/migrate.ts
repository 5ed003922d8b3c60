import { KaizenError } from '@kaizen/contracts/errors'
import { type ColumnDataType, type Kysely, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { Dialect } from './database.ts'

/** Column types by what they hold, for both dialects. */
export interface ColumnTypes {
  /** Text of any length; JSON is stored as text. */
  readonly text: ColumnDataType
  /** 64-bit integer: milliseconds, counts, sequence numbers. */
  readonly integer: ColumnDataType
  /** 64-bit floating point. */
  readonly real: ColumnDataType
  readonly bytes: ColumnDataType
}

const columnTypes: Readonly<Record<Dialect, ColumnTypes>> = {
  sqlite: { text: 'text', integer: 'integer', real: 'real', bytes: 'blob' },
  postgres: { text: 'text', integer: 'bigint', real: 'double precision', bytes: 'bytea' },
}

/**
 * One step of the schema, forward only. Names are `<4 digits>-<stage>-<what>`; each stage numbers within a hundred of
 * its own, so stages grow without waiting for each other.
 */
export interface Migration {
  readonly name: string
  up(db: Kysely<unknown>, types: ColumnTypes, dialect: Dialect): Promise<void>
}

/** Brings a database to the newest schema; guarded by a lock, each migration whole or not at all. */
export async function migrate(
  db: Kysely<unknown>,
  dialect: Dialect,
  migrations: readonly Migration[],
): Promise<void> {
  assertUniqueNames(migrations)
  const migrator = new Migrator({
    db,
    allowUnorderedMigrations: true,
    migrationTableName: 'schema_migration',
    migrationLockTableName: 'schema_migration_lock',
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          migrations.map((migration) => [
            migration.name,
            {
              up: (target: Kysely<unknown>) => migration.up(target, columnTypes[dialect], dialect),
            },
          ]),
        ),
    },
  })
  const { error } = await migrator.migrateToLatest()
  if (error === undefined) return
  const unknown = await unknownMigrations(db, migrations)
  if (unknown.length > 0) {
    throw new KaizenError(
      'DATABASE_TOO_NEW',
      `the database holds migrations that this version of Kaizen does not know: ${unknown.join(', ')}`,
      { hint: 'Start the version of Kaizen that wrote it, or a newer one.' },
    )
  }
  throw error
}

async function unknownMigrations(
  db: Kysely<unknown>,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const known = new Set(migrations.map((migration) => migration.name))
  const applied = await sql<{ name: string }>`select name from schema_migration`
    .execute(db)
    .then((result) => result.rows)
    .catch(() => [])
  return applied.map((row) => row.name).filter((name) => !known.has(name))
}

function assertUniqueNames(migrations: readonly Migration[]): void {
  const seen = new Set<string>()
  for (const { name } of migrations) {
    if (!/^\d{4}-[a-z]+-[a-z0-9-]+$/.test(name))
      throw new Error(`migration "${name}" is not named <4 digits>-<stage>-<what>`)
    if (seen.has(name.slice(0, 4)))
      throw new Error(`migration number ${name.slice(0, 4)} is used twice`)
    seen.add(name.slice(0, 4))
  }
}
