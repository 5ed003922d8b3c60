import { isKaizenError } from '@kaizen/contracts'
import { differ, mergeInputs, sameAnswers, splitOutputs } from '../batching.ts'
import type { Tensor } from '../model.ts'
import type { WorkCounter } from '../model-work.ts'
import type { Job } from './run-queue.ts'

/** Computes tensors in some place: the outputs in the order asked for, and how long they took. */
export type Compute = (
  inputs: readonly Tensor[],
) => Promise<{ readonly outputs: readonly Tensor[]; readonly computeMs: number }>

/** Runs of several requests that are held against the same requests alone before a model is trusted, unless told. */
const usualCheckedRuns = 2

/**
 * Computes requests to one model together. Whether a model treats each row by itself no file tells, so the first runs are
 * computed both ways and compared: callers get the answers computed alone, and a model that mixes rows is never given
 * rows of several requests again.
 */
export class SharedRuns {
  readonly #work: WorkCounter
  readonly #checkedRuns: number
  #agreed = 0
  #mixes = false

  constructor(work: WorkCounter, checkedRuns = usualCheckedRuns) {
    this.#work = work
    this.#checkedRuns = checkedRuns
  }

  /** False for a model that was seen to mix rows. */
  get allowed(): boolean {
    return !this.#mixes
  }

  /** Settles every job; what one of them fails by fails no other. */
  async answer(jobs: readonly Job[], compute: Compute): Promise<void> {
    const [first, second] = jobs
    if (!first) return
    if (!second || this.#mixes) return this.#answerAlone(jobs, compute)
    if (this.#agreed < this.#checkedRuns) return this.#check(jobs, compute)
    const rows = jobs.map((job) => job.rows)
    const ran = { requests: jobs.length, rows: rows.reduce((sum, each) => sum + each, 0) }
    let parts: Tensor[][] | undefined
    try {
      const { outputs } = await compute(mergeInputs(jobs.map(({ inputs }) => inputs)))
      parts = splitOutputs(outputs, rows)
    } catch {
      // One of them may be what the model refuses, or what it hangs on: each has its own fate alone.
      return this.#answerAlone(jobs, compute)
    }
    this.#work.ran(ran)
    if (!parts) {
      this.#mixes = true
      return this.#answerAlone(jobs, compute)
    }
    jobs.forEach((job, i) => {
      job.resolve(parts[i]!, ran)
    })
  }

  async #answerAlone(jobs: readonly Job[], compute: Compute): Promise<void> {
    await Promise.all(jobs.map((job) => this.#alone(job, compute)))
  }

  async #alone(job: Job, compute: Compute): Promise<readonly Tensor[] | undefined> {
    try {
      const { outputs } = await compute(job.inputs)
      const ran = { requests: 1, rows: job.rows }
      this.#work.ran(ran)
      job.resolve(outputs, ran)
      return outputs
    } catch (failure) {
      job.reject(failure)
      return undefined
    }
  }

  async #check(jobs: readonly Job[], compute: Compute): Promise<void> {
    const alone = await Promise.all(jobs.map((job) => this.#alone(job, compute)))
    const tells = jobs.some((job) => differ(job.inputs, jobs[0]!.inputs))
    if (!tells || alone.includes(undefined)) return
    try {
      const { outputs } = await compute(mergeInputs(jobs.map(({ inputs }) => inputs)))
      const parts = splitOutputs(
        outputs,
        jobs.map(({ rows }) => rows),
      )
      if (parts?.every((part, i) => sameAnswers(alone[i]!, part))) this.#agreed++
      else this.#mixes = true
    } catch (failure) {
      // What each was answered alone the model refuses from them together; a lost thread says nothing about it.
      if (isKaizenError(failure) && failure.code === 'INVALID_TENSOR') this.#mixes = true
    }
  }
}
