import { KaizenError, type RolloutAction, type RolloutDecision } from '@kaizen/contracts'
import type { RolloutRecord } from './model.ts'

export interface Transition {
  readonly kind: RolloutDecision['kind']
  readonly next: RolloutRecord
}

/** What an action makes of a rollout: pure. @throws CONFLICT where the state does not allow it */
export function transition(record: RolloutRecord, action: RolloutAction, now: number): Transition {
  const { state, step, spec } = record
  const underWay = state === 'running' || state === 'paused'
  switch (action) {
    case 'pause':
      if (state !== 'running') throw refused(record, action)
      return { kind: 'paused', next: { ...record, state: 'paused' } }
    case 'resume':
      if (state !== 'paused') throw refused(record, action)
      return { kind: 'resumed', next: { ...record, state: 'running' } }
    case 'skip':
      if (!underWay) throw refused(record, action)
      if (step + 1 >= spec.steps.length)
        return { kind: 'promoted', next: ended(record, 'promoted', now) }
      return {
        kind: 'skipped',
        next: { ...record, step: step + 1, stepSince: now, applied: null },
      }
    case 'promote':
      if (!underWay) throw refused(record, action)
      return { kind: 'promoted', next: ended(record, 'promoted', now) }
    case 'rollback':
      // What was promoted can be taken back as long as nobody has set another route.
      if (!underWay && state !== 'promoted') throw refused(record, action)
      return { kind: 'rolled_back', next: ended(record, 'rolled_back', now) }
  }
}

const ended = (
  record: RolloutRecord,
  state: 'promoted' | 'rolled_back',
  now: number,
): RolloutRecord => ({ ...record, state, endedAt: now, applied: null })

const refused = ({ number, state }: RolloutRecord, action: RolloutAction): KaizenError =>
  new KaizenError(
    'CONFLICT',
    `rollout ${number} is ${state.replace('_', ' ')}: it takes no "${action}"`,
    {
      hint: 'Start another rollout, or set a route.',
    },
  )
