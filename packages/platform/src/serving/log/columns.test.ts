import fc from 'fast-check'
import { expect, it } from 'vitest'
import { halfToNumber, shortestDouble } from './columns.ts'

it('writes a float32 as a double that rounds to it, decimals as they were', () => {
  for (const decimal of [0.24, 0.8, -17.35, 1e-5, 123456.7, 0]) {
    expect(shortestDouble(Math.fround(decimal))).toBe(decimal)
  }
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (value) => Math.fround(shortestDouble(value)) === value),
  )
})

it('reads half floats', () => {
  expect([0x3c00, 0xc000, 0x0001, 0x7c00, 0xfc00, 0x3555].map(halfToNumber)).toEqual([
    1,
    -2,
    2 ** -24,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0.333251953125,
  ])
  expect(halfToNumber(0x7e00)).toBeNaN()
})
