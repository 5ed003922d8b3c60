import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { testDatabase, testDialects } from '../test-databases.ts'
import { tables } from './database.ts'
import { fillOld, newSchema, type Old, oldSchema } from './killed-migration-fixture.ts'

const program = fileURLToPath(new URL('killed-migration-fixture.ts', import.meta.url))

describe.for(testDialects)('a migration killed half-way on $dialect', ({ dialect, available }) => {
  it.skipIf(!available)('leaves the old schema whole, and the next start finishes it', async () => {
    await using opened = await testDatabase(dialect, oldSchema)
    await fillOld(opened.database)

    const child = spawn(process.execPath, [program, dialect, opened.place], { stdio: 'inherit' })
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])

    const reader = opened.database.reader
    await expect(sql`select doubled from old`.execute(reader)).rejects.toThrow(/doubled/)
    await expect(sql`select id from beside`.execute(reader)).rejects.toThrow(/beside/)

    const finished = await opened.reopen(newSchema(() => undefined))
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
  })
})
