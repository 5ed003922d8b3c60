import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random/random.ts'
import { exactShapley, shapleyValues } from './shapley.ts'
import { ShapleyWalks } from './shapley-walks.ts'
import type { ExplainedTree } from './tree-ensemble.ts'
import { interventionalTreeShap } from './tree-shap-interventional.ts'

const random = seededRandom(7)
const numbers = (count: number) => Float64Array.from({ length: count }, random)
const background = Array.from({ length: 8 }, () => numbers(5))
const row = numbers(5)
type Model = (row: ArrayLike<number>) => number

function walked(model: Model, cycles: number): ShapleyWalks {
  const game = { features: 5, background: background.length, targets: 1, seed: 3 }
  const walks = new ShapleyWalks(game)
  for (let i = 0; i < cycles * background.length; i++) {
    const walk = walks.next()
    const from = background[walk.background]!
    const mixed = walk.masks.map((mask) => from.map((value, j) => (mask[j] ? row[j]! : value)))
    walks.add(walk, [mixed.map(model)], [[model(from), model(row)]])
  }
  return walks
}
const exact = (model: Model) =>
  exactShapley((rows) => rows.map(model), [row], background).values[0]!
const sumOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0)

describe('Shapley values by walks', () => {
  it('are exact after one visit to every background row where the model adds its features up', () => {
    const linear: Model = (x) => 3 * x[0]! - 2 * x[1]! + x[3]! + 7
    const walks = walked(linear, 1)
    expect(walks.isAdditive(1e-9)).toBe(true)
    exact(linear).forEach((value, i) => {
      expect(walks.values(0).values[i]).toBeCloseTo(value, 12)
    })
  })

  it('are not called additive where features work together, and come near with more walks', () => {
    const model: Model = (x) => x[0]! * x[1]! ** 2 * x[2]! * 9 + Math.max(x[3]!, x[4]!, x[0]!)
    const truth = exact(model)
    const gapOf = (cycles: number): number => {
      const walks = walked(model, cycles)
      expect(walks.isAdditive(1e-6)).toBe(false)
      const { values, baseValue } = walks.values(0)
      expect(baseValue + sumOf(values)).toBeCloseTo(model(row), 12)
      return Math.max(...values.map((value, i) => Math.abs(value - truth[i]!)))
    }
    expect(gapOf(200)).toBeLessThan(0.01)
    expect(gapOf(200)).toBeLessThan(gapOf(1))
    expect(walked(model, 200).standardError(0)).toBeLessThan(0.02)
  })

  it('say nothing of their error after one walk, and explain one feature without any mixed row', () => {
    const walks = new ShapleyWalks({ features: 1, background: 1, targets: 1, seed: 1 })
    expect(walks.standardError(0)).toBe(Number.POSITIVE_INFINITY)
    const walk = walks.next()
    expect(walk.masks).toEqual([])
    walks.add(walk, [[]], [[2, 5]])
    expect(walks.values(0)).toEqual({ baseValue: 2, values: Float64Array.of(3) })
  })
})

it('Shapley values of all coalitions: the glove game', () => {
  // One left glove (bit 0) and two right ones: 2/3, 1/6, 1/6.
  const worth = [0, 0, 0, 1, 0, 1, 0, 1]
  const values = shapleyValues(worth, 3)
  expect(Array.from(values, (value) => value.toFixed(6))).toEqual([
    '0.666667',
    '0.166667',
    '0.166667',
  ])
})

it('interventional values of players that hold several features each equal those of the game between them', () => {
  // Features 0 and 1 are one player, feature 2 another.
  const tree: ExplainedTree = {
    left: Int32Array.of(1, 3, 5, -1, -1, -1, -1),
    right: Int32Array.of(2, 4, 6, -1, -1, -1, -1),
    feature: Int32Array.of(0, 1, 2, 0, 0, 0, 0),
    threshold: Float64Array.of(0.5, 0.5, 0.5, 0, 0, 0, 0),
    value: Float64Array.of(0, 0, 0, 1, 5, 11, 2),
    cover: new Float64Array(7).fill(1),
  }
  const ensemble = { features: 3, base: 1, scale: 1, trees: [tree] }
  const players = { of: Int32Array.of(0, 0, 1), count: 2 }
  const rows = [Float64Array.of(0.2, 0.9, 0.1)]
  const others = [Float64Array.of(0.8, 0.1, 0.9), Float64Array.of(0.1, 0.2, 0.9)]
  const found = interventionalTreeShap(ensemble, rows, others, players)
  const leafOf = (x: ArrayLike<number>) =>
    1 + (x[0]! <= 0.5 ? (x[1]! <= 0.5 ? 1 : 5) : x[2]! <= 0.5 ? 11 : 2)
  const worth = [0, 1, 2, 3].map((mask) => {
    const mixed = others.map((other) =>
      other.map((value, j) => ((mask >> players.of[j]!) & 1 ? rows[0]![j]! : value)),
    )
    return mixed.reduce((sum, x) => sum + leafOf(x) / others.length, 0)
  })
  shapleyValues(worth, 2).forEach((value, i) => {
    expect(found.values[0]![i]).toBeCloseTo(value, 12)
  })
})
