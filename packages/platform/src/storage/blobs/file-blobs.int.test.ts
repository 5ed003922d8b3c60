import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openFileBlobs } from './file-blobs.ts'

it('clears what a crash left half written when it opens', async () => {
  const root = await mkdtemp(join(tmpdir(), 'kaizen-blobs-'))
  await mkdir(join(root, 'incoming'), { recursive: true })
  await writeFile(join(root, 'incoming', 'half'), 'x')
  await openFileBlobs(root)
  expect(await readdir(join(root, 'incoming'))).toEqual([])
  await rm(root, { recursive: true })
})
