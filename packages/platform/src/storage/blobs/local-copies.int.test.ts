import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BlobStore } from './blobs.ts'
import { openFileBlobs } from './file-blobs.ts'
import { LocalCopies } from './local-copies.ts'

describe('local copies of remote content', () => {
  let folder: string
  let remote: BlobStore
  let cache: BlobStore
  let reads: string[]
  let now: number
  const digests: string[] = []

  const open = (): Promise<LocalCopies> =>
    LocalCopies.open(
      cache,
      (digest) => {
        reads.push(digest)
        return remote.read(digest)
      },
      { limitBytes: 250, sparedMs: 60_000, now: () => now },
    )
  const copied = async (): Promise<readonly string[]> =>
    (await Array.fromAsync(cache.retirement.stored())).map(({ digest }) => digest).sort()

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-copies-'))
    remote = await openFileBlobs(join(folder, 'remote'))
    cache = await openFileBlobs(join(folder, 'cache'))
    reads = []
    now = Date.now() + 3_600_000
    digests.length = 0
    for (const letter of 'abcd') {
      digests.push((await remote.put(Buffer.from(letter.repeat(100)))).digest)
    }
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('fetches what is asked for once, however many ask at a time', async () => {
    const copies = await open()
    const [a = ''] = digests
    const paths = await Promise.all([copies.path(a), copies.path(a), copies.path(a)])
    expect(new Set(paths).size).toBe(1)
    expect(await readFile(paths[0] ?? '', 'utf8')).toBe('a'.repeat(100))
    expect(reads).toEqual([a])
  })

  it('lets the least recently asked for go above the limit, and fetches it again when needed', async () => {
    const copies = await open()
    const [a = '', b = '', c = ''] = digests
    for (const digest of [a, b, a]) {
      await copies.path(digest)
      now += 120_000
    }
    await copies.path(c)
    expect(await copied()).toEqual([a, c].sort())
    expect(await readFile(await copies.path(b), 'utf8')).toBe('b'.repeat(100))
    expect(reads).toEqual([a, b, c, b])
  })

  it('spares what was just asked for, also above the limit', async () => {
    const copies = await open()
    for (const digest of digests) await copies.path(digest)
    expect(await copied()).toEqual([...digests].sort())
    now += 120_000
    await copies.path(digests[3] ?? '')
    expect(await copied()).toHaveLength(2)
  })

  it('counts what an earlier process left', async () => {
    const before = await open()
    for (const digest of digests) await before.path(digest)
    now += 120_000
    await open()
    expect(await copied()).toHaveLength(2)
  })

  it('keeps nothing of content that does not exist', async () => {
    const copies = await open()
    await expect(copies.path('0'.repeat(64))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await copied()).toEqual([])
  })
})
