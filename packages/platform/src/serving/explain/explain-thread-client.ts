import { Worker } from 'node:worker_threads'
import { KaizenError } from '@kaizen/contracts'
import type {
  ExplainAnswer,
  ExplainTask,
  ReadTrees,
  TreeQuestion,
  TreeValues,
} from './explain-messages.ts'

type Question<T = ExplainTask> = T extends ExplainTask ? Omit<T, 'id'> : never

interface Waiting {
  readonly resolve: (answer: ExplainAnswer) => void
  readonly reject: (failure: KaizenError) => void
}

const mostWaiting = 64
/** A thread that takes so much longer than it was given is replaced. */
const graceMs = 20_000

/** The thread that reads trees and explains them; made when first asked, and again when it was lost. */
export class ExplainThread implements AsyncDisposable {
  #worker: Worker | undefined
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  /** Rises when what a thread knew is lost. */
  generation = 0

  /** The trees of a model, kept under a number; undefined where the model is something else. */
  async read(model: number, source: string | Uint8Array): Promise<ReadTrees | undefined> {
    const answer = await this.#ask({ kind: 'read', model, source }, 0)
    return 'read' in answer ? answer.read : undefined
  }

  async forget(model: number): Promise<void> {
    if (this.#worker) await this.#ask({ kind: 'forget', model }, 0)
  }

  async explain(model: number, question: TreeQuestion): Promise<TreeValues> {
    const answer = await this.#ask({ kind: 'explain', model, ...question }, question.budgetMs)
    if ('values' in answer) return answer.values
    throw new TypeError('an explanation is answered by values')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }

  async #ask(question: Question, budgetMs: number): Promise<ExplainAnswer> {
    if (this.#waiting.size >= mostWaiting) {
      throw new KaizenError('OVERLOADED', `${mostWaiting} explanations wait already`, {
        hint: 'Ask again in a second.',
      })
    }
    const worker = this.#started()
    const id = this.#nextId++
    let timer: NodeJS.Timeout | undefined
    try {
      const answer = await new Promise<ExplainAnswer>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject })
        timer = setTimeout(() => void worker.terminate(), budgetMs + graceMs).unref()
        worker.postMessage({ ...question, id })
      })
      if (!('failure' in answer)) return answer
      throw new KaizenError('UNSUPPORTED', `the model cannot be explained: ${answer.failure}`)
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
    }
  }

  #started(): Worker {
    if (this.#worker) return this.#worker
    const worker = new Worker(new URL('./explain-thread.ts', import.meta.url))
    worker.on('message', (answer: ExplainAnswer) => this.#waiting.get(answer.id)?.resolve(answer))
    // An error is always followed by exit.
    worker.on('error', () => undefined)
    worker.on('exit', () => this.#lost(worker))
    worker.unref()
    this.#worker = worker
    return worker
  }

  #lost(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined
    this.generation++
    for (const { reject } of this.#waiting.values()) {
      reject(
        new KaizenError('UNAVAILABLE', 'the thread that explained this answer was lost', {
          hint: 'Ask again, with fewer rows.',
        }),
      )
    }
    this.#waiting.clear()
  }
}
