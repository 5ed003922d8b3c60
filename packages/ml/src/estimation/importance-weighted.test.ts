import { expect, it } from 'vitest'
import { requireOk } from '../outcome.ts'
import { seededRandom } from '../random/random.ts'
import { densityRatios, importanceWeighted } from './importance-weighted.ts'

const random = seededRandom(8)
const x = Float64Array.from({ length: 20_000 }, random)
const loss = x.map((value) => (random() < value ? 1 : 0))

it('equal weights give the plain mean and its standard error', () => {
  const estimate = requireOk(
    importanceWeighted(
      loss,
      loss.map(() => 3),
    ),
  )
  const mean = loss.reduce((sum, value) => sum + value, 0) / loss.length
  expect(estimate.value).toBeCloseTo(mean, 12)
  expect(estimate.standardError).toBeCloseTo(Math.sqrt((mean * (1 - mean)) / loss.length), 12)
  expect(estimate.effectiveRows).toBeCloseTo(loss.length, 6)
})

it('density ratios carry the mean over to the shifted rows', () => {
  // Current rows have density 2x: their chance against as many uniform rows is 2x / (1 + 2x), their mean loss 2/3.
  const chance = x.map((value) => (2 * value) / (1 + 2 * value))
  const weights = densityRatios(chance, { reference: 1, current: 1 })
  const { value, lower, upper } = requireOk(importanceWeighted(loss, weights))
  expect(Math.abs(value - 2 / 3)).toBeLessThan(0.01)
  expect(lower).toBeLessThan(2 / 3)
  expect(upper).toBeGreaterThan(2 / 3)
})

it('the order of the rows does not matter', () => {
  const reversed = importanceWeighted(loss.toReversed(), x.toReversed())
  expect(requireOk(reversed).value).toBeCloseTo(requireOk(importanceWeighted(loss, x)).value, 12)
})

it('refuses weights that rest on a few rows, and negative ones', () => {
  const lone = loss.map((_, i) => (i < 3 ? 1 : 0))
  expect(importanceWeighted(loss, lone)).toMatchObject({
    status: 'insufficient',
    have: 3,
    need: 10,
  })
  expect(() =>
    importanceWeighted(
      loss,
      loss.map(() => -1),
    ),
  ).toThrow('weight is -1 in row 0')
})
