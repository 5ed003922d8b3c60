import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { KaizenError } from '@kaizen/contracts/errors'
import type { BlobInfo, BlobStore } from './blobs.ts'

/** Content-addressed blobs in a folder: `<root>/<first two digits>/<digest>`, written aside and renamed when complete. */
export async function openFileBlobs(root: string): Promise<BlobStore> {
  const incoming = join(root, 'incoming')
  await mkdir(incoming, { recursive: true })
  // What a crash left half written belongs to nobody.
  for (const name of await readdir(incoming)) await rm(join(incoming, name), { force: true })

  const folderOf = (digest: string): string => join(root, digest.slice(0, 2))
  const pathOf = (digest: string): string => {
    if (!/^[0-9a-f]{64}$/.test(digest)) {
      throw new KaizenError('INVALID_REQUEST', 'a blob is named by 64 hexadecimal digits')
    }
    return join(folderOf(digest), digest)
  }
  const existing = async (digest: string): Promise<string> => {
    const path = pathOf(digest)
    const found = await stat(path).catch(() => undefined)
    if (!found) throw new KaizenError('NOT_FOUND', `there is no content with digest ${digest}`)
    return path
  }

  return {
    async put(content, options = {}) {
      const aside = join(incoming, randomUUID())
      try {
        const info = await writeAside(aside, content, options.maxBytes ?? Number.POSITIVE_INFINITY)
        if (options.expectDigest !== undefined && options.expectDigest !== info.digest) {
          throw new KaizenError(
            'INVALID_DATA',
            `the content has digest ${info.digest}, not ${options.expectDigest}`,
            {
              hint: 'The transfer was damaged or the digest belongs to another file; send it again.',
            },
          )
        }
        await publish(aside, folderOf(info.digest), pathOf(info.digest))
        return info
      } catch (failure) {
        await rm(aside, { force: true })
        throw explain(failure)
      }
    },
    async read(digest, range) {
      const path = await existing(digest)
      if (range && range.to <= range.from) return Readable.from([])
      return createReadStream(path, range ? { start: range.from, end: range.to - 1 } : {})
    },
    bytes: async (digest) => readFile(await existing(digest)),
    async stat(digest) {
      const found = await stat(pathOf(digest)).catch(() => undefined)
      return found ? { digest, sizeBytes: found.size } : undefined
    },
    localPath: existing,
    remove: (digest) => rm(pathOf(digest), { force: true }),
  }
}

async function writeAside(
  path: string,
  content: Readable | Uint8Array,
  maxBytes: number,
): Promise<BlobInfo> {
  const file = await open(path, 'wx')
  try {
    const hash = createHash('sha256')
    let sizeBytes = 0
    for await (const chunk of chunksOf(content)) {
      sizeBytes += chunk.length
      if (sizeBytes > maxBytes) {
        throw new KaizenError(
          'TOO_LARGE',
          `the content is larger than the limit of ${maxBytes} bytes`,
        )
      }
      hash.update(chunk)
      await writeAll(file, chunk)
    }
    await file.sync()
    return { digest: hash.digest('hex'), sizeBytes }
  } finally {
    await file.close()
  }
}

async function* chunksOf(content: Readable | Uint8Array): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content
  else
    for await (const chunk of content)
      yield typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array)
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, at)
    at += bytesWritten
  }
}

/** Renames into place and makes the new directory entry durable too. */
async function publish(aside: string, folder: string, path: string): Promise<void> {
  if (await stat(path).catch(() => undefined)) {
    await rm(aside)
    return
  }
  await mkdir(folder, { recursive: true })
  await rename(aside, path)
  const directory = await open(folder)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function explain(failure: unknown): unknown {
  if ((failure as { code?: string }).code === 'ENOSPC') {
    return new KaizenError(
      'STORAGE_FULL',
      'the disk that holds the blobs is full; nothing was stored',
      {
        hint: 'Free some space and send the request again.',
        cause: failure,
      },
    )
  }
  return failure
}
