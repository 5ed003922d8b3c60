import { expect, it } from 'vitest'
import { linearShap } from './linear-shap.ts'
import { exactShapley } from './shapley.ts'

const model = { intercept: 0.5, coefficients: [2, -1, 0] }
const rows = [
  [1, 2, 3],
  [0, 0, 9],
]
const background = [
  [0, 1, 5],
  [2, 3, 1],
  [1, 5, 0],
]

it('is what all coalitions give', () => {
  const exact = exactShapley(
    (many) => many.map((row) => 0.5 + 2 * row[0]! - row[1]!),
    rows,
    background,
  )
  const linear = linearShap(model, rows, background)
  expect(linear.baseValue).toBeCloseTo(exact.baseValue, 12)
  linear.values.forEach((values, i) => {
    values.forEach((value, k) => {
      expect(value).toBeCloseTo(exact.values[i]![k]!, 12)
    })
  })
  expect(Array.from(linear.predictions)).toEqual([0.5, 0.5])
})

it('refuses rows that do not fit', () => {
  expect(() => linearShap(model, [[1, 2]], background)).toThrow(/2 values for 3/u)
  expect(() => linearShap(model, rows, [])).toThrow(/no background/u)
})
