import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkRoute, chooseArm, percentile, unitHash } from './rules.ts'

const arms = (...weights: number[]) =>
  weights.map((weight, i) => ({ name: `arm-${i}`, weight })) as [
    { name: string; weight: number },
    ...{ name: string; weight: number }[],
  ]

describe('chooseArm', () => {
  it('shares traffic by weight', () => {
    const counts = new Map<string, number>()
    for (let i = 0; i < 20_000; i++) {
      const { name } = chooseArm(arms(0.7, 0.2, 0.1), `id-${i}`)
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    // Four standard deviations of a binomial share of 20,000.
    expect(Math.abs(counts.get('arm-0')! - 14_000)).toBeLessThan(4 * 65)
    expect(Math.abs(counts.get('arm-1')! - 4000)).toBeLessThan(4 * 57)
    expect(Math.abs(counts.get('arm-2')! - 2000)).toBeLessThan(4 * 43)
  })

  it('gives an id the same arm, and as the canary grows only moves ids to it', () => {
    fc.assert(
      fc.property(fc.string(), fc.double({ min: 0, max: 1, noNaN: true }), (id, share) => {
        const before = chooseArm(arms(1 - share / 2, share / 2), id)
        const after = chooseArm(arms(1 - share, share), id)
        expect(chooseArm(arms(1 - share, share), id).name).toBe(after.name)
        if (before.name === 'arm-1') expect(after.name).toBe('arm-1')
      }),
    )
  })

  it('never chooses an arm without weight', () => {
    fc.assert(
      fc.property(fc.string(), (id) => chooseArm(arms(0, 1 - 1e-9, 0), id).name === 'arm-1'),
    )
  })
})

it('spreads ids that follow each other over the whole range', () => {
  const cells = new Array<number>(10).fill(0)
  for (let i = 0; i < 10_000; i++) cells[Math.floor(unitHash(`2011-01-${i}`) * 10)]!++
  for (const count of cells) expect(Math.abs(count - 1000)).toBeLessThan(120)
})

describe('checkRoute', () => {
  const arm = (name: string, weight: number, mode: 'live' | 'shadow' = 'live') => ({
    name,
    weight,
    mode,
    model: 'models:/a/1',
  })
  it('takes weights that add up to one, shadows aside', () => {
    expect(() =>
      checkRoute({ arms: [arm('a', 0.1), arm('b', 0.2), arm('c', 0.7), arm('d', 1, 'shadow')] }),
    ).not.toThrow()
  })
  it.each([
    ['too little', [arm('a', 0.5)]],
    ['too much', [arm('a', 0.8), arm('b', 0.8)]],
    ['no live arm', [arm('a', 1, 'shadow')]],
    ['a name twice', [arm('a', 0.5), arm('a', 0.5)]],
  ])('refuses %s', (_name, given) => {
    expect(() => checkRoute({ arms: given })).toThrow(/body\.arms/)
  })
})

it('takes percentiles of sorted values', () => {
  expect(percentile([], 0.5)).toBeNull()
  expect(percentile([1, 2, 3, 4], 0.5)).toBe(3)
  expect(percentile([1, 2, 3, 4], 0.99)).toBe(4)
})
