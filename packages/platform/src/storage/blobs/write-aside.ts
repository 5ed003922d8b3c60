import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { KaizenError } from '@kaizen/contracts/errors'
import { giveBack } from '../../kernel/index.ts'
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
/** The disk is asked for content each time so much of it has been written. */
const syncBytes = 64 * 1024 * 1024

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
  const file = await open(path, 'wx')
  try {
    const hash = createHash('sha256')
    const writer = new BatchedWriter(file, { durable, consume })
    let sizeBytes = 0
    for await (const chunk of chunksOf(content)) {
      sizeBytes += chunk.length
      checkSize(sizeBytes, maxBytes)
      hash.update(chunk)
      await writer.add(chunk)
    }
    await writer.end()
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

/**
 * Writes batches: one goes to the system while the next arrives and its digest is computed. The disk is asked for what has
 * gathered meanwhile, so that at the end little is left to wait for.
 */
class BatchedWriter {
  readonly #file: FileHandle
  readonly #durable: boolean
  readonly #consume: boolean
  #batch: Uint8Array[] = []
  #batchBytes = 0
  #unsyncedBytes = 0
  #writing: Promise<void> = Promise.resolve()
  #syncing: Promise<void> | undefined

  constructor(file: FileHandle, options: { readonly durable: boolean; readonly consume: boolean }) {
    this.#file = file
    this.#durable = options.durable
    this.#consume = options.consume
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#batch.push(chunk)
    this.#batchBytes += chunk.length
    if (this.#batchBytes >= writeBytes) await this.#flush()
  }

  /** Everything is written, and on the disk where that was asked for. */
  async end(): Promise<void> {
    await this.#flush()
    await this.#writing
    // A failed write is told to one who asks: nobody may ask without looking at the answer.
    await this.#syncing
    if (this.#durable) await this.#file.sync()
  }

  async #flush(): Promise<void> {
    const batch = this.#batch
    this.#unsyncedBytes += this.#batchBytes
    this.#batch = []
    this.#batchBytes = 0
    await this.#writing
    if (this.#durable && this.#unsyncedBytes >= syncBytes) await this.#syncBehind()
    this.#writing = this.#write(batch)
    // Awaited one batch later; a failure must not be without a listener until then.
    this.#writing.catch(() => undefined)
  }

  async #syncBehind(): Promise<void> {
    await this.#syncing
    this.#unsyncedBytes = 0
    this.#syncing = this.#file.datasync()
    this.#syncing.catch(() => undefined)
  }

  async #write(chunks: readonly Uint8Array[]): Promise<void> {
    if (chunks.length === 0) return
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    let { bytesWritten } = await this.#file.writev(chunks)
    const rest = bytesWritten < size ? Buffer.concat(chunks).subarray(bytesWritten) : undefined
    for (let at = 0; rest && at < rest.length; at += bytesWritten) {
      ;({ bytesWritten } = await this.#file.write(rest, at))
    }
    if (this.#consume) for (const chunk of chunks) giveBack(chunk)
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
