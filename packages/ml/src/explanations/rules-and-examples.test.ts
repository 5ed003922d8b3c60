import { describe, expect, it } from 'vitest'
import { requireOk } from '../outcome.ts'
import { seededRandom } from '../random/random.ts'
import { anchor } from './anchor.ts'
import { counterfactuals } from './counterfactuals.ts'
import { prototypes } from './prototypes.ts'
import type { Predict } from './shapley.ts'

const random = seededRandom(12)
const known = Array.from({ length: 400 }, () => Float64Array.from({ length: 3 }, random))
/** Yes for a large first feature; the second helps a little; the third says nothing. */
const predict: Predict = (rows) => rows.map((row) => (row[0]! + 0.2 * row[1]! > 0.8 ? 1 : 0))

describe('counterfactuals', () => {
  const row = Float64Array.of(0.3, 0.5, 0.5)
  const isWanted = (output: number) => output === 1

  it('change what matters, no further than needed', () => {
    const { found } = requireOk(counterfactuals(predict, { row, known }, { isWanted }))
    expect(found[0]!.changed).toEqual([0])
    expect(found[0]!.row[0]).toBeCloseTo(0.7, 4)
    for (const { row: one, output } of found) expect([output, predict([one])[0]]).toEqual([1, 1])
    expect(found.map(({ distance }) => distance)).toEqual(
      found.map(({ distance }) => distance).toSorted((a, b) => a - b),
    )
  })

  it('leave fixed features alone, and say when nothing is known to help', () => {
    const other = counterfactuals(predict, { row, known }, { isWanted, mutable: [1, 2] })
    expect(other).toMatchObject({
      status: 'insufficient',
      what: 'known rows of the wanted outcome',
    })
    expect(row).toEqual(Float64Array.of(0.3, 0.5, 0.5))
  })
})

describe('an anchor', () => {
  it('is the condition under which the verdict stays', () => {
    const found = requireOk(
      anchor(predict, { row: [0.95, 0.5, 0.5], known }, { precision: 0.9, seed: 1 }),
    )
    expect(found.terms.map(({ feature }) => feature)).toContain(0)
    expect(found.terms.map(({ feature }) => feature)).not.toContain(2)
    expect(found).toMatchObject({ holds: true })
    expect(found.precisionLower).toBeGreaterThanOrEqual(0.9)
    expect(found.coverage).toBeLessThan(0.5)
  })

  it('of a model with one answer has no condition and covers all', () => {
    const found = anchor((rows) => rows.map(() => 1), { row: [0, 0, 0], known })
    expect(found).toMatchObject({ terms: [], precision: 1, coverage: 1, holds: true })
  })
})

describe('prototypes', () => {
  const cluster = (x: number, n: number) =>
    Array.from({ length: n }, () => [x + 0.1 * random(), 0.1 * random()])
  const rows = [...cluster(0, 30), ...cluster(5, 30), ...cluster(10, 30), [20, 20]]

  it('come from each cluster, criticisms from outside', () => {
    const found = requireOk(prototypes(rows, { prototypes: 3, criticisms: 1, sigma: 1 }))
    expect(found.prototypes.map((i) => Math.floor(i / 30)).toSorted()).toEqual([0, 1, 2])
    expect(found.criticisms).toEqual([90])
  })

  it('that are all rows lose nothing', () => {
    const few = rows.slice(0, 6)
    expect(requireOk(prototypes(few, { prototypes: 6 })).mmd2).toBeCloseTo(0, 12)
    expect(prototypes(few, { prototypes: 7 })).toMatchObject({ have: 6, need: 7 })
  })
})
