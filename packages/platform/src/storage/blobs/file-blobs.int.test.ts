import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
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

it('keeps large content whole, and gives the memory of its chunks back where told', async () => {
  const root = await mkdtemp(join(tmpdir(), 'kaizen-blobs-'))
  const blobs = await openFileBlobs(root)
  const chunks = Array.from({ length: 140 }, (_, index) => Buffer.alloc(500_000 + index, index))
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  const digest = hash.digest('hex')
  const { sizeBytes } = await blobs.put(Readable.from(chunks), { expectDigest: digest })
  expect(chunks.at(-1)).toHaveLength(500_139)
  expect(await blobs.put(Readable.from(chunks), { consume: true })).toEqual({ digest, sizeBytes })
  expect(chunks.every(({ length }) => length === 0)).toBe(true)
  const read = createHash('sha256')
  for await (const part of await blobs.read(digest)) read.update(part as Uint8Array)
  expect(read.digest('hex')).toBe(digest)
  await rm(root, { recursive: true })
})

it('leaves nothing of large content that breaks off, is too long or damaged', async () => {
  const root = await mkdtemp(join(tmpdir(), 'kaizen-blobs-'))
  const blobs = await openFileBlobs(root)
  const incoming = join(root, 'incoming')
  const mebibytes = async function* (count: number, atEnd = (): void => undefined) {
    for (let at = 0; at < count; at++) yield Buffer.alloc(2 ** 20, at)
    atEnd()
  }
  const put = (content: AsyncIterable<Buffer>, options = {}): Promise<unknown> =>
    blobs.put(Readable.from(content), { consume: true, ...options })
  const broken = mebibytes(40, () => {
    throw new Error('the caller hung up')
  })
  await expect(put(broken)).rejects.toThrow('hung up')
  await expect(put(mebibytes(40), { maxBytes: 30 * 2 ** 20 })).rejects.toThrow(/larger than/)
  await expect(put(mebibytes(40), { expectDigest: '0'.repeat(64) })).rejects.toThrow(/not 0000/)
  expect(await readdir(incoming)).toEqual([])
  expect(await Array.fromAsync(blobs.retirement.stored())).toEqual([])
  await rm(root, { recursive: true })
})
