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

/** What is told of an upgrade while it goes on. */
export type MigrationEvent =
  | { readonly what: 'waiting' }
  | { readonly what: 'started'; readonly name: string; readonly at: number; readonly of: number }
  | {
      readonly what: 'ended'
      readonly name: string
      readonly at: number
      readonly of: number
      readonly tookMs: number
    }
export type OnMigration = (event: MigrationEvent) => void

/**
 * Brings a database to the newest schema. A new one is made whole or not at all; of one that holds rows each step is a
 * transaction of its own, so that whoever is ended in the middle goes on there. Of several that start on one PostgreSQL
 * one does the work, and the others wait for it.
 */
export async function migrate(
  db: Kysely<unknown>,
  dialect: Dialect,
  migrations: readonly Migration[],
  onMigration: OnMigration = () => undefined,
): Promise<void> {
  assertUniqueNames(migrations)
  await refuseUnknown(db, migrations)
  const migrator = migratorOf(db, dialect, migrations)
  const pending = async () =>
    (await migrator.getMigrations()).flatMap(({ name, executedAt }) => (executedAt ? [] : [name]))
  if ((await pending()).length === 0) return
  await alone(db, dialect, onMigration, async () => {
    await refuseUnknown(db, migrations)
    const names = await pending()
    if (names.length === migrations.length) {
      const { error } = await migrator.migrateToLatest()
      if (error !== undefined) throw error
      return
    }
    for (const [index, name] of names.toSorted().entries()) {
      const step = { name, at: index + 1, of: names.length }
      onMigration({ what: 'started', ...step })
      const started = performance.now()
      const { error } = await migrator.migrateUp()
      if (error !== undefined) throw error
      onMigration({ what: 'ended', ...step, tookMs: performance.now() - started })
    }
  })
}

const migratorOf = (
  db: Kysely<unknown>,
  dialect: Dialect,
  migrations: readonly Migration[],
): Migrator =>
  new Migrator({
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

/** Any number that nothing else locks by; the lock goes with the session of whoever holds it. */
const lockKey = 7_420_001

/** Nobody else has an SQLite file open: the lock of its data directory sees to that. */
async function alone(
  db: Kysely<unknown>,
  dialect: Dialect,
  onMigration: OnMigration,
  work: () => Promise<void>,
): Promise<void> {
  if (dialect === 'sqlite') return work()
  const taken = await sql<{ got: boolean }>`select pg_try_advisory_lock(${lockKey}) as got`.execute(
    db,
  )
  if (taken.rows[0]?.got !== true) {
    onMigration({ what: 'waiting' })
    await sql`select pg_advisory_lock(${lockKey})`.execute(db)
  }
  try {
    await work()
  } finally {
    await sql`select pg_advisory_unlock(${lockKey})`.execute(db)
  }
}

/** @throws DATABASE_TOO_NEW */
async function refuseUnknown(db: Kysely<unknown>, migrations: readonly Migration[]): Promise<void> {
  const unknown = await unknownMigrations(db, migrations)
  if (unknown.length === 0) return
  throw new KaizenError(
    'DATABASE_TOO_NEW',
    `the database holds migrations that this version of Kaizen does not know: ${unknown.join(', ')}`,
    { hint: 'Start the version of Kaizen that wrote it, or a newer one.' },
  )
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
