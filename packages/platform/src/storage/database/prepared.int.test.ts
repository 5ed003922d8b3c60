import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabase, testDialects } from '../test-databases.ts'
import { type Reader, tables } from './database.ts'
import type { Migration } from './migrate.ts'
import { PreparedInsert, PreparedQuery } from './prepared.ts'

interface Rows {
  number_row: { id: number; text: string | null; value: number }
}

const migrations: readonly Migration[] = [
  {
    name: '9000-test-rows',
    up: (db, types) =>
      db.schema
        .createTable('number_row')
        .addColumn('id', types.integer, (column) => column.primaryKey())
        .addColumn('text', types.text)
        .addColumn('value', types.real, (column) => column.notNull())
        .execute(),
  },
]

const insert = new PreparedInsert<Rows['number_row']>(['id', 'text', 'value'], (tx, rows) =>
  tables<Rows>(tx).insertInto('number_row').values(rows),
)
const above = new PreparedQuery<readonly [number, number], { id: number }>(
  (reader: Reader, id, value) =>
    tables<Rows>(reader)
      .selectFrom('number_row')
      .select('id')
      .where('id', '>', id)
      .where('value', '<', value)
      .orderBy('id'),
)

const everything = new PreparedQuery<readonly [number], object>((reader: Reader, id) =>
  tables<Rows>(reader).selectFrom('number_row').selectAll().where('id', '=', id),
)

describe.each(testDialects)('prepared statements on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('with its server', () => {
    let test: TestDatabase
    beforeAll(async () => {
      test = await testDatabase(dialect, migrations)
    })
    afterAll(() => test[Symbol.asyncDispose]())

    it('keep every row of any number of them, and bind anew each time', async () => {
      const { database } = test
      const rows = Array.from({ length: 234 }, (_, id) => ({
        id,
        text: id % 3 ? `row '${id}'` : null,
        value: id / 7,
      }))
      await database.write((tx) => insert.run(tx, dialect, []))
      await database.write((tx) => insert.run(tx, dialect, rows.slice(0, 123)))
      await database.write((tx) => insert.run(tx, dialect, rows.slice(123)))
      const kept = await tables<Rows>(database.reader)
        .selectFrom('number_row')
        .selectAll()
        .orderBy('id')
        .execute()
      expect(kept).toEqual(rows)
      const ids = async (id: number, value: number) =>
        (await above.run(database.reader, dialect, id, value)).map((row) => row.id)
      expect(await ids(230, 1000)).toEqual([231, 232, 233])
      expect(await ids(-1, 0.2)).toEqual([0, 1])
    })

    it('are prepared anew after a newer server has migrated what they read', async () => {
      const { database } = test
      const read = (): Promise<readonly object[]> =>
        database.write((tx) => everything.run(tx, dialect, 1))
      await database.write((tx) => insert.run(tx, dialect, [{ id: 1000, text: null, value: 1 }]))
      const [before] = await read()
      await database.write((tx) => sql`alter table number_row add column later text`.execute(tx))
      const [after] = await read().catch(read)
      expect(after).toEqual({ ...before, later: null })
    })
  })
})
