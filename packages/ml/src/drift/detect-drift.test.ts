import { describe, expect, test } from 'vitest'
import { categoricalColumn } from '../data/column.ts'
import { seededRandom } from '../random/random.ts'
import { numericCells } from './cells.ts'
import { DRIFT_TESTS, detectDrift } from './detect-drift.ts'
import type { DriftPair } from './drift-test.ts'

const ramp = (count: number, start = 0) => Float64Array.from({ length: count }, (_, i) => start + i)

describe('detectDrift', () => {
  test('names the chosen test, its threshold and direction', () => {
    const small = detectDrift({ kind: 'numeric', reference: ramp(100), current: ramp(100, 80) })
    expect(small).toMatchObject({
      status: 'ok',
      test: 'ks',
      threshold: 0.05,
      direction: 'p-below',
      drifted: true,
      sizes: { reference: 100, current: 100 },
    })
    const large = detectDrift({ kind: 'numeric', reference: ramp(2000), current: ramp(2000) })
    expect(large).toMatchObject({ test: 'wasserstein', direction: 'at-least', drifted: false })
  })

  test('answers with what is short instead of a verdict', () => {
    const pair = { kind: 'numeric', reference: ramp(100), current: [1, 2, Number.NaN] } as const
    expect(detectDrift(pair)).toEqual({
      status: 'insufficient',
      method: 'auto',
      what: 'current rows',
      have: 2,
      need: 30,
    })
  })

  test('has cells for samples without a value', () => {
    const empty = new Float64Array(0)
    expect(numericCells(ramp(10).fill(1), empty)).toMatchObject({
      reference: Float64Array.of(10),
      current: Float64Array.of(0),
    })
    expect(() => numericCells(empty, Float64Array.of(Number.NaN))).not.toThrow()
  })

  test('a constant column that stays constant has not drifted', () => {
    const same = {
      kind: 'numeric',
      reference: ramp(50).fill(3),
      current: ramp(40).fill(3),
    } as const
    expect(detectDrift(same)).toMatchObject({ status: 'ok', drifted: false })
    const moved = { ...same, current: ramp(40).fill(4) }
    expect(detectDrift(moved)).toMatchObject({ status: 'ok', drifted: true })
  })

  test('sees a category that the reference lacks', () => {
    const column = (values: string[]) => categoricalColumn('c', values)
    const reference = column(Array.from({ length: 90 }, (_, i) => 'xyz'[i % 3]!))
    const current = column(Array.from({ length: 90 }, (_, i) => 'xyw'[i % 3]!))
    expect(detectDrift({ kind: 'categorical', reference, current })).toMatchObject({
      test: 'chi-square',
      pValue: 0,
      drifted: true,
    })
  })

  test('leaves infinities and missing values out', () => {
    const clean = detectDrift({ kind: 'numeric', reference: ramp(60), current: ramp(60, 10) })
    const dirty = detectDrift({
      kind: 'numeric',
      reference: [...ramp(60), Number.NaN, Number.POSITIVE_INFINITY],
      current: [Number.NEGATIVE_INFINITY, ...ramp(60, 10)],
    })
    expect(dirty).toEqual(clean)
  })
})

describe('detectDrift by name', () => {
  const random = seededRandom(12)
  const noise = (count: number, shift = 0) =>
    Float64Array.from({ length: count }, () => shift + random() + random() + random())
  const [reference, alike, moved] = [noise(3000), noise(3000), noise(3000, 1)]
  const words = ['red', 'green', 'blue', 'tall', 'small', 'house', 'tree', 'road']
  const texts = (count: number, from: readonly string[]) =>
    Array.from({ length: count }, () =>
      Array.from({ length: 6 }, () => from[Math.floor(random() * from.length)]).join(' '),
    )
  const vectors = (shift: number, rows: number) =>
    Array.from({ length: rows }, () =>
      Array.from({ length: 4 }, (_, k) => random() + (k % 2 === 0 ? shift : -shift)),
    )
  const bits = (share: number) =>
    Array.from({ length: 2000 }, () => (random() < share ? 'yes' : 'no'))

  const binary = new Set(['fisher-exact', 'z-test'])
  const categorical = new Set(['chi-square', 'chi-square-contingency', 'g-test'])
  test.each(DRIFT_TESTS)('%s sees what changed and passes over what did not', (name) => {
    const rows = name === 'embedding-share' ? 3000 : 80
    const pairs = (
      name.startsWith('text')
        ? [
            { kind: 'text', reference: texts(80, words), current: texts(80, words) },
            {
              kind: 'text',
              reference: texts(80, words),
              current: texts(80, ['WINNER!!', 'http://spam.example/123', '99999']),
            },
          ]
        : name.startsWith('embedding')
          ? [
              { kind: 'embedding', reference: vectors(0, rows), current: vectors(0, rows) },
              { kind: 'embedding', reference: vectors(0, rows), current: vectors(2, rows) },
            ]
          : binary.has(name) || categorical.has(name)
            ? [
                { kind: 'categorical', reference: bits(0.5), current: bits(0.5) },
                { kind: 'categorical', reference: bits(0.5), current: bits(0.9) },
              ]
            : [
                { kind: 'numeric', reference, current: alike },
                { kind: 'numeric', reference, current: moved },
              ]
    ) as readonly DriftPair[]
    const [same, other] = pairs.map((pair) => detectDrift(pair, { test: name }))
    expect(other).toMatchObject({ status: 'ok', test: name, drifted: true })
    if (name === 'embedding-classifier' || name === 'text-classifier') return
    expect(same).toMatchObject({ status: 'ok', test: name, drifted: false })
  })

  test('says which kinds a test takes, and which tests there are', () => {
    const pair = { kind: 'text', reference: texts(40, words), current: texts(40, words) } as const
    expect(detectDrift(pair, { test: 'ks' })).toMatchObject({ what: 'numeric columns' })
    expect(detectDrift(pair)).toMatchObject({ test: 'text-classifier' })
    expect(() => detectDrift(pair, { test: 'none' as never })).toThrow(/not known/u)
  })
})
