import { describe, expect, it } from 'vitest'
import { categoricalColumn, numericColumn } from './column.ts'
import { encodeFeatures, featuresOf } from './features.ts'
import { columnOf, schemaOf, selectColumns, tableFromRows, tableOf, takeRows } from './table.ts'
import { classIndices, classTarget, numericTarget } from './target.ts'

describe('table', () => {
  it('infers kinds from rows and reads null, undefined and NaN as missing', () => {
    const table = tableFromRows([
      { size: 1, colour: 'red', open: true },
      { size: null, colour: null, open: false },
      { size: 3n, colour: 'blue', open: undefined },
    ])
    expect(schemaOf(table)).toEqual([
      { name: 'size', kind: 'numeric' },
      { name: 'colour', kind: 'categorical' },
      { name: 'open', kind: 'numeric' },
    ])
    expect(columnOf(table, 'size')).toMatchObject({ values: Float64Array.of(1, Number.NaN, 3) })
    expect(columnOf(table, 'open')).toMatchObject({ values: Float64Array.of(1, 0, Number.NaN) })
    expect(columnOf(table, 'colour')).toMatchObject({
      codes: Int32Array.of(1, -1, 0),
      dictionary: ['blue', 'red'],
    })
  })

  it('gives the same dictionary whatever the order of rows', () => {
    const forwards = categoricalColumn('c', ['b', 'a', 'c'])
    const backwards = categoricalColumn('c', ['c', 'a', 'b'])
    expect(forwards.dictionary).toEqual(backwards.dictionary)
  })

  it('takes rows, repeated ones too, and leaves the source alone', () => {
    const values = Float64Array.of(1, 2, 3)
    const table = tableOf([numericColumn('x', values), categoricalColumn('c', ['p', null, 'q'])])
    const taken = takeRows(table, [2, 0, 2])
    expect(columnOf(taken, 'x')).toMatchObject({ values: Float64Array.of(3, 1, 3) })
    expect(columnOf(taken, 'c')).toMatchObject({ codes: Int32Array.of(1, 0, 1) })
    expect(values).toEqual(Float64Array.of(1, 2, 3))
    expect(selectColumns(table, ['c']).columns).toHaveLength(1)
  })

  it.each([
    ['no columns', () => tableOf([]), 'needs columns'],
    [
      'two lengths',
      () => tableOf([numericColumn('a', [1]), numericColumn('b', [1, 2])]),
      "'b' has 2 rows, 'a' has 1",
    ],
    [
      'a name twice',
      () => tableOf([numericColumn('a', [1]), numericColumn('a', [1])]),
      "named 'a'",
    ],
    ['an empty name', () => tableOf([numericColumn('', [1])]), 'empty name'],
    [
      'a code outside the dictionary',
      () =>
        tableOf([{ kind: 'categorical', name: 'c', codes: Int32Array.of(2), dictionary: ['p'] }]),
      'code 2',
    ],
    [
      'a repeated dictionary entry',
      () =>
        tableOf([
          { kind: 'categorical', name: 'c', codes: Int32Array.of(0), dictionary: ['p', 'p'] },
        ]),
      'twice',
    ],
    ['no rows and no schema', () => tableFromRows([]), 'no rows'],
    ['a ragged row', () => tableFromRows([{ a: 1 }, {}]), "row 1 has no 'a'"],
    [
      'text in a numeric column',
      () => tableFromRows([{ a: 'x' }], [{ name: 'a', kind: 'numeric' }]),
      "the text 'x' in row 0",
    ],
    ['an unknown column', () => columnOf(tableOf([numericColumn('a', [1])]), 'z'), "column 'z'"],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrowError(
      expect.objectContaining({ message: expect.stringContaining(message) }),
    )
  })
})

describe('encoding', () => {
  const train = tableOf([
    numericColumn('x', [0.1]),
    categoricalColumn('c', ['p', 'q', ''].slice(0, 1)),
  ])
  const features = featuresOf(train, ['x', 'c'])

  it('rounds numbers to float32 and translates categories by their text', () => {
    const other = tableOf([
      categoricalColumn('c', ['new', 'p', null]),
      numericColumn('x', [0.1, 2, Number.NaN]),
    ])
    const { columns } = encodeFeatures(other, features)
    expect(columns[0]).toEqual(Float32Array.of(0.1, 2, Number.NaN))
    expect(columns[1]).toEqual(Int32Array.of(-1, 0, -1))
  })

  it('reads empty text as missing, as a served tensor must', () => {
    const table = tableOf([categoricalColumn('c', ['', 'p'])])
    const [feature] = featuresOf(table, ['c'])
    expect(feature).toEqual({ kind: 'categorical', name: 'c', categories: ['p'] })
    expect(encodeFeatures(table, [feature!]).columns[0]).toEqual(Int32Array.of(-1, 0))
  })

  it('refuses a column of the other kind', () => {
    const other = tableOf([numericColumn('c', [1]), numericColumn('x', [1])])
    expect(() => encodeFeatures(other, features)).toThrow("'c' is numeric")
  })
})

describe('target', () => {
  it('numbers classes by value and drops those without rows', () => {
    const text = tableOf([
      {
        kind: 'categorical',
        name: 'y',
        codes: Int32Array.of(2, 0, 2),
        dictionary: ['a', 'b', 'c'],
      },
    ])
    expect(classTarget(text, 'y')).toEqual({
      values: Float64Array.of(1, 0, 1),
      classes: ['a', 'c'],
    })
    const integers = tableOf([numericColumn('y', [7, -1, 7])])
    expect(classTarget(integers, 'y')).toEqual({
      values: Float64Array.of(1, 0, 1),
      classes: [-1, 7],
    })
    expect(classIndices(integers, 'y', [-1, 7])).toEqual(Float64Array.of(1, 0, 1))
  })

  it.each([
    [
      'a missing number',
      () => numericTarget(tableOf([numericColumn('y', [1, Number.NaN])]), 'y'),
      'row 1',
    ],
    [
      'an infinite number',
      () => numericTarget(tableOf([numericColumn('y', [Infinity, 1])]), 'y'),
      'row 0',
    ],
    [
      'a number beyond float32',
      () => numericTarget(tableOf([numericColumn('y', [1, 1e39])]), 'y'),
      'row 1',
    ],
    [
      'a constant',
      () => numericTarget(tableOf([numericColumn('y', [4, 4])]), 'y'),
      'is 4 in every row',
    ],
    [
      'text',
      () => numericTarget(tableOf([categoricalColumn('y', ['a', 'b'])]), 'y'),
      'categorical',
    ],
    [
      'a single class',
      () => classTarget(tableOf([categoricalColumn('y', ['a'])]), 'y'),
      'single class',
    ],
    [
      'a missing class',
      () => classTarget(tableOf([categoricalColumn('y', ['a', null])]), 'y'),
      'row 1',
    ],
    ['a fraction as class', () => classTarget(tableOf([numericColumn('y', [0, 0.5])]), 'y'), '0.5'],
    [
      'an unknown class',
      () => classIndices(tableOf([categoricalColumn('y', ['z'])]), 'y', ['a', 'b']),
      "label 'z' in row 0",
    ],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})
