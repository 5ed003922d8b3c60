import { expect, it } from 'vitest'
import { foldFanOuts, type GraphStep, groupState } from './step-groups.ts'

const step = (node: string, dependsOn: readonly string[] = [], kind = node): GraphStep => ({
  node,
  step: kind,
  state: 'succeeded',
  dependsOn,
})

it('folds a fan-out of equal steps into one node, and unfolds it', () => {
  const fan = [
    step('a'),
    ...Array.from({ length: 50 }, (_, index) => step(`f${index}`, ['a'], 'fit')),
    step('z', ['f3']),
  ]
  const folded = foldFanOuts(fan)
  expect(folded.size).toBe(3)
  expect(folded.get('group:f0')?.steps.length).toBe(50)
  expect(folded.get('z')?.parents).toEqual(new Set(['group:f0']))
  expect(foldFanOuts(fan, new Set(['group:f0'])).size).toBe(52)
})

it('tells of the gravest state of a group', () => {
  expect(groupState([step('a'), { ...step('b'), state: 'failed' }])).toBe('failed')
  expect(groupState([step('a'), { ...step('b'), state: 'running' }])).toBe('running')
})
