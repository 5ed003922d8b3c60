import { expect, it } from 'vitest'
import { firstSorted } from './largest.ts'

const ascending = (a: number, b: number): number => a - b

it.each([0, 1, 5, 9, 10, 11, 1000])(
  'the first of %i items in order, and all of them once',
  (size) => {
    const items = Array.from({ length: size }, (_, i) => (i * 7919) % 1009)
    const before = [...items]
    const found = firstSorted(items, 5, ascending)
    expect(found.slice(0, 5)).toEqual([...items].sort(ascending).slice(0, 5))
    expect([...found].sort(ascending)).toEqual([...items].sort(ascending))
    expect(firstSorted(items.toReversed(), 5, ascending).slice(0, 5)).toEqual(found.slice(0, 5))
    expect(items).toEqual(before)
  },
)
