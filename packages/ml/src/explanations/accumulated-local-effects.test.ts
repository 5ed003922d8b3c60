import { describe, expect, it } from 'vitest'
import { accumulatedLocalEffects } from './accumulated-local-effects.ts'

const linear = (rows: readonly Float64Array[]) => rows.map((row) => 3 * row[0]! + 2 * row[1]!)
const slope = (edges: Float64Array, effects: Float64Array) =>
  (effects.at(-1)! - effects[0]!) / (edges.at(-1)! - edges[0]!)

describe('accumulated local effects', () => {
  it.each([
    ['fewer rows than cells', [0, 1, 5]],
    ['many ties', [1, 1, 1, 1, 1, 1, 2, 2, 9, 9, 9, 30]],
    ['gaps', [0, 0.1, 0.2, 100, 101, 1e6]],
  ])('are linear for a linear model: %s', (_, values) => {
    const rows = values.map((value, i) => Float64Array.of(value, i % 3))
    const { edges, effects, counts } = accumulatedLocalEffects(linear, rows, { feature: 0 })
    expect(slope(edges, effects)).toBeCloseTo(3, 9)
    expect(counts.every((count) => count > 0)).toBe(true)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(rows.length)
  })
})
