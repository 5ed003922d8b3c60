import type { CandidateState } from './model.ts'

/** Where a candidate stands, as far as its next state depends on it. */
export interface Standing {
  readonly state: CandidateState
  /** Whether its gate has passed. */
  readonly passed: boolean
  /** The rollout step under way, of `Course.steps`. */
  readonly step: number
}

/** What lies before a candidate. */
export interface Course {
  /** Whether it is trained once more after the gate. */
  readonly refit: boolean
  /** Rollout steps; none for the first model of an endpoint. */
  readonly steps: number
}

/** What can happen to a candidate. */
export type CandidateEvent =
  /** The data and the windows are there, and training has begun. */
  | { readonly kind: 'collected' }
  /** There are too few rows to train or to judge. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'trained' }
  | { readonly kind: 'judged'; readonly passed: boolean }
  | { readonly kind: 'refitted' }
  /** A rollout step has run its time with its guardrails kept. */
  | { readonly kind: 'step-kept' }
  | { readonly kind: 'promoted' }
  | { readonly kind: 'rolled-back' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'cancelled' }

export const startOfCourse: Standing = { state: 'collecting', passed: false, step: 0 }

/**
 * The next standing of a candidate, or undefined when the event cannot happen to it. Only a candidate whose gate has
 * passed is rolled out, only one that has kept every rollout step is promoted, and an end is never left.
 */
export function nextStanding(
  standing: Standing,
  event: CandidateEvent,
  course: Course,
): Standing | undefined {
  const { state } = standing
  const to = (next: CandidateState): Standing => ({ ...standing, state: next })
  if (isEnd(state)) return undefined
  switch (event.kind) {
    case 'failed':
      return to('failed')
    case 'cancelled':
      return to('cancelled')
    case 'collected':
      return state === 'collecting' ? to('training') : undefined
    case 'refused':
      return state === 'collecting' || state === 'evaluating' ? to('rejected') : undefined
    case 'trained':
      return state === 'training' ? to('evaluating') : undefined
    case 'judged':
      if (state !== 'evaluating') return undefined
      if (!event.passed) return to('rejected')
      return { ...to(course.refit ? 'refitting' : 'rolling-out'), passed: true }
    case 'refitted':
      return state === 'refitting' ? to('rolling-out') : undefined
    case 'step-kept':
      return state === 'rolling-out' && standing.step < course.steps
        ? { ...standing, step: standing.step + 1 }
        : undefined
    case 'promoted':
      return state === 'rolling-out' && standing.passed && standing.step === course.steps
        ? to('promoted')
        : undefined
    case 'rolled-back':
      return state === 'rolling-out' ? to('rolled-back') : undefined
  }
}

function isEnd(state: CandidateState): boolean {
  switch (state) {
    case 'promoted':
    case 'rejected':
    case 'rolled-back':
    case 'failed':
    case 'cancelled':
      return true
    case 'collecting':
    case 'training':
    case 'evaluating':
    case 'refitting':
    case 'rolling-out':
      return false
  }
}
