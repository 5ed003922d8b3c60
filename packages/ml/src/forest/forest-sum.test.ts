import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random/index.ts'
import { checkForest, type Forest } from './forest.ts'
import { type Aggregate, ForestSum } from './forest-sum.ts'
import type { LaneType } from './lane-walk.ts'
import { PackedForest } from './packed-forest.ts'
import { randomForest, randomRows } from './test-forests.ts'
import { leafOf } from './walk-row.ts'

/** The definition: every walk by itself, added up in the order of the trees. */
function byDefinition(forest: Forest, aggregate: Aggregate, rows: ArrayLike<number>): number[] {
  const round = forest.precision === 'float32' ? Math.fround : (value: number) => value
  const { features, targets, roots } = forest
  return Array.from({ length: rows.length / features }, (_, row) =>
    Array.from({ length: targets }, (_, target) => {
      const given = [...roots].flatMap((root) => {
        const leaf = leafOf(forest, root, { values: rows, at: row * features })
        const [from, to] = [forest.weightStart[leaf]!, forest.weightStart[leaf + 1]!]
        return [...forest.weight.slice(from, to)].filter(
          (_, i) => forest.weightTarget[from + i] === target,
        )
      })
      if (aggregate === 'min') return Math.min(...given)
      if (aggregate === 'max') return Math.max(...given)
      const sum = given.reduce((total, value) => round(total + value), 0)
      return aggregate === 'mean' ? round(sum / roots.length) : sum
    }),
  ).flat()
}

const columnsOf = (values: ArrayLike<number>, features: number) =>
  Array.from({ length: features }, (_, at) => ({ values, stride: features, at }))

const cases = (['float32', 'float64'] as const).flatMap((cells) =>
  (['leq', 'lt', 'gte', 'gt', 'comparisons', 'all'] as const).map((tests) => ({ cells, tests })),
)

describe.each(cases)('$tests on $cells', ({ cells, tests }) => {
  it('gives what walks by the definition give, to the last bit', () => {
    const random = seededRandom(tests.length + cells.length * 31)
    for (const [trees, targets] of [
      [1, 1],
      [7, 2],
      [8, 1],
      [19, 3],
    ] as const) {
      for (const precision of ['float32', 'float64'] as const) {
        const forest = randomForest(random, { trees, targets, tests, precision })
        for (const rows of [0, 1, 2, 3, 4, 9, 64, 65, 130]) {
          const values = randomRows(random, forest, { rows, cells })
          for (const aggregate of ['sum', 'mean', 'min', 'max'] as const) {
            const sum = new ForestSum(forest, aggregate, cells)
            const scores = sum.compute(columnsOf(values, forest.features), rows)
            expect([...scores]).toEqual(byDefinition(forest, aggregate, values))
          }
        }
      }
    }
  })
})

it.each<LaneType>(['float32', 'float64'])('walks comparisons in lanes of %s', (cells) => {
  const random = seededRandom(5)
  const options = { trees: 5, targets: 1, precision: 'float64' } as const
  const forest = randomForest(random, { ...options, tests: 'comparisons' })
  expect(PackedForest.of(forest, cells)?.type).toBe(cells)
  expect(PackedForest.of(randomForest(random, { ...options, tests: 'all' }), cells)).toBeUndefined()
})

it('walks one by one where one tree is a chain', () => {
  const length = 2000
  const chain: Forest = {
    features: 1,
    targets: 1,
    roots: Int32Array.of(0),
    feature: new Int32Array(length),
    test: new Uint8Array(length),
    split: Float64Array.from({ length }, (_, i) => i),
    missingTrue: new Uint8Array(length),
    whenTrue: Int32Array.from({ length }, (_, i) => ~i),
    whenFalse: Int32Array.from({ length }, (_, i) => (i + 1 < length ? i + 1 : ~length)),
    members: undefined,
    weightStart: Int32Array.from({ length: length + 2 }, (_, i) => i),
    weightTarget: new Int32Array(length + 1),
    weight: Float64Array.from({ length: length + 1 }, (_, i) => i),
    precision: 'float64',
  }
  const sum = new ForestSum(chain, 'sum', 'float64')
  expect(sum.costPerRowUs).toBeLessThan(40)
  const values = [-1, 0, 7.5, 1999, 5000, Number.NaN]
  expect([...sum.compute(columnsOf(values, 1), 6)]).toEqual([0, 0, 8, 1999, 2000, 2000])
})

describe('a forest that is not sound is refused', () => {
  const sound = randomForest(seededRandom(1), {
    trees: 3,
    targets: 2,
    tests: 'leq',
    precision: 'float32',
  })
  const changed = (list: Int32Array, at: number, value: number): Int32Array => {
    const copy = Int32Array.from(list)
    copy[at] = value
    return copy
  }
  it.each<[string, Partial<Forest>]>([
    ['circle', { whenTrue: changed(sound.whenTrue, 1, 0) }],
    ['child that does not exist', { whenFalse: changed(sound.whenFalse, 0, 10_000) }],
    ['leaf that does not exist', { whenFalse: changed(sound.whenFalse, 0, -10_000) }],
    ['node that is its own child', { whenFalse: changed(sound.whenFalse, 0, 0) }],
    ['feature that does not exist', { feature: changed(sound.feature, 0, sound.features) }],
    ['feature below zero', { feature: changed(sound.feature, 0, -1) }],
    ['score that does not exist', { weightTarget: changed(sound.weightTarget, 0, 2) }],
    ['no trees', { roots: new Int32Array(0) }],
    ['lists of different lengths', { split: sound.split.subarray(1) }],
  ])('%s', (_what, change) => {
    expect(() => checkForest({ ...sound, ...change })).toThrow(/^the forest /)
  })
})

it('walks branches that nodes share', () => {
  // Lists of categories are chains of equalities that lead to the same two branches.
  const shared: Forest = {
    features: 1,
    targets: 1,
    roots: Int32Array.of(0),
    feature: new Int32Array(3),
    test: Uint8Array.of(4, 4, 0),
    split: Float64Array.of(1, 3, 2),
    missingTrue: new Uint8Array(3),
    whenTrue: Int32Array.of(2, 2, ~0),
    whenFalse: Int32Array.of(1, ~1, ~2),
    members: undefined,
    weightStart: Int32Array.of(0, 1, 2, 3),
    weightTarget: new Int32Array(3),
    weight: Float64Array.of(10, 20, 30),
    precision: 'float32',
  }
  expect(checkForest(shared)).toEqual({ isShared: true })
  const sum = new ForestSum(shared, 'sum', 'float32')
  expect([...sum.compute(columnsOf([1, 2, 3], 1), 3)]).toEqual([10, 20, 30])
})

it('refuses a score that only some leaves of every tree give', () => {
  const forest = randomForest(seededRandom(3), {
    trees: 1,
    targets: 2,
    tests: 'leq',
    precision: 'float64',
  })
  const weightTarget = forest.weightTarget.map((_, i) => i % 2)
  const weightStart = Int32Array.from({ length: weightTarget.length + 1 }, (_, i) => i)
  const partial = { ...forest, weightTarget, weightStart }
  expect(weightTarget.length).toBeGreaterThan(1)
  expect(() => new ForestSum(partial, 'sum', 'float64')).toThrow(/to some rows only/)
})
