import { describe, expect, it } from 'vitest'
import { checkRoute, percentile } from './rules.ts'

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
