import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { KaizenError } from '@kaizen/contracts/errors'
import type { BlobInfo, PutOptions } from './blobs.ts'

/**
 * Writes content to a new file, durably unless told, and names it by its digest. The file is gone again when it fails.
 * @throws TOO_LARGE, INVALID_DATA, STORAGE_FULL
 */
export async function writeAside(
  path: string,
  content: Readable | Uint8Array,
  options: PutOptions & { readonly durable?: boolean },
): Promise<BlobInfo> {
  try {
    const info = await write(path, content, options)
    checkDigest(info.digest, options.expectDigest)
    return info
  } catch (failure) {
    await rm(path, { force: true })
    throw explain(failure)
  }
}

/** @throws INVALID_DATA when content is not what it was said to be. */
export function checkDigest(digest: string, expected: string | undefined): void {
  if (expected === undefined || expected === digest) return
  throw new KaizenError('INVALID_DATA', `the content has digest ${digest}, not ${expected}`, {
    hint: 'The transfer was damaged or the digest belongs to another file; send it again.',
  })
}

/** @throws TOO_LARGE */
export function checkSize(sizeBytes: number, maxBytes: number): void {
  if (sizeBytes <= maxBytes) return
  throw new KaizenError('TOO_LARGE', `the content is larger than the limit of ${maxBytes} bytes`)
}

/** Content is written in batches of about this size. */
const writeBytes = 1024 * 1024

/** A blob's name is also a path and a key: only digests pass. @throws INVALID_REQUEST */
export function requireDigest(digest: string): string {
  if (/^[0-9a-f]{64}$/.test(digest)) return digest
  throw new KaizenError('INVALID_REQUEST', 'a blob is named by 64 hexadecimal digits')
}

async function write(
  path: string,
  content: Readable | Uint8Array,
  {
    maxBytes = Number.POSITIVE_INFINITY,
    durable = true,
  }: PutOptions & { readonly durable?: boolean },
): Promise<BlobInfo> {
  const file = await open(path, 'wx')
  try {
    const hash = createHash('sha256')
    let sizeBytes = 0
    // The disk writes one batch while the next arrives and its digest is computed.
    let batch: Uint8Array[] = []
    let batchBytes = 0
    let writing: Promise<void> = Promise.resolve()
    for await (const chunk of chunksOf(content)) {
      sizeBytes += chunk.length
      checkSize(sizeBytes, maxBytes)
      batch.push(chunk)
      batchBytes += chunk.length
      hash.update(chunk)
      if (batchBytes < writeBytes) continue
      await writing
      writing = writeAll(file, batch)
      // Awaited one batch later; a failure must not be without a listener until then.
      writing.catch(() => undefined)
      batch = []
      batchBytes = 0
    }
    await writing
    await writeAll(file, batch)
    if (durable) await file.sync()
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

async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  if (chunks.length === 0) return
  let left = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  let { bytesWritten } = await file.writev(chunks)
  left -= bytesWritten
  if (left === 0) return
  const rest = Buffer.concat(chunks).subarray(-left)
  for (let at = 0; at < rest.length; at += bytesWritten) {
    ;({ bytesWritten } = await file.write(rest, at))
  }
}

function explain(failure: unknown): unknown {
  if ((failure as { code?: string }).code !== 'ENOSPC') return failure
  const message = 'the disk that holds the blobs is full; nothing was stored'
  return new KaizenError('STORAGE_FULL', message, {
    hint: 'Free some space and send the request again.',
    cause: failure,
  })
}
