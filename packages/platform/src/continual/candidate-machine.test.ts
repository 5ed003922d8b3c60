import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type CandidateEvent,
  type Course,
  nextStanding,
  type Standing,
  startOfCourse,
} from './candidate-machine.ts'
import { hasEnded } from './model.ts'

const course = (steps: number, refit = true): Course => ({ refit, steps })
const walk = (events: readonly CandidateEvent[], on: Course): Standing | undefined =>
  events.reduce<Standing | undefined>(
    (standing, event) => standing && nextStanding(standing, event, on),
    startOfCourse,
  )
const passed: readonly CandidateEvent[] = [
  { kind: 'collected' },
  { kind: 'trained' },
  { kind: 'judged', passed: true },
]

describe('the course of a candidate', () => {
  it('goes from data to champion by way of the gate, the refit and every rollout step', () => {
    const events: readonly CandidateEvent[] = [
      ...passed,
      { kind: 'refitted' },
      { kind: 'step-kept' },
      { kind: 'step-kept' },
      { kind: 'promoted' },
    ]
    const states = events.map((_, index) => walk(events.slice(0, index + 1), course(2))?.state)
    expect(states).toEqual([
      'training',
      'evaluating',
      'refitting',
      'rolling-out',
      'rolling-out',
      'rolling-out',
      'promoted',
    ])
  })

  it('skips the refit and the steps that are not declared', () => {
    expect(walk([...passed, { kind: 'promoted' }], course(0, false))?.state).toBe('promoted')
  })

  it('is not promoted before its last step, nor taken a step too far', () => {
    const rolling = walk([...passed, { kind: 'step-kept' }], course(2, false))!
    expect(nextStanding(rolling, { kind: 'promoted' }, course(2, false))).toBeUndefined()
    const done = nextStanding(rolling, { kind: 'step-kept' }, course(2, false))!
    expect(nextStanding(done, { kind: 'step-kept' }, course(2, false))).toBeUndefined()
  })

  it('ends when the gate refuses it', () => {
    const events: readonly CandidateEvent[] = [
      { kind: 'collected' },
      { kind: 'trained' },
      { kind: 'judged', passed: false },
    ]
    expect(walk(events, course(1))).toMatchObject({ state: 'rejected', passed: false })
  })

  const event: fc.Arbitrary<CandidateEvent> = fc.oneof(
    fc
      .constantFrom<CandidateEvent['kind'][]>(
        'collected',
        'refused',
        'trained',
        'refitted',
        'step-kept',
        'promoted',
        'rolled-back',
        'failed',
        'cancelled',
      )
      .map((kind) => ({ kind }) as CandidateEvent),
    fc.boolean().map((isPassed) => ({ kind: 'judged', passed: isPassed }) as const),
  )
  const anyCourse = fc.record({ refit: fc.boolean(), steps: fc.nat(4) })

  it('never promotes without a passed gate and all steps, and never leaves an end', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), anyCourse, (events, on) => {
        let standing = startOfCourse
        let isPassed = false
        let kept = 0
        let taken = 0
        for (const next of events) {
          const after = nextStanding(standing, next, on)
          if (hasEnded(standing.state)) expect(after).toBeUndefined()
          if (!after) continue
          taken++
          if (next.kind === 'judged' && next.passed) isPassed = true
          if (next.kind === 'step-kept') kept++
          if (after.state === 'promoted') {
            expect(isPassed).toBe(true)
            expect(kept).toBe(on.steps)
          }
          standing = after
        }
        // Every step leads on: no course is longer than its states and rollout steps.
        expect(taken).toBeLessThanOrEqual(5 + on.steps)
      }),
      { numRuns: 500 },
    )
  })

  it('can always go on or end from wherever it stands', () => {
    const every: readonly CandidateEvent[] = [
      { kind: 'collected' },
      { kind: 'trained' },
      { kind: 'judged', passed: true },
      { kind: 'refitted' },
      { kind: 'step-kept' },
      { kind: 'promoted' },
    ]
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), anyCourse, (events, on) => {
        let standing = startOfCourse
        for (const next of events) standing = nextStanding(standing, next, on) ?? standing
        for (let turn = 0; turn < 12 && !hasEnded(standing.state); turn++) {
          const next = every
            .map((candidate) => nextStanding(standing, candidate, on))
            .find((candidate) => candidate !== undefined)
          expect(next).toBeDefined()
          standing = next!
        }
        expect(hasEnded(standing.state)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
