import type { JsonValue } from '@kaizen/contracts'
import type { Tx } from '../storage/index.ts'

export const jobStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const
export type JobState = (typeof jobStates)[number]

/** Long work as a row: it survives restarts, runs once at a time, and is tried again by one rule. */
export interface Job {
  readonly id: string
  /** Names the handler, `<stage>.<verb>`. */
  readonly kind: string
  /** At most one unfinished job of a kind has a given key; asking again answers that one. */
  readonly key: string
  readonly payload: JsonValue
  readonly state: JobState
  readonly attempt: number
  readonly maxAttempts: number
  /** Not before this time of the server's clock, in milliseconds. */
  readonly runAt: number
  readonly error: string | null
}

export interface NewJob {
  readonly kind: string
  readonly key: string
  readonly payload: JsonValue
  readonly runAt?: number
  readonly maxAttempts?: number
}

/** What a handler gets: the job and a signal that is aborted on cancel, lost lease or shutdown. */
export interface JobContext {
  readonly job: Job
  readonly signal: AbortSignal
}

/** Does the work of one kind. It may run again after a crash, so it commits by digest or key, never by count. */
export type JobHandler = (context: JobContext) => Promise<void>

/**
 * Writes down what it means to the job's subject that the job has failed, in the transaction that marks it failed:
 * neither is recorded without the other, so that nothing is under way for ever.
 */
export type JobFailed = (tx: Tx, job: Job, failure: unknown) => Promise<void>
