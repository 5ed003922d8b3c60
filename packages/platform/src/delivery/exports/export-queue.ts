import { Worker } from 'node:worker_threads'
import { type ErrorCode, type ExportTarget, KaizenError } from '@kaizen/contracts'
import type { ExportSource } from './exporter.ts'

export interface ExportTask {
  readonly target: ExportTarget
  readonly source: ExportSource
}

/** What the thread tells: the archive, or why there is none. */
export type ExportAnswer =
  | {
      readonly archive: Uint8Array<ArrayBuffer>
      /** SHA-256 of the bundle's list of checksums. */
      readonly digest: string
    }
  | {
      readonly failure: {
        readonly code: ErrorCode
        readonly message: string
        readonly hint: string | undefined
      }
    }

/** Each holds a model and its bundle in memory. */
const mostAtOnce = 2
const mostWaiting = 16
const timeoutMs = 120_000
const heapMegabytes = 2048

/** Exports in threads of their own, a few at a time: reading a graph and writing source takes seconds for large models. */
export class ExportQueue {
  readonly #waiting: (() => void)[] = []
  #running = 0

  /** The bundle as a tar archive, with the digest of its list of checksums. @throws as `exportBundle`; OVERLOADED, TIMEOUT, UNAVAILABLE */
  async archive(task: ExportTask): Promise<{ readonly archive: Buffer; readonly digest: string }> {
    await this.#turn()
    try {
      const answer = await inThread(task)
      if ('archive' in answer) {
        return { archive: Buffer.from(answer.archive.buffer), digest: answer.digest }
      }
      const { code, message, hint } = answer.failure
      throw new KaizenError(code, message, hint === undefined ? {} : { hint })
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < mostAtOnce) {
      this.#running++
      return
    }
    if (this.#waiting.length >= mostWaiting) {
      throw new KaizenError('OVERLOADED', `${mostWaiting} exports wait already`, {
        hint: 'Ask again in a few seconds.',
      })
    }
    // Whoever ends hands its place on.
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}

async function inThread(task: ExportTask): Promise<ExportAnswer> {
  const worker = new Worker(new URL('./export-thread.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
  })
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<ExportAnswer>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', (cause) => reject(lost(cause)))
      worker.once('exit', () => reject(lost()))
      timer = setTimeout(() => reject(tooLong()), timeoutMs)
    })
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}

const tooLong = (): KaizenError =>
  new KaizenError('TIMEOUT', `the export took longer than ${timeoutMs / 1000} s`, {
    hint: 'Export the model with --to onnx, or make it smaller.',
  })

const lost = (cause?: unknown): KaizenError =>
  new KaizenError('UNAVAILABLE', 'the thread of the export was lost', {
    hint: 'The model may need more memory than an export has; export it with --to onnx, or make it smaller.',
    cause,
  })
