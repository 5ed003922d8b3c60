import type { FileHandle } from 'node:fs/promises'

/** Content is written in batches of about this size. */
const writeBytes = 1024 * 1024
/** The disk is asked for content each time so much of it has been written. */
const syncBytes = 64 * 1024 * 1024

/**
 * Writes batches: one goes to the system while the next arrives and its digest is computed. The disk is asked for what has
 * gathered meanwhile, so that at the end little is left to wait for.
 */
export class BatchedWriter {
  readonly #file: FileHandle
  readonly #durable: boolean
  readonly #release: ((chunk: Uint8Array) => void) | undefined
  #batch: Uint8Array[] = []
  #batchBytes = 0
  #unsyncedBytes = 0
  #writing: Promise<void> = Promise.resolve()
  #syncing: Promise<void> | undefined

  /** `release` is told of chunks that are written. */
  constructor(
    file: FileHandle,
    options: { readonly durable: boolean; readonly release?: (chunk: Uint8Array) => void },
  ) {
    this.#file = file
    this.#durable = options.durable
    this.#release = options.release
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#batch.push(chunk)
    this.#batchBytes += chunk.length
    if (this.#batchBytes >= writeBytes) await this.#flush()
  }

  /** Everything is written. */
  async settle(): Promise<void> {
    await this.#flush()
    await this.#writing
    // A failed write is told to one who asks: nobody may ask without looking at the answer.
    await this.#syncing
  }

  /** Everything is written, and on the disk where that was asked for. */
  async end(): Promise<void> {
    await this.settle()
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
    if (this.#release) for (const chunk of chunks) this.#release(chunk)
  }
}
