import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { BlobInfo } from './blobs.ts'

/** What the thread is given: a file that has a beginning already. */
export interface LargeWrite {
  readonly path: string
  readonly durable: boolean
  readonly begunBytes: number
}

/** Chunks to be written after those before them; without chunks the content is whole. */
export type LargeWriteRequest = { readonly chunks: readonly Uint8Array[] } | 'end'

export type LargeWriteAnswer =
  | { readonly writtenBytes: number }
  | { readonly done: BlobInfo }
  | { readonly failed: string; readonly code: string | undefined }

/** Chunks go to the thread in batches of about this size. */
const batchBytes = 512 * 1024
/** So much may be on its way to the thread. */
const inFlightBytes = 4 * 1024 * 1024

const mostThreads = Math.min(2, availableParallelism())
let threads = 0

/** Whether a long content may have a thread of its own; there are few, each with a core to itself. */
export const threadIsFree = (): boolean => threads < mostThreads

/**
 * Writes the rest of a content and computes its digest in a thread: neither keeps the one that receives the content and
 * answers others meanwhile. The chunks must be nobody else's; they are empty afterwards.
 */
export async function writeInThread(
  write: LargeWrite,
  chunks: AsyncGenerator<Uint8Array, void>,
): Promise<BlobInfo> {
  threads++
  const thread = new LargeWriteThread(write)
  try {
    for (let next = await chunks.next(); !next.done; next = await chunks.next())
      await thread.add(next.value)
    return await thread.end()
  } finally {
    threads--
    await thread.close()
  }
}

class LargeWriteThread {
  readonly #worker: Worker
  #batch: Uint8Array<ArrayBuffer>[] = []
  #batchBytes = 0
  #inFlight = 0
  #done: BlobInfo | undefined
  #failure: Error | undefined
  #heard = Promise.withResolvers<void>()

  constructor(write: LargeWrite) {
    this.#worker = new Worker(new URL('./large-write-thread.ts', import.meta.url), {
      workerData: write,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#worker.on('message', (answer: LargeWriteAnswer) => this.#hear(answer))
    this.#worker.once('error', (failure: Error) => this.#fail(failure))
    this.#worker.once('exit', () => this.#fail(new Error('the thread that writes has ended')))
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#batch.push(movable(chunk))
    this.#batchBytes += chunk.length
    if (this.#batchBytes < batchBytes) return
    this.#send()
    while (this.#inFlight > inFlightBytes) await this.#news()
  }

  async end(): Promise<BlobInfo> {
    this.#send()
    this.#worker.postMessage('end' satisfies LargeWriteRequest)
    while (!this.#done) await this.#news()
    return this.#done
  }

  /** Resolves when the thread is gone, and the file is closed with it. */
  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #send(): void {
    const chunks = this.#batch
    this.#inFlight += this.#batchBytes
    this.#batch = []
    this.#batchBytes = 0
    const request: LargeWriteRequest = { chunks }
    this.#worker.postMessage(
      request,
      chunks.map(({ buffer }) => buffer),
    )
  }

  async #news(): Promise<void> {
    await this.#heard.promise
    if (this.#failure) throw this.#failure
  }

  #hear(answer: LargeWriteAnswer): void {
    if ('failed' in answer) {
      this.#fail(Object.assign(new Error(answer.failed), { code: answer.code }))
      return
    }
    if ('done' in answer) this.#done = answer.done
    else this.#inFlight -= answer.writtenBytes
    this.#wake()
  }

  #fail(failure: Error): void {
    this.#failure ??= failure
    this.#wake()
  }

  #wake(): void {
    this.#heard.resolve()
    if (!this.#failure) this.#heard = Promise.withResolvers()
  }
}

/** Bytes that fill a buffer of their own can move to the thread; others are copied. */
function movable(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = chunk
  return buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(chunk)
}
