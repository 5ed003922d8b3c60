import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { KaizenError } from '@kaizen/contracts'
import type { CodecAnswers, CodecQuestion, CodecReply } from './messages.ts'

interface Waiting {
  readonly resolve: (answer: CodecAnswers[keyof CodecAnswers]) => void
  readonly reject: (failure: KaizenError) => void
}

/** One thread; what it has not answered when it is lost fails, and the next question starts another. */
class CodecThread implements AsyncDisposable {
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #nextId = 1

  get pending(): number {
    return this.#waiting.size
  }

  ask(question: CodecQuestion): Promise<CodecAnswers[keyof CodecAnswers]> {
    this.#worker ??= this.#start()
    const worker = this.#worker
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      worker.postMessage({ id, question }, transferable(question))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(new URL('./codec-thread.ts', import.meta.url))
    worker.on('message', (reply: CodecReply) => {
      const waiting = this.#waiting.get(reply.id)
      this.#waiting.delete(reply.id)
      if (!waiting) return
      if ('answer' in reply) {
        waiting.resolve(reply.answer)
        return
      }
      const { code, message, hint } = reply.failure
      waiting.reject(new KaizenError(code, message, hint === undefined ? {} : { hint }))
    })
    // An error is always followed by exit.
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
      for (const { reject } of this.#waiting.values()) reject(lost())
      this.#waiting.clear()
    })
    return worker
  }
}

const lost = (): KaizenError =>
  new KaizenError(
    'UNAVAILABLE',
    'the thread that read this request or rendered its answer was lost',
    {
      hint: 'Send the request again, with fewer rows if it happens every time.',
    },
  )

/** A body in memory of its own changes hands; one in shared memory is copied. */
function transferable(question: CodecQuestion): ArrayBuffer[] {
  if ('tensors' in question) return [question.tensors.packed.numbers]
  const { buffer, byteLength } = question.body
  return buffer.byteLength === byteLength && buffer instanceof ArrayBuffer ? [buffer] : []
}

/** Threads that read and write what is too large for the event loop; started when there is something to do. */
export class CodecPool implements AsyncDisposable {
  readonly #threads: readonly CodecThread[]

  constructor(threads = Math.min(2, availableParallelism())) {
    this.#threads = Array.from({ length: threads }, () => new CodecThread())
  }

  /** @throws what reading and rendering throw, UNAVAILABLE when the thread was lost */
  ask<K extends CodecQuestion['kind']>(
    question: Extract<CodecQuestion, { readonly kind: K }>,
  ): Promise<CodecAnswers[K]> {
    let best = this.#threads[0]!
    for (const thread of this.#threads) if (thread.pending < best.pending) best = thread
    return best.ask(question) as Promise<CodecAnswers[K]>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread[Symbol.asyncDispose]()))
  }
}
