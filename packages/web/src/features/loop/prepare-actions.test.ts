import type { LoopView } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { actionsOf } from './prepare-actions.ts'

type State = LoopView['state']
const loop = (state: State, candidate: Partial<NonNullable<LoopView['candidate']>> | null) =>
  ({ policy: 'bike-loop', state, candidate }) as LoopView
const kinds = (view: LoopView): readonly string[] => actionsOf(view).map(({ kind }) => kind)

describe('what a person can do to a loop', () => {
  it.each<readonly [string, LoopView, readonly string[]]>([
    ['an idle one can be pushed', loop('idle', null), ['trigger', 'pause']],
    [
      'so can one whose last candidate has ended',
      loop('cooling-down', { state: 'rejected', endedAt: 1 }),
      ['trigger', 'pause'],
    ],
    [
      'a promotion can be taken back',
      loop('cooling-down', { state: 'promoted', endedAt: 1 }),
      ['trigger', 'rollback', 'pause'],
    ],
    [
      'one that trains can only be paused',
      loop('busy', { state: 'training', endedAt: null }),
      ['pause'],
    ],
    [
      'a rollout can be stopped',
      loop('busy', { state: 'rolling-out', endedAt: null }),
      ['rollback', 'pause'],
    ],
    ['a paused one can be resumed', loop('paused', null), ['resume']],
  ])('%s', (_name, view, expected) => {
    expect(kinds(view)).toEqual(expected)
  })

  it('shows a command that a shell reads as it was meant', () => {
    const [trigger] = actionsOf(loop('idle', null))
    expect(trigger?.command("it's time; rm -rf /")).toBe(
      "kaizen loop trigger bike-loop --ignore-cooldown --reason 'it'\\''s time; rm -rf /'",
    )
  })
})
