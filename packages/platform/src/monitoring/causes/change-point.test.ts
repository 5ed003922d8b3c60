import { seededRandom } from '@kaizen/ml/random'
import { describe, expect, it } from 'vitest'
import { changePointOf } from './change-point.ts'

const noise = (seed: number, count: number): number[] => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => random() + random() + random() - 1.5)
}

describe('changePointOf', () => {
  it('finds a change of level where it is', () => {
    const values = noise(1, 100).map((value, index) => value + (index >= 60 ? 3 : 0))
    const found = changePointOf(values)
    expect(found?.index).toBe(60)
    expect(found?.after).toBeGreaterThan(found!.before + 2.5)
    expect(found?.pValue).toBeLessThan(1e-6)
  })

  it('finds one between two constants', () => {
    expect(changePointOf([1, 1, 1, 1, 5, 5, 5])).toMatchObject({ index: 4, before: 1, after: 5 })
  })

  it('finds none in noise, in a constant, or in too little', () => {
    // The best of many places looks like a change more often than a single test: fewer than 5 of 200.
    const chance = Array.from({ length: 200 }, (_, seed) => changePointOf(noise(seed + 10, 60)))
    expect(chance.filter((found) => found !== null).length).toBeLessThan(5)
    expect(changePointOf([2, 2, 2, 2, 2, 2, 2])).toBeNull()
    expect(changePointOf([1, 1, 9, 9, 9])).toBeNull()
    expect(changePointOf([])).toBeNull()
  })
})
