import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { KaizenError } from '@kaizen/contracts/errors'
import type { BlobRetirement, BlobStore, StoredBlob } from './blobs.ts'
import { requireDigest, writeAside } from './write-aside.ts'

/** Read in pieces that keep the disk, the digest and the network busy at once without holding much. */
const readChunkBytes = 256 * 1024

interface Folders {
  /** Content by digest: `<root>/<first two digits>/<digest>`. */
  readonly root: string
  readonly incoming: string
  readonly retired: string
}

/**
 * Content-addressed blobs in a folder, written aside and renamed when complete. Retired ones lie in a folder beside,
 * with the time of their retirement.
 */
export async function openFileBlobs(root: string): Promise<BlobStore> {
  const folders: Folders = {
    root,
    incoming: join(root, 'incoming'),
    retired: join(root, 'retired'),
  }
  await mkdir(folders.incoming, { recursive: true })
  await mkdir(folders.retired, { recursive: true })
  // What a crash left half written belongs to nobody: one server owns the folder.
  for (const name of await readdir(folders.incoming)) {
    await rm(join(folders.incoming, name), { force: true })
  }
  const retirement = fileRetirement(folders)
  const existing = async (digest: string): Promise<string> => {
    const path = pathOf(folders, digest)
    if (await sizeOf(path)) return path
    await retirement.restore(digest)
    if (await sizeOf(path)) return path
    throw new KaizenError('NOT_FOUND', `there is no content with digest ${digest}`)
  }

  return {
    async put(content, options = {}) {
      const aside = join(folders.incoming, randomUUID())
      const info = await writeAside(aside, content, options)
      await publish(folders, aside, info.digest)
      return info
    },
    async read(digest, range) {
      const path = await existing(digest)
      if (range && range.to <= range.from) return Readable.from([])
      const part = range ? { start: range.from, end: range.to - 1 } : {}
      return createReadStream(path, { ...part, highWaterMark: readChunkBytes })
    },
    bytes: async (digest) => readFile(await existing(digest)),
    async stat(digest) {
      const path = await existing(digest).catch((failure: KaizenError) => {
        if (failure.code === 'NOT_FOUND') return undefined
        throw failure
      })
      const found = path === undefined ? undefined : await sizeOf(path)
      return found && { digest, sizeBytes: found.sizeBytes }
    },
    localPath: existing,
    remove: async (digest) => rm(pathOf(folders, digest), { force: true }),
    retirement,
  }
}

const pathOf = ({ root }: Folders, digest: string): string =>
  join(root, requireDigest(digest).slice(0, 2), digest)

async function sizeOf(path: string): Promise<{ readonly sizeBytes: number } | undefined> {
  const found = await stat(path).catch(ignoreMissing)
  return found && { sizeBytes: found.size }
}

function ignoreMissing(failure: NodeJS.ErrnoException): undefined {
  if (failure.code !== 'ENOENT') throw failure
}

function fileRetirement(folders: Folders): BlobRetirement {
  const retiredPath = (digest: string): string => join(folders.retired, requireDigest(digest))
  return {
    async *stored() {
      for (const shard of await readdir(folders.root)) {
        if (/^[0-9a-f]{2}$/.test(shard)) yield* inventory(join(folders.root, shard))
      }
    },
    retired: () => inventory(folders.retired),
    async retire(digest) {
      const now = new Date()
      await rename(pathOf(folders, digest), retiredPath(digest)).catch(ignoreMissing)
      await utimes(retiredPath(digest), now, now).catch(ignoreMissing)
    },
    async restore(digest) {
      if (!(await sizeOf(retiredPath(digest)))) return
      await mkdir(join(folders.root, digest.slice(0, 2)), { recursive: true })
      await rename(retiredPath(digest), pathOf(folders, digest)).catch(ignoreMissing)
    },
    purge: async (digest) => rm(retiredPath(digest), { force: true }),
    async discardUnfinished(time) {
      let discarded = 0
      for (const name of await readdir(folders.incoming)) {
        const path = join(folders.incoming, name)
        const found = await stat(path).catch(ignoreMissing)
        if (!found || found.mtimeMs >= time) continue
        await rm(path, { force: true })
        discarded++
      }
      return discarded
    },
  }
}

async function* inventory(folder: string): AsyncGenerator<StoredBlob> {
  for (const name of await readdir(folder)) {
    const found = await stat(join(folder, name)).catch(ignoreMissing)
    if (found) yield { digest: name, sizeBytes: found.size, at: found.mtimeMs }
  }
}

/** Renames into place and makes the new directory entry durable too. */
async function publish(folders: Folders, aside: string, digest: string): Promise<void> {
  const path = pathOf(folders, digest)
  if (await sizeOf(path)) {
    await rm(aside)
    return
  }
  const folder = join(folders.root, digest.slice(0, 2))
  await mkdir(folder, { recursive: true })
  await rename(aside, path)
  const directory = await open(folder)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
