import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openDataDirectory } from './data-directory.ts'
import { openSqlite } from './database/sqlite-database.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-unusable-'))
  await writeFile(join(folder, 'file'), 'x'.repeat(100_000))
})
afterEach(() => rm(folder, { recursive: true }))

it.each(['file', 'file/below'])(
  'a data directory at %s is refused with a way out',
  async (path) => {
    await expect(openDataDirectory(join(folder, path))).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      hint: expect.stringContaining('--data-dir'),
    })
  },
)

it('a database file that is none is refused with a way out', async () => {
  await expect(openSqlite(join(folder, 'file'), [])).rejects.toMatchObject({
    code: 'INVALID_DATA',
    hint: expect.stringContaining('backup'),
  })
})
