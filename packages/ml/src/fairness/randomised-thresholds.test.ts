import { describe, expect, it } from 'vitest'
import {
  applyRandomisedThresholds,
  fitRandomisedThresholds,
  type RandomisedThresholdOptions,
  selectionChance,
} from './randomised-thresholds.ts'

/** Park and Miller's generator, so that the peer can draw the same rows. */
const drawn = (seed: number, n: number) => {
  let state = seed
  return Array.from({ length: n }, () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  })
}

const n = 300
const groups = drawn(11, n).map((u) => (u < 0.4 ? 'a' : 'b'))
const score = drawn(7, n).map(
  (u, i) => Math.round((u * 0.9 + (groups[i] === 'b' ? 0.1 : 0)) * 100) / 100,
)
const label = drawn(13, n).map((u, i) => (u < score[i]! * (groups[i] === 'a' ? 0.8 : 1) ? 1 : 0))
const input = { label, score, groups }

const meanOf = (value: (row: number) => number, holds: (row: number) => boolean) => {
  const rows = label.flatMap((_, row) => (holds(row) ? [row] : []))
  return rows.reduce((sum, row) => sum + value(row), 0) / rows.length
}

/** Accuracy, then selection, true and false positive rates of a and b: Fairlearn 0.15, ThresholdOptimizer, grid of 1000. */
const golden: readonly (readonly [RandomisedThresholdOptions, readonly number[]])[] = [
  [
    { constraint: 'equalized-odds' },
    [0.762243, 0.330818, 0.670571, 0.152, 0.447924, 0.670571, 0.152],
  ],
  [
    { constraint: 'demographic-parity' },
    [0.757138, 0.418, 0.770733, 0.232351, 0.418, 0.64706, 0.113553],
  ],
  [
    { constraint: 'true-positive-rate' },
    [0.765409, 0.312138, 0.648, 0.135368, 0.418963, 0.648, 0.114547],
  ],
  [
    { constraint: 'false-positive-rate', objective: 'balanced-accuracy' },
    [0.766374, 0.293754, 0.625786, 0.119, 0.422428, 0.650722, 0.119],
  ],
]

describe('randomised thresholds', () => {
  it.each(golden)('%o are those of Fairlearn', (options, expected) => {
    const fitted = fitRandomisedThresholds(input, options)
    const chance = (row: number) => selectionChance(fitted, groups[row]!, score[row]!)
    const right = (row: number) => (label[row] === 1 ? chance(row) : 1 - chance(row))
    const found = [
      meanOf(right, () => true),
      ...['a', 'b'].flatMap((group) => [
        meanOf(chance, (row) => groups[row] === group),
        meanOf(chance, (row) => groups[row] === group && label[row] === 1),
        meanOf(chance, (row) => groups[row] === group && label[row] === 0),
      ]),
    ]
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5)
    })
  })

  it('decides alike from one seed, and on the mean by its chances', () => {
    const fitted = fitRandomisedThresholds(input)
    const once = applyRandomisedThresholds(fitted, input, 4)
    expect(applyRandomisedThresholds(fitted, input, 4)).toEqual(once)
    let selected = 0
    for (let seed = 0; seed < 200; seed++) {
      for (const decision of applyRandomisedThresholds(fitted, input, seed)) selected += decision
    }
    const expected = meanOf(
      (row) => selectionChance(fitted, groups[row]!, score[row]!),
      () => true,
    )
    expect(Math.abs(selected / (200 * n) - expected)).toBeLessThan(0.01)
  })

  it('refuses a group of one class, and groups that it has not seen', () => {
    const one = { label: [1, 1, 0, 1], score: [1, 2, 3, 4], groups: ['a', 'a', 'b', 'b'] }
    expect(() => fitRandomisedThresholds(one)).toThrow(/group 'a' has no rows with label 0/u)
    expect(() => selectionChance(fitRandomisedThresholds(input), 'c', 0.5)).toThrow(/group 'c'/u)
  })
})
