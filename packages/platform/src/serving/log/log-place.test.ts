import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isBefore, placeInPart, rowInPart } from './log-place.ts'

it('keeps the place of each row when segments become one part', () => {
  const sizes = fc.array(fc.nat(5), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 9 }), (rows, first) => {
      const starts = rows.map((_, i) => rows.slice(0, i).reduce((sum, n) => sum + n, 0))
      let before = { segment: 0, row: 0 }
      for (const [i, count] of rows.entries()) {
        for (let row = 0; row < count; row++) {
          const place = { segment: first + i, row }
          const inPart = rowInPart({ first, starts }, place)
          expect(inPart).toBe(starts[i]! + row)
          expect(placeInPart({ first, starts }, inPart)).toEqual(place)
          expect(isBefore(before, place)).toBe(true)
          expect(isBefore(place, before)).toBe(false)
          before = place
        }
      }
    }),
  )
})

it('begins a part that is ahead, and takes one that does not say where its segments began for one', () => {
  expect(rowInPart({ first: 4, starts: [0, 3] }, { segment: 2, row: 9 })).toBe(0)
  expect(rowInPart({ first: 4 }, { segment: 4, row: 9 })).toBe(9)
  expect(rowInPart({ first: 4 }, { segment: 5, row: 0 })).toBe(Number.MAX_SAFE_INTEGER)
  expect(placeInPart({ first: 4 }, 9)).toEqual({ segment: 4, row: 9 })
})
