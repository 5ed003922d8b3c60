import { describe, expect, it } from 'vitest'
import { drawnPlaces } from './drawn-places.ts'

describe('drawnPlaces', () => {
  it.each([2, 3, 5, 7, 10, 24, 60, 168])(
    'draws rows that repeat every %i in the proportion in which they are there',
    (period) => {
      for (const [count, most] of [
        [100_000, 5000],
        [120_000, 1000],
        [period * 1000, 500],
      ] as const) {
        const kinds = new Float64Array(period)
        for (const place of drawnPlaces(count, most)) kinds[place % period]!++
        const expected = most / period
        const spread = Math.sqrt(expected * (1 - 1 / period))
        for (const drawn of kinds) expect(Math.abs(drawn - expected)).toBeLessThan(4.5 * spread)
      }
    },
  )

  it('gives rising places, each once, the same every time, and all of few rows', () => {
    const places = drawnPlaces(1_000_003, 5000)
    expect(places).toHaveLength(5000)
    expect(places.every((place, i) => i === 0 || place > places[i - 1]!)).toBe(true)
    expect(places.at(-1)).toBeLessThan(1_000_003)
    expect(drawnPlaces(1_000_003, 5000)).toEqual(places)
    expect(drawnPlaces(3, 10)).toEqual([0, 1, 2])
    expect(drawnPlaces(0, 10)).toEqual([])
  })
})
