import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type ColumnDrift, type DriftTask, driftOf } from './column-drift.ts'

type Numbers = Float64Array<ArrayBuffer>

/** The thread gives the numbers of the tasks back, so that the next columns can be read into them. */
export type DriftAnswer =
  | { readonly drifts: readonly ColumnDrift[]; readonly numbers: readonly Numbers[] }
  | { readonly failure: string }

/** Fewer values than this are compared at once: going to another thread would take longer. */
const inlineValues = 50_000

/** Compares columns, where they hold many values in a thread of its own, started when the first ones come. */
export class DriftThread implements AsyncDisposable {
  #worker: Worker | undefined
  #last: Promise<unknown> = Promise.resolve()
  /** Arrays of columns that have been compared. */
  readonly spare: Numbers[] = []

  /** Takes the numbers of the tasks over: they are gone afterwards. */
  async compare(tasks: readonly DriftTask[]): Promise<readonly ColumnDrift[]> {
    const values = tasks.reduce((sum, { before, after }) => sum + before.length + after.length, 0)
    if (values < inlineValues) return tasks.map(driftOf)
    const next = this.#last.then(() => this.#ask(tasks))
    this.#last = next.catch(() => undefined)
    return next
  }

  async #ask(tasks: readonly DriftTask[]): Promise<readonly ColumnDrift[]> {
    this.#worker ??= new Worker(new URL('./drift-thread.ts', import.meta.url))
    const answered = once(this.#worker, 'message')
    const buffers = tasks.flatMap(({ before, after }) => [before.buffer, after.buffer])
    this.#worker.postMessage(tasks, [...new Set(buffers)])
    const [answer] = (await answered) as [DriftAnswer]
    if ('failure' in answer) throw new Error(answer.failure)
    this.spare.push(...answer.numbers)
    return answer.drifts
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
  }
}
