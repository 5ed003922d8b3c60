import type { RolloutView } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { rollout } from '../../../dev/fixture/rollouts.ts'
import { endpoint } from '../../../dev/fixture/serving.ts'
import { actionsOf, parseSteps, reweighted, stepsOf, weightsProblem } from './rollout-model.ts'

const at = (rest: Partial<RolloutView>): RolloutView => ({ ...rollout, ...rest })

describe('a rollout', () => {
  it('tells how far each step has come', () => {
    const states = (view: RolloutView) => stepsOf(view).map(({ state }) => state)
    expect(states(at({ state: 'running', step: 1 }))).toEqual(['passed', 'running', 'waiting'])
    expect(states(at({ state: 'promoted', step: 2 }))).toEqual(['passed', 'passed', 'passed'])
    expect(states(at({ state: 'rolled_back', step: 0 }))).toEqual([
      'rolled_back',
      'waiting',
      'waiting',
    ])
  })

  it('offers what its state allows', () => {
    const offered = (view: RolloutView) => actionsOf(view).map(({ action }) => action)
    expect(offered(at({ state: 'running', step: 0 }))).toEqual([
      'promote',
      'skip',
      'pause',
      'rollback',
    ])
    expect(offered(at({ state: 'paused', step: 2 }))).toEqual(['promote', 'resume', 'rollback'])
    expect(offered(at({ state: 'promoted' }))).toEqual(['rollback'])
    expect(offered(at({ state: 'overruled' }))).toEqual([])
  })
})

it('takes steps in percent and says which is wrong', () => {
  expect(parseSteps('5:10m:500, 50 % : 1h : 5000')).toEqual({
    ok: true,
    steps: [
      { weight: 0.05, duration: '10m', minSamples: 500 },
      { weight: 0.5, duration: '1h', minSamples: 5000 },
    ],
  })
  for (const text of ['', '5', '0:1m:1', '101:1m:1', '5:soon:1', '50:1m:1,5:1m:1']) {
    expect(parseSteps(text).ok).toBe(false)
  }
})

it('holds weights to 100 percent and keeps versions', () => {
  expect(weightsProblem(['70', '30'])).toBeNull()
  expect(weightsProblem(['70', '20'])).toMatch(/90 %/)
  expect(weightsProblem(['', '100'])).toMatch(/0 to 100/)
  const route = reweighted(endpoint, new Map([['champion', 40]]))
  expect(route.arms[0]).toMatchObject({ name: 'champion', weight: 0.4 })
  expect(route.arms[0]?.model).toMatch(/^models:\/bike-demand\/\d+$/)
})
