import { Worker } from 'node:worker_threads'
import { KaizenError } from '@kaizen/contracts'
import type { IdAnswers, IdQuestion } from './id-questions.ts'

interface Waiting {
  readonly resolve: (answer: never) => void
  readonly reject: (failure: KaizenError) => void
}

type Told =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: string }

/** An idle thread ends after this long; its memory is worth more elsewhere. */
const idleMs = 30_000

/** Asks the thread that keeps the ids of all logs; it is started when somebody asks, and lets the process end. */
export class IdClient implements AsyncDisposable {
  #worker: Worker | undefined
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  #idle: NodeJS.Timeout | undefined

  /** @throws UNAVAILABLE where the ids cannot be read or written */
  ask<Kind extends IdQuestion['kind']>(
    question: IdQuestion & { readonly kind: Kind },
  ): Promise<IdAnswers[Kind]> {
    clearTimeout(this.#idle)
    const worker = this.#started()
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (answer: never) => void, reject })
      worker.ref()
      worker.postMessage({ id, question })
    })
  }

  /** Lets go of the ids of a log, should they be open. */
  async close(folder: string): Promise<void> {
    if (this.#worker) await this.ask({ kind: 'close', folder })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = undefined
    // Before waiting for its end: what is asked meanwhile goes to a thread of its own.
    this.#refuse()
    await worker?.terminate()
  }

  #started(): Worker {
    if (this.#worker) return this.#worker
    const worker = new Worker(new URL('./id-thread.ts', import.meta.url))
    worker.on('message', (told: Told) => {
      const waiting = this.#waiting.get(told.id)
      this.#waiting.delete(told.id)
      if ('answer' in told) waiting?.resolve(told.answer as never)
      else waiting?.reject(unavailable(told.failure))
      if (this.#waiting.size > 0) return
      worker.unref()
      this.#idle = setTimeout(() => void this[Symbol.asyncDispose](), idleMs).unref()
    })
    // An error is always followed by exit.
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#refuse()
    })
    worker.unref()
    this.#worker = worker
    return worker
  }

  #refuse(): void {
    for (const { reject } of this.#waiting.values()) reject(unavailable('its thread ended'))
    this.#waiting.clear()
  }
}

const unavailable = (reason: string): KaizenError =>
  new KaizenError('UNAVAILABLE', `the ids of a prediction log cannot be read: ${reason}`, {
    hint: 'Look at the disk of the data directory; ids.sqlite beside the log may be removed, it is made again.',
  })
