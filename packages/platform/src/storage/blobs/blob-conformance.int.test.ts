import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openS3Blobs } from '../s3/s3-blobs.ts'
import { s3Available, s3Missing, startS3 } from '../s3/s3-fixture.ts'
import type { BlobStore, StoredBlob } from './blobs.ts'
import { openFileBlobs } from './file-blobs.ts'

const adapters = [
  { name: 'file system', available: true, open: openFileBlobs },
  {
    name: s3Available() ? 'S3' : `S3: ${s3Missing}`,
    available: s3Available(),
    open: async (folder: string) => openS3Blobs((await startS3()).settings, folder),
  },
]

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const all = async (blobs: AsyncIterable<StoredBlob>): Promise<readonly StoredBlob[]> =>
  Array.fromAsync(blobs)
/** Larger than one part of an upload in parts, and not a multiple of it. */
const large = randomBytes(20 * 1024 * 1024 + 7)

for (const { name, available, open } of adapters) {
  describe.skipIf(!available)(`blobs: ${name}`, () => {
    let folder: string
    let blobs: BlobStore

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kaizen-blobs-'))
      blobs = await open(folder)
    })
    afterEach(() => rm(folder, { recursive: true }))

    it('names content by its SHA-256 and keeps it once, as bytes or as a stream', async () => {
      const first = await blobs.put(Buffer.from('hello'))
      const second = await blobs.put(Readable.from([Buffer.from('he'), Buffer.from('llo')]))
      expect(first).toEqual({ digest: digestOf(Buffer.from('hello')), sizeBytes: 5 })
      expect(second).toEqual(first)
      expect(await all(blobs.retirement.stored())).toMatchObject([first])
    })

    it('keeps nothing as content too', async () => {
      const { digest } = await blobs.put(Readable.from([]))
      expect(digest).toBe(digestOf(Buffer.alloc(0)))
      expect(await text(await blobs.read(digest))).toBe('')
    })

    it('keeps what is larger than one part, whole and by ranges', async () => {
      const { digest, sizeBytes } = await blobs.put(
        Readable.from([large.subarray(0, 9), large.subarray(9)]),
      )
      expect({ digest, sizeBytes }).toEqual({ digest: digestOf(large), sizeBytes: large.length })
      expect(digestOf(await buffer(await blobs.read(digest)))).toBe(digest)
      const range = { from: 8 * 1024 * 1024 - 3, to: 8 * 1024 * 1024 + 4 }
      const part = await buffer(await blobs.read(digest, range))
      expect(part.equals(large.subarray(range.from, range.to))).toBe(true)
      const tail = await buffer(
        await blobs.read(digest, { from: large.length - 2, to: large.length + 9 }),
      )
      expect(tail.equals(large.subarray(-2))).toBe(true)
      expect(await text(await blobs.read(digest, { from: 2, to: 2 }))).toBe('')
      expect(digestOf(await readFile(await blobs.localPath(digest)))).toBe(digest)
      expect((await blobs.bytes(digest)).length).toBe(large.length)
    })

    it.each([
      ['is too large', { maxBytes: 4 }, 'TOO_LARGE'],
      ['is not what it claims', { expectDigest: 'a'.repeat(64) }, 'INVALID_DATA'],
    ] as const)('leaves nothing of content that %s', async (_name, options, code) => {
      const hello = Buffer.from('hello')
      await expect(blobs.put(hello, options)).rejects.toMatchObject({ code })
      await expect(blobs.put(Readable.from([hello]), options)).rejects.toMatchObject({ code })
      expect(await all(blobs.retirement.stored())).toEqual([])
    })

    it('leaves nothing of a stream that breaks', async () => {
      const broken = Readable.from(
        (async function* () {
          yield Buffer.from('he')
          throw new Error('line cut')
        })(),
      )
      await expect(blobs.put(broken)).rejects.toThrow('line cut')
      expect(await all(blobs.retirement.stored())).toEqual([])
    })

    it('lets many put the same content at once', async () => {
      const puts = await Promise.all(
        Array.from({ length: 8 }, () => blobs.put(Buffer.from('same'))),
      )
      expect(new Set(puts.map(({ digest }) => digest)).size).toBe(1)
      expect(await all(blobs.retirement.stored())).toHaveLength(1)
    })

    it.each(['../../etc/passwd', 'A'.repeat(64), '', 'a'.repeat(63)])(
      'refuses "%s" as a digest',
      async (digest) => {
        await expect(blobs.read(digest)).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
        await expect(blobs.retirement.purge(digest)).rejects.toMatchObject({
          code: 'INVALID_REQUEST',
        })
      },
    )

    it('says that there is no such content', async () => {
      const absent = 'b'.repeat(64)
      await expect(blobs.bytes(absent)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(blobs.read(absent)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(blobs.localPath(absent)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await blobs.stat(absent)).toBeUndefined()
    })

    it('removes at once', async () => {
      const { digest } = await blobs.put(Buffer.from('bad'))
      await blobs.remove(digest)
      await blobs.remove(digest)
      expect(await blobs.stat(digest)).toBeUndefined()
    })

    it('brings a retired blob back for whoever reads it, and purges it for good', async () => {
      const { digest } = await blobs.put(Buffer.from('still wanted'))
      const { retirement } = blobs
      await retirement.retire(digest)
      expect(await all(retirement.stored())).toEqual([])
      expect(await all(retirement.retired())).toMatchObject([{ digest, sizeBytes: 12 }])
      expect(await text(await blobs.read(digest))).toBe('still wanted')
      expect(await all(retirement.retired())).toEqual([])
      await retirement.retire(digest)
      await retirement.purge(digest)
      expect(await blobs.stat(digest)).toBeUndefined()
      await retirement.retire(digest)
      await retirement.restore(digest)
      expect(await blobs.stat(digest)).toBeUndefined()
    })

    it('says when each blob was stored', async () => {
      const before = Date.now() - 2000
      await blobs.put(Buffer.from('now'))
      const [stored] = await all(blobs.retirement.stored())
      expect(stored?.at).toBeGreaterThan(before)
      expect(stored?.at).toBeLessThan(Date.now() + 2000)
    })
  })
}
