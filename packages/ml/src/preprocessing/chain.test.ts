import { describe, expect, it } from 'vitest'
import type { Feature } from '../data/features.ts'
import {
  createPreparedRow,
  fitPreprocessing,
  type PreprocessingOptions,
  prepareRow,
  widthOf,
} from './chain.ts'

const features: Feature[] = [
  { kind: 'numeric', name: 'x' },
  { kind: 'categorical', name: 'c', categories: ['p', 'q', 'r'] },
]
const table = {
  rowCount: 5,
  columns: [Float32Array.of(1, 1, 2, 6, Number.NaN), Int32Array.of(1, -1, 1, 2, 0)],
}

const prepare = (options: PreprocessingOptions): number[][] => {
  const chain = fitPreprocessing(table, features, options)
  const prepared = createPreparedRow(chain)
  return Array.from({ length: table.rowCount }, (_, row) => {
    prepareRow(chain, table, row, prepared)
    const numbers = new Array<number>(widthOf(chain)).fill(0)
    for (let i = 0; i < prepared.count; i++) numbers[prepared.columns[i]!] = prepared.values[i]!
    return numbers
  })
}

describe('preprocessing', () => {
  it.each([
    ['mean', 2.5],
    ['median', 1.5],
    ['most-frequent', 1],
    [{ constant: -9 }, -9],
  ] as const)('fills numbers by %o', (impute, filled) => {
    const rows = prepare({ impute, scale: 'none' })
    expect(rows.map(([x]) => x)).toEqual([1, 1, 2, 6, filled])
  })

  it('brings numbers to mean 0 and deviation 1, after filling', () => {
    const column = prepare({}).map(([x]) => x!)
    const mean = column.reduce((sum, x) => sum + x, 0) / 5
    const variance = column.reduce((sum, x) => sum + x ** 2, 0) / 5
    expect(mean).toBeCloseTo(0, 12)
    expect(variance).toBeCloseTo(1, 12)
    expect(column[4]).toBeCloseTo(0, 12)
  })

  it('gives a column a category, and none to a missing one', () => {
    expect(prepare({}).map(([, ...c]) => c)).toEqual([
      [0, 1, 0],
      [0, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
    ])
  })

  it.each([
    ['none', -1],
    ['most-frequent', 1],
    [{ constant: 'r' }, 2],
  ] as const)('gives categories their position, filled by %o', (imputeCategory, filled) => {
    const rows = prepare({ encode: 'ordinal', imputeCategory })
    expect(rows.map(([, c]) => c)).toEqual([1, filled, 1, 2, 0])
  })

  it('keeps a constant column at 0', () => {
    const constant = { rowCount: 2, columns: [Float32Array.of(7, 7)] }
    const [step] = fitPreprocessing(constant, features.slice(0, 1))
    expect(step).toMatchObject({ mean: 7, scale: 1 })
  })

  it.each<[string, () => unknown, string]>([
    ['an unknown category', () => prepare({ imputeCategory: { constant: 'z' } }), "'z'"],
    [
      'nothing to average',
      () =>
        fitPreprocessing(
          { rowCount: 1, columns: [Float32Array.of(Number.NaN)] },
          features.slice(0, 1),
        ),
      'no value in any row',
    ],
    [
      'an infinite number',
      () =>
        fitPreprocessing(
          { rowCount: 1, columns: [Float32Array.of(-Infinity)] },
          features.slice(0, 1),
        ),
      'infinite',
    ],
  ])('refuses %s', (_, attempt, message) => {
    expect(attempt).toThrow(message)
  })
})
