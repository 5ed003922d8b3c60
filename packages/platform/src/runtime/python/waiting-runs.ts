import type { ModelSignature } from '@kaizen/contracts'
import { batchKey, usualBatchRule } from '../batching.ts'
import type { RunOptions, Tensor, Tensors } from '../model.ts'
import { WorkCounter } from '../model-work.ts'
import { type Job, RunQueue } from '../onnx/run-queue.ts'
import { type Compute, SharedRuns } from '../onnx/shared-runs.ts'

/** Code may do anything with its rows, so more is compared than of a graph. */
const checkedRuns = 8
/** A shared run that takes more of the time of its requests alone does not pay: the first of them wait for the last. */
const worthwhile = 0.6
/** A shared run shall take no longer, so that none is taken for one that hangs. */
const mostMs = 1000
const firstMost = 8
const largestMost = 128
/** After so many runs alone it is seen again whether sharing pays. */
const triedEvery = 16
/** How much the newest run says about the next. */
const newest = 0.25

export interface WaitingRunsOptions {
  readonly signature: ModelSignature
  /** False for what may look at its rows together. */
  readonly isRowWise: boolean
  /** Told when what waits may no longer wait for others. */
  readonly onDue: () => void
}

/** Requests of one model in Python that wait for a process, and how those that waited are computed together. */
export class WaitingRuns {
  readonly work = new WorkCounter()
  readonly #options: WaitingRunsOptions
  readonly #queue = new RunQueue()
  readonly #shared = new SharedRuns(this.work, checkedRuns)
  #nextAlone = 1
  /** Most requests of a run: twice as many while that pays, half as many when it does not. */
  #most = firstMost
  /** What a request takes alone. */
  #aloneMs: number | undefined
  #sinceTried = 0
  #due: NodeJS.Timeout | undefined

  constructor(options: WaitingRunsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#queue.size
  }

  push(job: Job): void {
    this.#queue.push(this.#groupOf(job), job)
    this.work.queued++
  }

  /** What a process that is free computes next; undefined while nothing waits, or what waits may wait for others. */
  take(): readonly Job[] | undefined {
    clearTimeout(this.#due)
    if (this.#queue.size === 0) return undefined
    const now = performance.now()
    const jobs = this.#queue.take(now, { mostJobs: this.#aloneMs === undefined ? 1 : this.#most })
    if (jobs) this.work.queued -= jobs.length
    else this.#due = setTimeout(this.#options.onDue, this.#queue.dueInMs(now) ?? 0).unref()
    return jobs
  }

  /** Takes out everything that waits. */
  takeAll(): readonly Job[] {
    this.work.queued = 0
    return this.#queue.expire(Number.POSITIVE_INFINITY)
  }

  /** Settles every job; what one of them fails by fails no other. */
  answer(jobs: readonly Job[], run: (inputs: readonly Tensor[]) => Promise<Tensor[]>) {
    const compute: Compute = async (inputs) => {
      const startedAt = performance.now()
      const outputs = await run(inputs)
      const computeMs = performance.now() - startedAt
      const isAlone = jobs.some((job) => job.inputs === inputs)
      this.#observe(isAlone ? 1 : jobs.length, computeMs)
      return { outputs, computeMs }
    }
    return this.#shared.answer(jobs, compute)
  }

  #observe(requests: number, ms: number): void {
    if (requests === 1) {
      this.#aloneMs = (this.#aloneMs ?? ms) * (1 - newest) + ms * newest
      if (this.#most > 1 || ++this.#sinceTried < triedEvery) return
      this.#most = 2
    } else if (ms > mostMs || ms > worthwhile * requests * (this.#aloneMs ?? ms)) {
      this.#most = Math.max(1, Math.floor(requests / 2))
    } else if (requests >= this.#most) this.#most = Math.min(largestMost, 2 * this.#most)
    this.#sinceTried = 0
  }

  #groupOf({ inputs, rule }: Job): string {
    const { isRowWise, signature } = this.#options
    const mayShare = isRowWise && this.#shared.allowed
    const key = mayShare ? batchKey(signature, inputs) : undefined
    if (key === undefined) return `alone ${this.#nextAlone++}`
    return `${rule.maxRows} ${rule.maxDelayMs} ${key}`
  }
}

/** A request as one that may share a run; resolves with all outputs in the order of the signature. */
export function jobOf(
  { inputs, rows }: { readonly inputs: readonly Tensor[]; readonly rows: number | undefined },
  options: RunOptions | undefined,
): { readonly job: Job; readonly answer: Promise<readonly Tensor[]> } {
  const { promise: answer, resolve, reject } = Promise.withResolvers<readonly Tensor[]>()
  const job: Job = {
    inputs,
    rows: rows ?? 1,
    elements: inputs.reduce((sum, { data }) => sum + data.length, 0),
    rule: options?.batching ?? usualBatchRule,
    arrivedAt: performance.now(),
    resolve: (outputs, ran) => {
      options?.onRan?.(ran)
      resolve(outputs)
    },
    reject,
  }
  return { job, answer }
}

export const byName = (specs: ModelSignature['outputs'], tensors: readonly Tensor[]): Tensors =>
  Object.fromEntries(specs.map(({ name }, i) => [name, tensors[i]!]))
