import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { KaizenError } from '@kaizen/contracts'
import type { PartManifest } from './part.ts'
import type { PartTask } from './part-writer.ts'

type Answer = { readonly manifest: PartManifest } | { readonly failure: string }

/** Writes parts in a thread that lives while there are some to write, one after the other. */
export class PartClient implements AsyncDisposable {
  #worker: Worker | undefined

  /** @throws UNAVAILABLE; the segments stand then. */
  async write(task: PartTask): Promise<PartManifest> {
    this.#worker ??= new Worker(new URL('./part-thread.ts', import.meta.url))
    const worker = this.#worker
    const ended = new AbortController()
    try {
      worker.postMessage(task)
      const [answer] = (await Promise.race([
        once(worker, 'message', ended),
        once(worker, 'exit', ended).then(() => [{ failure: 'its thread ended' }]),
      ])) as [Answer]
      if ('manifest' in answer) return answer.manifest
      throw new Error(answer.failure)
    } catch (failure) {
      await this[Symbol.asyncDispose]()
      throw new KaizenError(
        'UNAVAILABLE',
        `predictions could not be written as Parquet: ${(failure as Error).message}`,
        {
          hint: 'They stay in their segments; look at the disk of the data directory.',
          cause: failure,
        },
      )
    } finally {
      ended.abort()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }
}
