import { describe, expect, test } from 'vitest'
import { permutation, seededRandom } from '../random/random.ts'
import { rankingAt, rankingMetrics } from './ranking-at.ts'

describe('the first items of a ranking', () => {
  // By hand: relevant are the first, third and sixth by score.
  const relevance = [2, 0, 1, 0, 0, 1]
  const score = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]

  test('have the figures of the textbook', () => {
    expect(rankingAt(relevance, score, 3)).toEqual({
      precision: 2 / 3,
      recall: 2 / 3,
      hit: 1,
      reciprocalRank: 1,
      averagePrecision: (1 + 2 / 3) / 3,
      normalizedGain: expect.closeTo(2.5 / (2 + 1 / Math.log2(3) + 0.5), 12),
    })
    expect(rankingAt([0, 0, 1], [3, 2, 1], 2)).toMatchObject({
      hit: 0,
      reciprocalRank: 0,
      recall: 0,
    })
    expect(rankingAt([0, 0], [3, 2], 5)).toMatchObject({
      recall: null,
      averagePrecision: null,
      precision: 0,
    })
  })

  test('do not hang on the order of the rows, and a constant score earns what the worst order does', () => {
    const tied = score.map((value) => Math.round(value))
    const order = permutation(relevance.length, seededRandom(3))
    const moved = (values: readonly number[]) => Array.from(order, (row) => values[row]!)
    for (const k of [1, 2, 6])
      expect(rankingAt(moved(relevance), moved(tied), k)).toEqual(rankingAt(relevance, tied, k))
    expect(rankingAt([1, 0], [5, 5], 1)).toMatchObject({ precision: 0, hit: 0 })
  })

  test('are averaged over the queries that have a figure', () => {
    const queries = [
      { relevance, score },
      { relevance: [0, 0], score: [1, 2] },
    ]
    expect(rankingMetrics(queries, 1)).toMatchObject({
      queries: 2,
      precision: 0.5,
      hitRate: 0.5,
      meanReciprocalRank: 0.5,
      recall: 1 / 3,
      meanAveragePrecision: 1,
    })
    expect(rankingMetrics([], 1)).toMatchObject({ status: 'insufficient', have: 0 })
    expect(() => rankingAt(relevance, score, 0)).toThrow('k is 0')
  })
})
