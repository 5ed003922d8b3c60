import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, tables } from './database.ts'
import type { Migration } from './migrate.ts'
import { openSqlite } from './sqlite-database.ts'

interface Contents {
  content: { id: number; bytes: Uint8Array }
}

const migrations: readonly Migration[] = [
  {
    name: '0001-test-contents',
    async up(db, types) {
      await db.schema
        .createTable('content')
        .addColumn('id', types.integer, (column) => column.primaryKey())
        .addColumn('bytes', types.bytes)
        .execute()
    },
  },
]

const mebibyte = 2 ** 20
/** What comes while the log is copied adds to it: how much depends on the disk, here less than half of all that is written. */
const mostBytes = 100 * mebibyte

describe('the write-ahead log of SQLite', () => {
  let folder: string
  let path: string
  let database: Database
  let written = 0

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-log-'))
    path = join(folder, 'test.db')
    database = await openSqlite(path, migrations)
  })
  afterAll(async () => {
    await database.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** Writes so many megabytes, each in a transaction of its own. */
  const write = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const row = { id: written++, bytes: new Uint8Array(mebibyte).fill(i) }
      await database.write((tx) => tables<Contents>(tx).insertInto('content').values(row).execute())
    }
  }
  const logBytes = async (): Promise<number> => (await stat(`${path}-wal`)).size

  it('stays short however much is written, while nothing keeps it', async () => {
    await write(200)
    expect(await logBytes()).toBeLessThan(mostBytes)
    const rows = await tables<Contents>(database.reader)
      .selectFrom('content')
      .select(['id', 'bytes'])
      .where('id', 'in', [0, 50, 99])
      .orderBy('id')
      .execute()
    expect(rows.map(({ id, bytes }) => [id, bytes[0], bytes.length])).toEqual([
      [0, 0, mebibyte],
      [50, 50, mebibyte],
      [99, 99, mebibyte],
    ])
  })

  it('begins anew after a reader that kept it has gone', async () => {
    const reader = new DatabaseSync(path, { readOnly: true })
    reader.exec('begin; select count(*) from content')
    await write(60)
    expect(await logBytes()).toBeGreaterThan(50 * mebibyte)
    reader.exec('commit')
    reader.close()
    const before = await logBytes()
    await write(200)
    expect(await logBytes()).toBeLessThan(before + mostBytes)
  })

  it('is no longer there when the database is closed, and nothing is lost', async () => {
    const count = written
    await database.close()
    expect(await logBytes().catch(() => 0)).toBe(0)
    database = await openSqlite(path, migrations)
    const rows = await tables<Contents>(database.reader)
      .selectFrom('content')
      .select('id')
      .execute()
    expect(rows).toHaveLength(count)
  })
})
