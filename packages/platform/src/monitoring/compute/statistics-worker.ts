import { setImmediate as breathe } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { KaizenError } from '@kaizen/contracts'
import type { NewWindow, ReferenceProfile } from '../model.ts'
import { pack } from './pack.ts'
import type { ReferenceTask, WindowTask } from './window-task.ts'

export type ThreadRequest =
  | { readonly kind: 'profile'; readonly digest: string; readonly profile: ReferenceProfile }
  | { readonly kind: 'column'; readonly id: number; readonly column: unknown }
  | {
      readonly kind: 'compute'
      readonly id: number
      readonly task: unknown
      /** Digest of the reference; null where the task has none. */
      readonly digest: string | null
    }

export type ThreadAnswer =
  | { readonly id: number; readonly result: NewWindow | ReferenceProfile }
  | { readonly id: number; readonly failure: string }
  /** The reference was forgotten meanwhile. */
  | { readonly id: number; readonly missing: true }

/** Loaded with the first window: a server without monitors has no use for all of the statistics. */
const computing = () => import('./window-task.ts')

/** Windows of fewer values than this are computed at once: going to another thread would take longer. */
const inlineCells = 50_000
const inlineRows = 200
/** An idle thread ends after this long; its memory is worth more elsewhere. */
const idleMs = 60_000

type Task = WindowTask | ReferenceTask

const cellsOf = (task: WindowTask): number =>
  task.kind === 'inputs'
    ? (task.rows.at.length + (task.rolling?.at.length ?? 0)) * (1 + task.rows.inputs.columns.length)
    : 4 * (task.input.rows.at.length + (task.input.naive?.rows.at.length ?? 0))

interface Waiting {
  readonly resolve: (answer: ThreadAnswer) => void
  readonly reject: (failure: KaizenError) => void
}

/** Computes windows: small ones at once, large ones in a thread of its own, started when the first one comes. */
export class StatisticsWorker implements AsyncDisposable {
  #worker: Worker | undefined
  #waiting = new Map<number, Waiting>()
  #known = new Set<string>()
  #nextId = 1
  #idle: NodeJS.Timeout | undefined

  /** `digest` names the reference of the task, so that it travels once. */
  async compute(task: WindowTask, digest: string | null): Promise<NewWindow> {
    if (cellsOf(task) < inlineCells) return (await computing()).computeWindow(task)
    return this.#run<NewWindow>(task, digest)
  }

  /** Makes a reference of rows; of few ones at once, as nothing is learned of them. */
  async reference(task: ReferenceTask): Promise<ReferenceProfile> {
    if (task.rows.at.length < inlineRows) return (await computing()).computeReference(task)
    return this.#run<ReferenceProfile>(task, null)
  }

  async #run<Result>(task: Task, digest: string | null): Promise<Result> {
    clearTimeout(this.#idle)
    const answer = await this.#ask(task, digest)
    if (this.#waiting.size === 0) this.#idle = setTimeout(() => void this.#end(), idleMs).unref()
    if ('result' in answer) return answer.result as Result
    if ('failure' in answer) throw new Error(answer.failure)
    // The thread keeps the references in use; that it has none of this task means that it was restarted meanwhile.
    this.#known.delete(digest ?? '')
    return this.#run<Result>(task, digest)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle)
    await this.#end()
  }

  async #ask(task: Task, digest: string | null): Promise<ThreadAnswer> {
    const worker = this.#started()
    const id = this.#nextId++
    const post = (request: ThreadRequest): void => worker.postMessage(request)
    const profile = task.kind === 'inputs' ? task.profile : null
    if (profile && digest !== null && !this.#known.has(digest)) {
      post({ kind: 'profile', digest, profile })
      this.#known.add(digest)
    }
    if (task.kind !== 'performance') {
      for (const column of task.rows.inputs.columns) {
        post({ kind: 'column', id, column: await pack(column, breathe) })
        await breathe()
      }
    }
    const light = task.kind === 'performance' ? task : withoutInputs(task)
    const packed = await pack(light, breathe)
    return new Promise((resolve, reject) => {
      if (this.#worker !== worker) return reject(lost())
      this.#waiting.set(id, { resolve, reject })
      post({ kind: 'compute', id, task: packed, digest: profile ? digest : null })
    })
  }

  #started(): Worker {
    if (this.#worker) return this.#worker
    const worker = new Worker(new URL('./statistics-thread.ts', import.meta.url))
    worker.on('message', (answer: ThreadAnswer) => {
      const waiting = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      waiting?.resolve(answer)
    })
    // An error is always followed by exit.
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#forget()
    })
    // After the listeners: one for messages holds the process open again.
    worker.unref()
    this.#worker = worker
    return worker
  }

  #forget(): void {
    this.#worker = undefined
    this.#known.clear()
    for (const { reject } of this.#waiting.values()) reject(lost())
    this.#waiting.clear()
  }

  async #end(): Promise<void> {
    const worker = this.#worker
    if (!worker) return
    this.#forget()
    await worker.terminate()
  }
}

const withoutInputs = (task: Exclude<Task, { kind: 'performance' }>): unknown => ({
  ...task,
  ...(task.kind === 'inputs' && { profile: null }),
  rows: { ...task.rows, inputs: { rowCount: task.rows.inputs.rowCount, columns: [] } },
})

const lost = (): KaizenError =>
  new KaizenError('UNAVAILABLE', 'the thread that computed this window was lost', {
    hint: 'The window is computed again by the next tick.',
  })
