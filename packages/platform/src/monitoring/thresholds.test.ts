import { describe, expect, it } from 'vitest'
import { statisticOf } from './statistic.ts'
import { comparable, fits, judgedBy } from './thresholds.ts'

const day = 86_400_000
const rule = (changes: object) => ({ metric: '*', history: 30, ...changes })
const figure = (value: number | null) =>
  statisticOf({ metric: 'volume:rows', method: 'count', value, rows: 5 })

describe('thresholds', () => {
  it('finds metrics by patterns', () => {
    expect(fits('drift:*:psi', 'drift:temp:psi')).toBe(true)
    expect(fits('drift:*:psi', 'drift:psi')).toBe(false)
    expect(fits('drift:*:psi', 'drift:temp:psi:ks')).toBe(false)
    expect(fits('*', 'anything')).toBe(true)
    expect(fits('*a*b*', 'xaxbx')).toBe(true)
    expect(fits('*a*b*', 'xbxax')).toBe(false)
    expect(fits('drift:temp:ks', 'drift:temp:ks2')).toBe(false)
    expect(fits('aa*aa', 'aaa')).toBe(false)
  })

  it('judges by the variation of earlier windows, on both sides', () => {
    const given = { earlier: [10, 12, 8, 10], reference: null }
    const judged = judgedBy(rule({ deviations: 2 }), figure(13), given)
    // Mean 10, standard deviation √2.
    expect(judged.threshold).toBeCloseTo(10 + 2 * Math.SQRT2, 12)
    expect(judged.lower).toBeCloseTo(10 - 2 * Math.SQRT2, 12)
    expect(judged.drifted).toBe(true)
    expect(judgedBy(rule({ deviations: 2 }), figure(7), given).drifted).toBe(true)
    expect(judgedBy(rule({ deviations: 2 }), figure(11), given).drifted).toBe(false)
  })

  it('has no bound before there is enough to compare with, and no verdict on no value', () => {
    const judged = judgedBy(rule({ deviations: 3 }), figure(1e9), {
      earlier: [1, 2],
      reference: null,
    })
    expect(judged).toMatchObject({
      threshold: null,
      drifted: null,
      note: 'no bound yet: 2 of 3 earlier windows with a value',
    })
    const none = judgedBy(rule({ above: 5 }), figure(null), { earlier: [], reference: null })
    expect(none).toMatchObject({ drifted: null, threshold: 5 })
  })

  it('compares the same hour of earlier weeks, or a period of reference', () => {
    const earlier = Array.from({ length: 28 }, (_, index) => ({ at: index * day, value: index }))
    expect(comparable(rule({ season: '7d' }), 28 * day, earlier)).toEqual([0, 7, 14, 21])
    const baseline = { from: 0, to: 3 * day }
    expect(comparable(rule({ baseline }), 28 * day, earlier)).toEqual([1, 2, 3])
    expect(comparable(rule({ history: 3 }), 28 * day, earlier)).toEqual([25, 26, 27])
    // The window itself is none of its own past.
    expect(comparable(rule({ history: 3 }), 5 * day, earlier)).toEqual([2, 3, 4])
  })

  it('is relative to the reference where there is one', () => {
    const given = { earlier: [], reference: 4 }
    const judged = judgedBy(rule({ aboveReference: 1.25, belowReference: 0.5 }), figure(6), given)
    expect(judged).toMatchObject({ threshold: 5, lower: 2, drifted: true })
    const without = judgedBy(rule({ aboveReference: 1.25 }), figure(6), {
      earlier: [],
      reference: null,
    })
    expect(without.drifted).toBeNull()
  })
})
