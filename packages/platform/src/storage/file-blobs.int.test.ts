import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BlobStore } from './blobs.ts'
import { openFileBlobs } from './file-blobs.ts'

const helloDigest = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'

describe('blobs on the file system', () => {
  let root: string
  let blobs: BlobStore

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'kaizen-blobs-'))
    blobs = await openFileBlobs(root)
  })
  afterEach(() => rm(root, { recursive: true }))

  const files = async (): Promise<readonly string[]> =>
    (await readdir(root, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)

  it('names content by its SHA-256 and keeps it once', async () => {
    const first = await blobs.put(Buffer.from('hello'))
    const second = await blobs.put(Readable.from([Buffer.from('he'), Buffer.from('llo')]))
    expect(first).toEqual({ digest: helloDigest, sizeBytes: 5 })
    expect(second).toEqual(first)
    expect(await files()).toEqual([helloDigest])
  })

  it('reads the whole, a part, and nothing', async () => {
    await blobs.put(Buffer.from('hello'))
    expect(await text(await blobs.read(helloDigest))).toBe('hello')
    expect(await text(await blobs.read(helloDigest, { from: 1, to: 3 }))).toBe('el')
    expect(await text(await blobs.read(helloDigest, { from: 2, to: 2 }))).toBe('')
    expect(await readFile(await blobs.localPath(helloDigest), 'utf8')).toBe('hello')
  })

  it.each([
    ['is too large', { maxBytes: 4 }, 'TOO_LARGE'],
    ['is not what it claims', { expectDigest: 'a'.repeat(64) }, 'INVALID_DATA'],
  ] as const)('leaves nothing of content that %s', async (_name, options, code) => {
    await expect(blobs.put(Buffer.from('hello'), options)).rejects.toMatchObject({ code })
    expect(await files()).toEqual([])
  })

  it('leaves nothing of a stream that breaks', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('he')
        throw new Error('line cut')
      })(),
    )
    await expect(blobs.put(broken)).rejects.toThrow('line cut')
    expect(await files()).toEqual([])
  })

  it.each(['../../etc/passwd', 'A'.repeat(64), '', 'a'.repeat(63)])(
    'refuses "%s" as a digest',
    async (digest) => {
      await expect(blobs.read(digest)).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    },
  )

  it('says that there is no such content', async () => {
    await expect(blobs.bytes('b'.repeat(64))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await blobs.stat('b'.repeat(64))).toBeUndefined()
  })

  it('clears what a crash left half written when it opens', async () => {
    await mkdir(join(root, 'incoming'), { recursive: true })
    await writeFile(join(root, 'incoming', 'half'), 'x')
    await openFileBlobs(root)
    expect(await files()).toEqual([])
  })
})
