import * as ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { categoricalColumn, numericColumn } from '../data/column.ts'
import { columnOf, type Table, tableOf } from '../data/table.ts'
import type { FittedModel } from '../estimators/estimator.ts'
import { trainers } from '../estimators/trainers.ts'
import { seededRandom } from '../random/random.ts'

const random = seededRandom(21)
const rowCount = 2000

const numbers = (gaps: number): Float32Array =>
  Float32Array.from({ length: rowCount }, () => (random() < gaps ? Number.NaN : random() * 1e3))

const texts = (size: number, gaps: number): (string | null)[] =>
  Array.from({ length: rowCount }, () =>
    random() < gaps ? null : `k${Math.floor(random() ** 2 * size)}`,
  )

/** Many categories, few, gaps in numbers and texts, and names that a graph might want for itself. */
const table = tableOf([
  numericColumn('variable', numbers(0)),
  numericColumn('label', numbers(0.2)),
  numericColumn('Cast_0', numbers(0.5)),
  categoricalColumn('many', texts(200, 0.1)),
  categoricalColumn('few', texts(3, 0.1)),
  numericColumn(
    'number',
    Float64Array.from({ length: rowCount }, () => random() * 100),
  ),
  categoricalColumn('two', texts(2, 0)),
  categoricalColumn('five', texts(5, 0)),
])

/** Rows of a later day: an unseen category, empty text and numbers beyond the range of training. */
const later = tableOf([
  numericColumn('variable', [1e9, -1e9, 3, Number.NaN]),
  numericColumn('label', [0, Number.NaN, 500, -0]),
  numericColumn('Cast_0', [Number.NaN, 1e-30, 2, 3]),
  categoricalColumn('many', ['never seen', null, 'k1', '']),
  categoricalColumn('few', [null, 'k9', 'k0', 'k2']),
  numericColumn('number', [0, 0, 0, 0]),
  categoricalColumn('two', ['k0', 'k1', 'k0', 'k1']),
  categoricalColumn('five', ['k0', 'k1', 'k0', 'k1']),
])

const runExport = async (
  model: FittedModel,
  rows: Table,
): Promise<ort.InferenceSession.ReturnType> => {
  const session = await ort.InferenceSession.create(model.toOnnx())
  expect(session.inputNames).toEqual(model.features.map(({ name }) => name))
  const feeds = model.features.map(({ name }) => {
    const column = columnOf(rows, name)
    const tensor =
      column.kind === 'numeric'
        ? new ort.Tensor('float32', Float32Array.from(column.values), [rows.rowCount, 1])
        : new ort.Tensor(
            'string',
            Array.from(column.codes, (code) => column.dictionary[code] ?? ''),
            [rows.rowCount, 1],
          )
    return [name, tensor] as const
  })
  return session.run(Object.fromEntries(feeds))
}

const expectClose = (actual: ArrayLike<number>, expected: Float64Array): void => {
  expect(actual.length).toBe(expected.length)
  expected.forEach((value, i) => {
    // Beyond the range of float32 both are infinite.
    const difference = actual[i] === Math.fround(value) ? 0 : Math.abs(actual[i]! - value)
    expect(difference).toBeLessThanOrEqual(1e-5 + 1e-4 * Math.abs(value))
  })
}

const gb = trainers['gradient-boosting']
const some = { iterations: 15, minSamplesLeaf: 5 }

describe('export', () => {
  it.each<[string, () => FittedModel]>([
    ['boosted regression', () => gb.fit(table, 'number', some)],
    ['boosted counts', () => gb.fit(table, 'number', { ...some, objective: 'poisson' })],
    ['boosted logarithms', () => gb.fit(table, 'number', { ...some, targetTransform: 'log1p' })],
    ['boosted constant', () => gb.fit(table, 'number', { iterations: 3, minSamplesLeaf: 5000 })],
    ['ridge', () => trainers.linear.fit(table, 'number')],
    [
      'ridge of logarithms',
      () => trainers.linear.fit(table, 'number', { targetTransform: 'log1p' }),
    ],
    [
      'ridge on ordinals, unscaled',
      () =>
        trainers.linear.fit(table, 'number', {
          encode: 'ordinal',
          scale: 'none',
          impute: { constant: -1 },
          imputeCategory: 'most-frequent',
        }),
    ],
  ])('of a %s gives its predictions', async (_, make) => {
    const model = make()
    for (const rows of [table, later]) {
      const outputs = await runExport(model, rows)
      const [name] = Object.keys(outputs)
      // `variable` is the name of a feature here: the output had to give way.
      expect(name).toMatch(/^variable_\d+$/)
      expect(outputs[name!]?.dims).toEqual([rows.rowCount, 1])
      const own = model.predict(rows)
      if (own.task !== 'regression') throw new Error('expected a regression')
      expectClose(outputs[name!]?.data as Float32Array, own.values)
    }
  })

  const features = ['variable', 'Cast_0', 'many', 'few']
  it.each<[string, () => FittedModel]>([
    ['boosted two classes', () => gb.fit(table, 'two', { ...some, features })],
    ['boosted five classes', () => gb.fit(table, 'five', { ...some, features })],
    ['logistic of two classes', () => trainers.logistic.fit(table, 'two', { features })],
    ['logistic of five classes', () => trainers.logistic.fit(table, 'five', { features })],
  ])('of a %s gives its labels and probabilities', async (_, make) => {
    const model = make()
    for (const rows of [table, later]) {
      const outputs = await runExport(model, rows)
      const own = model.predict(rows)
      if (own.task !== 'classification') throw new Error('expected classes')
      expect(outputs['probabilities']?.dims).toEqual([rows.rowCount, own.classes.length])
      expectClose(outputs['probabilities']?.data as Float32Array, own.probabilities)
      expect(outputs['label']?.dims).toEqual([rows.rowCount])
      expect(outputs['label']?.data).toEqual(Array.from(own.labels, (index) => own.classes[index]))
    }
  })

  it('gives integer labels as int64', async () => {
    const y = Float64Array.from({ length: rowCount }, (_, row) => (row % 2 === 0 ? -3 : 40))
    const integers = tableOf([...table.columns, numericColumn('y', y)])
    const model = gb.fit(integers, 'y', { ...some, features, objective: 'binary-logloss' })
    const outputs = await runExport(model, table)
    expect(new Set(outputs['label']?.data as BigInt64Array)).toEqual(new Set([-3n, 40n]))
  })
})
