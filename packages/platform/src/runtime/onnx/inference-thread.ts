import { Worker } from 'node:worker_threads'
import { KaizenError } from '@kaizen/contracts'
import type { ThreadAnswer, ThreadRequest } from '../messages.ts'
import { transferAboveBytes } from '../pack.ts'

type Ask<R> = R extends { readonly id: number } ? Omit<R, 'id'> : never
type Question = Ask<ThreadRequest>
type Outcome = Exclude<ThreadAnswer, { readonly failure: unknown }>

interface Waiting {
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (failure: KaizenError) => void
}

const lost = (): KaizenError =>
  new KaizenError('UNAVAILABLE', 'the inference thread that computed this answer was lost', {
    hint: 'Send the request again; the thread is being restarted.',
  })

/** One worker thread and the questions it has not answered yet; when it is lost they all fail at once. */
export class InferenceThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  #alive = true
  #onIdle: (() => void)[] = []
  #outbox: ThreadRequest[] = []

  /** `onLost` is told once when the thread ends unasked. */
  constructor(onLost: () => void) {
    this.#worker = new Worker(new URL('./onnx-thread.ts', import.meta.url))
    this.#worker.on('message', (answers: readonly ThreadAnswer[]) => {
      for (const answer of answers) this.#settle(answer)
    })
    // An error is always followed by exit.
    this.#worker.on('error', () => undefined)
    this.#worker.on('exit', () => {
      const unasked = this.#alive
      this.#alive = false
      for (const { reject } of this.#waiting.values()) reject(lost())
      this.#waiting.clear()
      this.#wakeIdle()
      if (unasked) onLost()
    })
  }

  get pending(): number {
    return this.#waiting.size
  }

  ask(question: Question): Promise<Outcome> {
    if (!this.#alive) return Promise.reject(lost())
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#post({ ...question, id })
    })
  }

  /** Makes the thread fail as a defect in it would: what it has not answered fails, and `onLost` is told. */
  crash(): void {
    this.#post({ kind: 'crash' })
  }

  /**
   * Takes no more questions and ends when the last is answered. A thread inside a native call must not be terminated:
   * onnxruntime-node then aborts the whole process.
   */
  async close(): Promise<void> {
    this.#alive = false
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
    await this.#worker.terminate()
  }

  /** What is asked in one turn of the loop travels as one message: waking a thread costs more than a small prediction. */
  #post(request: ThreadRequest): void {
    this.#outbox.push(request)
    if (this.#outbox.length > 1) return
    setImmediate(() => {
      const requests = this.#outbox
      this.#outbox = []
      this.#worker.postMessage(requests, requests.flatMap(buffersOf))
    })
  }

  #settle(answer: ThreadAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    if (!waiting) return
    this.#waiting.delete(answer.id)
    if ('failure' in answer) {
      const { code, message, hint } = answer.failure
      waiting.reject(new KaizenError(code, message, hint === undefined ? {} : { hint }))
    } else waiting.resolve(answer)
    if (this.#waiting.size === 0) this.#wakeIdle()
  }

  #wakeIdle(): void {
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }
}

/** Numbers change hands without another copy where they are many. */
const buffersOf = (request: ThreadRequest): ArrayBuffer[] =>
  request.kind === 'run' && request.inputs.numbers.byteLength > transferAboveBytes
    ? [request.inputs.numbers]
    : []
