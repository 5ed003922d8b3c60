import { describe, expect, it } from 'vitest'
import { countCategories } from './category-counts.ts'

/** What it must come to, by one map of everything. */
function plainly(values: readonly (string | null)[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>()
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
}

describe('countCategories', () => {
  it('counts each value where there are few, the most frequent first, missing ones not', () => {
    expect(countCategories(['b', 'a', null, 'b', true, 7])).toEqual({
      counts: [
        ['b', 2],
        ['7', 1],
        ['a', 1],
        ['true', 1],
      ],
      beyond: { distinct: 0, rows: 0 },
    })
    expect(countCategories([])).toEqual({ counts: [], beyond: { distinct: 0, rows: 0 } })
  })

  it('keeps the known and the 3,000 most frequent of values by the hundred thousand, exactly', () => {
    // Every fifth value repeats, the others occur once; the known ones are rare and stand at the end.
    const values = Array.from({ length: 200_000 }, (_, i) =>
      i % 5 === 0 ? `often-${(i * i) % 997}` : `once-${i}`,
    )
    values.push('known-1', 'known-2', 'known-2')
    const known = new Set(['known-1', 'known-2', 'never'])
    const { counts, beyond } = countCategories(values, known)
    const all = plainly(values)
    const others = all.filter(([value]) => !known.has(value))
    expect(counts.filter(([value]) => known.has(value))).toEqual([
      ['known-2', 2],
      ['known-1', 1],
    ])
    expect(counts.filter(([value]) => !known.has(value))).toEqual(others.slice(0, 3000))
    expect(beyond).toEqual({
      distinct: others.length - 3000,
      rows: others.slice(3000).reduce((sum, [, count]) => sum + count, 0),
    })
  })
})
