import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { testDatabase, testDialects } from '../test-databases.ts'
import { tables } from './database.ts'
import { fillOld, newSchema, type Old, oldSchema } from './killed-migration-fixture.ts'
import type { MigrationEvent } from './migrate.ts'
import { openPostgres } from './postgres-database.ts'
import { postgresAvailable, startPostgres } from './postgres-fixture.ts'

const program = fileURLToPath(new URL('killed-migration-fixture.ts', import.meta.url))

describe.for(testDialects)('a migration killed half-way on $dialect', ({ dialect, available }) => {
  it.skipIf(!available)(
    'leaves each step whole or not begun, and the next start goes on there',
    async () => {
      await using opened = await testDatabase(dialect, oldSchema)
      await fillOld(opened.database)

      const child = spawn(process.execPath, [program, dialect, opened.place], { stdio: 'inherit' })
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])

      const reader = opened.database.reader
      await expect(sql`select doubled from old`.execute(reader)).rejects.toThrow(/doubled/)
      expect((await sql`select id from beside`.execute(reader)).rows).toEqual([])

      const told: MigrationEvent[] = []
      const finished = await opened.reopen(
        newSchema(() => undefined),
        (event) => told.push(event),
      )
      expect(told).toEqual([
        { what: 'started', name: '0003-test-doubled', at: 1, of: 1 },
        { what: 'ended', name: '0003-test-doubled', at: 1, of: 1, tookMs: expect.any(Number) },
      ])
      try {
        const found = await tables<Old>(finished.reader)
          .selectFrom('old')
          .select(['id', 'doubled'])
          .orderBy('id')
          .execute()
        expect(found).toEqual(Array.from({ length: 2_000 }, (_, id) => ({ id, doubled: id * 2 })))
      } finally {
        await finished.close()
      }
    },
  )
})

describe.skipIf(!postgresAvailable())('servers that start at once on one PostgreSQL', () => {
  it('let one of them migrate; the others say that they wait, and find it done', async () => {
    await using opened = await testDatabase('postgres', oldSchema)
    await fillOld(opened.database)
    const told: MigrationEvent[][] = [[], [], []]
    let times = 0
    const slowly = newSchema(async () => {
      times++
      await sleep(300)
    })
    const databases = await Promise.all(
      told.map((events) => opened.reopen(slowly, (event) => events.push(event))),
    )
    await Promise.all(databases.map((database) => database.close()))
    expect(times).toBe(1)
    expect(told.map((events) => events.map(({ what }) => what).join()).toSorted()).toEqual([
      'started,ended,started,ended',
      'waiting',
      'waiting',
    ])
  })

  it('also on one that is empty', async () => {
    await using server = await startPostgres()
    const databases = await Promise.all(
      Array.from({ length: 3 }, () => openPostgres(server.url, oldSchema)),
    )
    for (const database of databases) {
      expect((await sql`select id from old`.execute(database.reader)).rows).toEqual([])
      await database.close()
    }
  })
})
