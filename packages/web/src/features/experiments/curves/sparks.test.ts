import { expect, it } from 'vitest'
import { runAt } from '../../../../dev/fixture/tracking.ts'
import { readRun } from '../wire.ts'
import { neighboursOf, sparkPath } from './sparks.ts'

it('asks for sparklines in batches of runs that stand together', () => {
  const runs = Array.from({ length: 120 }, (_, number) => readRun(runAt(number)))
  const neighbours = neighboursOf(runs)
  expect(new Set(neighbours.values()).size).toBe(3)
  expect(neighbours.get(runs[119]?.id ?? '')).toHaveLength(20)
})

it('draws from edge to edge, flat in the middle, broken at what is not finite', () => {
  const size = { width: 12, height: 14 }
  expect(sparkPath([0, 1], size)).toBe('M1.0 12.0L11.0 2.0')
  expect(sparkPath([5, 5], size)).toBe('M1.0 7.0L11.0 7.0')
  expect(sparkPath([0, Number.NaN, 1], size)).toBe('M1.0 12.0M11.0 2.0')
  expect(sparkPath([1], size)).toBe('')
})
