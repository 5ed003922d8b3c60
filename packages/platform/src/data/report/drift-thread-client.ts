import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type ColumnDrift, type DriftTask, driftOf } from './column-drift.ts'

type Numbers = Float64Array<ArrayBuffer>

/** The thread gives the task's numbers back, so that the next columns can be read into them. */
export type DriftAnswer =
  | { readonly drift: ColumnDrift; readonly numbers: readonly Numbers[] }
  | { readonly failure: string }

/** Columns of fewer values than this are compared at once: going to another thread would take longer. */
const inlineValues = 50_000

/** Compares columns, large ones one by one in a thread of its own, started when the first one comes. */
export class DriftThread implements AsyncDisposable {
  #worker: Worker | undefined
  #last: Promise<unknown> = Promise.resolve()
  /** Arrays of columns that have been compared. */
  readonly spare: Numbers[] = []

  /** Takes the task's numbers over: they are gone afterwards. */
  compare(task: DriftTask): Promise<ColumnDrift> {
    if (task.before.length + task.after.length < inlineValues) return Promise.resolve(driftOf(task))
    const next = this.#last.then(() => this.#ask(task))
    this.#last = next.catch(() => undefined)
    return next
  }

  async #ask(task: DriftTask): Promise<ColumnDrift> {
    this.#worker ??= new Worker(new URL('./drift-thread.ts', import.meta.url))
    const answered = once(this.#worker, 'message')
    this.#worker.postMessage(task, [task.before.buffer, task.after.buffer])
    const [answer] = (await answered) as [DriftAnswer]
    if ('failure' in answer) throw new Error(answer.failure)
    this.spare.push(...answer.numbers)
    return answer.drift
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
  }
}
