import { expect, it } from 'vitest'
import { areaUnderCurve, logLoss, rootMeanSquaredError } from './scores.ts'

it('scores by definition', () => {
  expect(rootMeanSquaredError([1, 2], [4, 6])).toBeCloseTo(Math.sqrt(12.5), 12)
  expect(logLoss([0.8, 0.4], [1, 0])).toBeCloseTo(-(Math.log(0.8) + Math.log(0.6)) / 2, 12)
  // Of the four pairs three are in order and one is a tie.
  expect(areaUnderCurve([0.1, 0.5, 0.5, 0.9], [0, 0, 1, 1])).toBeCloseTo(3.5 / 4, 12)
})
