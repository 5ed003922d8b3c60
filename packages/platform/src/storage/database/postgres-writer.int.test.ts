import { sql } from 'kysely'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabase } from '../test-databases.ts'
import { type Tx, tables } from './database.ts'
import type { Migration } from './migrate.ts'
import { postgresAvailable, postgresMissing } from './postgres-fixture.ts'

interface Things {
  thing: { id: number }
}

const migrations: readonly Migration[] = [
  {
    name: '0001-test-things',
    up: (db, types) =>
      db.schema
        .createTable('thing')
        .addColumn('id', types.integer, (column) => column.primaryKey())
        .execute(),
  },
]

describe.skipIf(!postgresAvailable())(
  `the connection that writes (skipped if ${postgresMissing})`,
  () => {
    let test: TestDatabase
    beforeAll(async () => {
      test = await testDatabase('postgres', migrations)
    })
    afterAll(() => test[Symbol.asyncDispose]())

    const insert = (tx: Tx, id: number): Promise<unknown> =>
      tables<Things>(tx).insertInto('thing').values({ id }).execute()
    const ids = async (): Promise<readonly number[]> =>
      (
        await tables<Things>(test.database.reader)
          .selectFrom('thing')
          .select('id')
          .orderBy('id')
          .execute()
      ).map(({ id }) => id)
    const backendOf = async (tx: Tx): Promise<number> => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
      return rows[0]?.pid ?? Number.NaN
    }
    async function terminate(pid: number): Promise<void> {
      const other = new Client({ connectionString: test.place })
      await other.connect()
      await other.query('select pg_terminate_backend($1, 5000)', [pid])
      await other.end()
    }

    it('fails the whole group when it is lost, and keeps nothing of it; the next group has another', async () => {
      const { database } = test
      const writes = [
        database.write((tx) => insert(tx, 1)),
        database.write(async (tx) => {
          await insert(tx, 2)
          await terminate(await backendOf(tx))
        }),
        database.write((tx) => insert(tx, 3)),
      ]
      const outcomes = await Promise.allSettled(writes)
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
      expect(await ids()).toEqual([])
      await database.write((tx) => insert(tx, 4))
      expect(await ids()).toEqual([4])
    })

    it('is made anew when it was lost between two groups, and nobody is told', async () => {
      const { database } = test
      await terminate(await database.write(backendOf))
      await new Promise((resolve) => setTimeout(resolve, 50))
      await database.write((tx) => insert(tx, 5))
      expect(await ids()).toContain(5)
    })

    it('does not tell a group as committed in which a failure was swallowed', async () => {
      const { database } = test
      const swallowing = database.write(async (tx) => {
        await insert(tx, 6)
        await insert(tx, 6).catch(() => undefined)
      })
      await expect(swallowing).rejects.toThrow(/could not be committed/)
      expect(await ids()).not.toContain(6)
    })
  },
)
