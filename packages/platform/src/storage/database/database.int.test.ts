import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabase, testDialects } from '../test-databases.ts'
import { type Database, tables } from './database.ts'
import type { Migration } from './migrate.ts'

interface Things {
  thing: { id: number; text: string | null; real: number | null; bytes: Uint8Array | null }
}

const migrations: readonly Migration[] = [
  {
    name: '0001-test-things',
    async up(db, types) {
      await db.schema
        .createTable('thing')
        .addColumn('id', types.integer, (column) => column.primaryKey())
        .addColumn('text', types.text)
        .addColumn('real', types.real)
        .addColumn('bytes', types.bytes)
        .execute()
    },
  },
]

describe.for(testDialects)('database on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)(
    `conformance${available ? '' : ' (skipped: no PostgreSQL server programs on this machine)'}`,
    () => {
      let opened: TestDatabase
      let database: Database

      beforeAll(async () => {
        opened = await testDatabase(dialect, migrations)
        database = opened.database
      })
      afterAll(() => opened[Symbol.asyncDispose]())

      const insert = (id: number, text: string | null = null): Promise<unknown> =>
        database.write((tx) =>
          tables<Things>(tx)
            .insertInto('thing')
            .values({ id, text, real: null, bytes: null })
            .execute(),
        )
      const ids = async (from: number, to: number): Promise<readonly number[]> => {
        const rows = await tables<Things>(database.reader)
          .selectFrom('thing')
          .select('id')
          .where('id', '>=', from)
          .where('id', '<', to)
          .orderBy('id')
          .execute()
        return rows.map((row) => row.id)
      }

      it('reads what was written, 64-bit integers and bytes included', async () => {
        const row = { id: 2 ** 52 + 1, text: 'ü', real: 0.1, bytes: Uint8Array.of(0, 255) }
        await database.write((tx) => tables<Things>(tx).insertInto('thing').values(row).execute())
        const [read] = await tables<Things>(database.reader)
          .selectFrom('thing')
          .selectAll()
          .where('id', '=', row.id)
          .execute()
        expect({ ...read, bytes: Uint8Array.from(read?.bytes ?? []) }).toEqual(row)
      })

      it('rolls one failed write back and keeps those that shared its transaction', async () => {
        const outcomes = await Promise.allSettled([
          insert(1),
          database.write(async (tx) => {
            await tables<Things>(tx)
              .insertInto('thing')
              .values({ id: 2, text: null, real: null, bytes: null })
              .execute()
            throw new Error('changed its mind')
          }),
          insert(1),
          insert(3),
        ])
        expect(outcomes.map((outcome) => outcome.status)).toEqual([
          'fulfilled',
          'rejected',
          'rejected',
          'fulfilled',
        ])
        expect(await ids(1, 10)).toEqual([1, 3])
      })

      it('keeps every one of many writes that arrive at once', async () => {
        await Promise.all(Array.from({ length: 2000 }, (_, i) => insert(1000 + i)))
        expect(await ids(1000, 3000)).toHaveLength(2000)
      })

      it('shows a writer its own changes and the reader none before the commit', async () => {
        const seen = await database.write(async (tx) => {
          await tables<Things>(tx)
            .insertInto('thing')
            .values({ id: 5000, text: null, real: null, bytes: null })
            .execute()
          const inside = await tables<Things>(tx)
            .selectFrom('thing')
            .select('id')
            .where('id', '=', 5000)
            .execute()
          return { inside: inside.length, outside: (await ids(5000, 5001)).length }
        })
        expect(seen).toEqual({ inside: 1, outside: 0 })
        expect(await ids(5000, 5001)).toEqual([5000])
      })

      it('does not let the reader write', async () => {
        if (dialect !== 'sqlite') return
        await expect(
          sql`insert into thing (id) values (7)`.execute(database.reader),
        ).rejects.toThrow(/readonly/)
      })
    },
  )

  describe.skipIf(!available)(
    `migrations${available ? '' : ' (skipped: no PostgreSQL server programs on this machine)'}`,
    () => {
      it('leaves nothing of a migration that fails', async () => {
        await using opened = await testDatabase(dialect, migrations)
        const broken: Migration = {
          name: '0002-test-broken',
          async up(db, types) {
            await db.schema.createTable('half').addColumn('id', types.integer).execute()
            throw new Error('no further')
          },
        }
        await expect(opened.reopen([...migrations, broken])).rejects.toThrow(/no further/)
        await expect(sql`select 1 from half`.execute(opened.database.reader)).rejects.toThrow(
          /half/,
        )
        await using again = await reopened(opened)
        expect(again.dialect).toBe(dialect)
      })

      it('refuses a database that a newer version wrote, and names what it does not know', async () => {
        await using opened = await testDatabase(dialect, migrations)
        await expect(opened.reopen([])).rejects.toMatchObject({
          code: 'DATABASE_TOO_NEW',
          message: expect.stringContaining('0001-test-things'),
        })
      })
    },
  )
})

async function reopened(opened: TestDatabase): Promise<Database & AsyncDisposable> {
  const database = await opened.reopen()
  return { ...database, [Symbol.asyncDispose]: () => database.close() }
}
