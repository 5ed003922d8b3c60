import { expect, it } from 'vitest'
import { placeOn, scaleOf } from './posterior-scale.ts'

const arm = (lower: number | null, meanReward: number | null, upper: number | null) => ({
  lower,
  upper,
  meanReward,
})

it('lays the posteriors of all arms on one scale', () => {
  const arms = [arm(0.2, 0.3, 0.4), arm(0.3, null, 0.7), arm(null, null, null)]
  const scale = scaleOf(arms)!
  expect(scale).toEqual({ low: 0.2, high: 0.7 })
  expect(placeOn(scale, arms[0]!)?.from).toBe(0)
  expect(placeOn(scale, arms[0]!)?.width).toBeCloseTo(40)
  expect(placeOn(scale, arms[1]!)?.mean).toBeCloseTo(60)
  expect(placeOn(scale, arms[2]!)).toBeUndefined()
})

it('has no scale before anything is known', () => {
  expect(scaleOf([])).toBeUndefined()
  expect(scaleOf([arm(null, null, null), arm(0.5, 0.5, 0.5)])).toBeUndefined()
})
