import type { ThreadFailure } from './messages.ts'

/** A failure as the thread that computes tells it. */
export class SessionFailure extends Error {
  readonly failure: ThreadFailure

  constructor(failure: ThreadFailure) {
    super(failure.message)
    this.failure = failure
  }
}
