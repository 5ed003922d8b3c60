import { sql } from 'kysely'
import { type Database, tables } from './database.ts'
import type { Migration } from './migrate.ts'
import { openPostgres } from './postgres-database.ts'
import { openSqlite } from './sqlite-database.ts'

export interface Old {
  old: { id: number; doubled: number }
}

const rows = 2_000

export const oldSchema: readonly Migration[] = [
  {
    name: '0001-test-old',
    async up(db, types) {
      await db.schema
        .createTable('old')
        .addColumn('id', types.integer, (column) => column.primaryKey())
        .execute()
    },
  },
]

export async function fillOld(database: Database): Promise<void> {
  const values = Array.from({ length: rows }, (_, id) => ({ id }))
  await database.write((tx) =>
    tables<{ old: { id: number } }>(tx).insertInto('old').values(values).execute(),
  )
}

/** The old schema and two steps beyond it; `between` is called when half of the rows are rewritten. */
export function newSchema(between: () => void | Promise<void>): readonly Migration[] {
  return [
    ...oldSchema,
    {
      name: '0002-test-beside',
      async up(db, types) {
        await db.schema.createTable('beside').addColumn('id', types.integer).execute()
      },
    },
    {
      name: '0003-test-doubled',
      async up(db, types) {
        await db.schema.alterTable('old').addColumn('doubled', types.integer).execute()
        await sql`update old set doubled = id * 2 where id < ${rows / 2}`.execute(db)
        await between()
        await sql`update old set doubled = id * 2 where doubled is null`.execute(db)
      },
    },
  ]
}

/** Run as a program on a database of the old schema, it dies as by `kill -9` in the middle of the migration. */
if (import.meta.main) {
  const [dialect, place = ''] = process.argv.slice(2)
  const open = dialect === 'postgres' ? openPostgres : openSqlite
  await open(
    place,
    newSchema(async () => {
      process.kill(process.pid, 'SIGKILL')
      await new Promise(() => setInterval(() => undefined, 1_000))
    }),
  )
}
