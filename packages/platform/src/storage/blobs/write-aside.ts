import { createHash } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { KaizenError } from '@kaizen/contracts/errors'
import { giveBack } from '../../kernel/index.ts'
import { BatchedWriter } from './batched-writer.ts'
import type { BlobInfo, PutOptions } from './blobs.ts'
import { threadIsFree, writeInThread } from './large-write.ts'

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

/** What is longer is written by a thread from here on. */
const threadFromBytes = 16 * 1024 * 1024

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
    consume = false,
  }: PutOptions & { readonly durable?: boolean },
): Promise<BlobInfo> {
  const chunks = chunksOf(content, maxBytes)
  try {
    const begun = await writeBeginning(path, chunks, { durable, consume })
    if (begun.digest !== undefined) return begun
    return await writeInThread({ path, durable, begunBytes: begun.sizeBytes }, chunks)
  } finally {
    await chunks.return(undefined)
  }
}

/** All of it, with its digest, or so much of what is nobody else's that a thread is worth starting. */
async function writeBeginning(
  path: string,
  chunks: AsyncGenerator<Uint8Array, void>,
  { durable, consume }: { readonly durable: boolean; readonly consume: boolean },
): Promise<BlobInfo | { readonly sizeBytes: number; readonly digest?: never }> {
  const file = await open(path, 'wx')
  try {
    const hash = createHash('sha256')
    const writer = new BatchedWriter(file, { durable, ...(consume ? { release: giveBack } : {}) })
    let sizeBytes = 0
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      sizeBytes += next.value.length
      hash.update(next.value)
      await writer.add(next.value)
      if (!consume || sizeBytes < threadFromBytes || !threadIsFree()) continue
      await writer.settle()
      return { sizeBytes }
    }
    await writer.end()
    return { digest: hash.digest('hex'), sizeBytes }
  } finally {
    await file.close()
  }
}

async function* chunksOf(
  content: Readable | Uint8Array,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void> {
  let sizeBytes = 0
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array)
    sizeBytes += bytes.length
    checkSize(sizeBytes, maxBytes)
    yield bytes
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
