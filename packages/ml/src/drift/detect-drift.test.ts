import { describe, expect, test } from 'vitest'
import { categoricalColumn } from '../data/column.ts'
import { detectDrift } from './detect-drift.ts'

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
