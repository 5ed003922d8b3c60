import { categoricalColumn, numericColumn, type Table, tableOf } from '@kaizen/ml/data'
import { describe, expect, it } from 'vitest'
import { parseTrainOptions } from './options.ts'
import { chooseFeatures, type TrainingRows } from './rows.ts'
import { train } from './train-step.ts'

const rowCount = 400
const x = Float64Array.from({ length: rowCount }, (_, i) => (i * 37) % 100)
const kind = Array.from({ length: rowCount }, (_, i) => (i % 3 === 0 ? 'a' : 'b'))
const signal = x.map((value, i) => 3 * value + (kind[i] === 'a' ? 50 : 0))

function rowsOf(target: Parameters<typeof tableOf>[0][number]): TrainingRows {
  const table: Table = tableOf([numericColumn('x', x), categoricalColumn('kind', kind), target])
  return { table, features: ['x', 'kind'], columnTypes: new Map([[target.name, 'number']]) }
}
const options = (given: Record<string, unknown> = {}) =>
  parseTrainOptions({ method: 'gradient-boosting', target: 'y', ...given })

describe('train', () => {
  it.each(['gradient-boosting', 'linear'])('learns numbers: %s', (method) => {
    const { fitted, quality, summary } = train(
      rowsOf(numericColumn('y', signal)),
      options({ method }),
      0,
    )
    expect(fitted.training.rows).toBe(rowCount)
    expect(quality['r2']).toBeGreaterThan(0.98)
    expect(summary).toMatch(/^trained .* on 400 rows and 2 features; rmse [\d.]+ on the last 80$/)
  })

  it.each(['gradient-boosting', 'logistic'])('learns classes: %s', (method) => {
    const classes = categoricalColumn(
      'y',
      Array.from(x, (value) => (value > 50 ? 'high' : 'low')),
    )
    const { fitted, quality } = train(rowsOf(classes), options({ method }), 0)
    expect(fitted.classes).toEqual(['high', 'low'])
    expect(quality['accuracy']).toBeGreaterThan(0.95)
    expect(quality['auc']).toBeGreaterThan(0.98)
    expect(quality['logLoss']).toBeLessThan(0.3)
  })

  it('takes numbers for classes where the task says so', () => {
    const digits = numericColumn(
      'y',
      Array.from(x, (value) => Math.floor(value / 34)),
    )
    const { fitted } = train(rowsOf(digits), options({ task: 'classification' }), 0)
    expect(fitted.classes).toEqual([0, 1, 2])
    expect(train(rowsOf(digits), options(), 0).fitted.task).toBe('regression')
  })

  it('measures on rows that it has not seen, unless told not to', () => {
    const noise = numericColumn(
      'y',
      Array.from(x, (_, i) => Math.sin(i * i)),
    )
    const honest = train(rowsOf(noise), options(), 0).quality['r2'] ?? Number.NaN
    const flattering =
      train(rowsOf(noise), options({ validation: 0 }), 0).quality['r2'] ?? Number.NaN
    expect(honest).toBeLessThan(0.3)
    expect(flattering).toBeGreaterThan(honest)
  })

  it('gives the same model for the same seed', () => {
    const bytes = (seed: number) =>
      train(rowsOf(numericColumn('y', signal)), options({ rowFraction: 0.5 }), seed).fitted.toOnnx()
    expect(Buffer.from(bytes(1)).equals(bytes(1))).toBe(true)
    expect(Buffer.from(bytes(1)).equals(bytes(2))).toBe(false)
  })

  it.each([
    ['INVALID_DATA', 'is missing or not a number in 1 of 400 rows', signal.with(7, Number.NaN), {}],
    ['INVALID_DATA', 'in 1 of 400 rows', signal.with(7, Number.POSITIVE_INFINITY), {}],
    ['INVALID_DATA', 'is 1 in every row', new Float64Array(rowCount).fill(1), {}],
    ['INVALID_REQUEST', "no option 'iteration'", signal, { iteration: 5 }],
    ['INVALID_REQUEST', "option 'learningRate' is 7", signal, { learningRate: 7 }],
  ])('%s: %s', (code, message, target, given) => {
    const failing = () => train(rowsOf(numericColumn('y', target)), options(given), 0)
    expect(failing).toThrow(message)
    expect(failing).toThrow(expect.objectContaining({ code }))
  })

  it('refuses too few rows', () => {
    const few = tableOf([numericColumn('x', [1, 2]), numericColumn('y', [1, 2])])
    expect(() =>
      train({ table: few, features: ['x'], columnTypes: new Map() }, options(), 0),
    ).toThrow('there are 2 rows to train on; at least 10 are needed')
  })
})

describe('chooseFeatures', () => {
  const schema = [
    { name: 'day', type: 'date', nullable: false },
    { name: 'hour', type: 'integer', nullable: false },
    { name: 'temp', type: 'number', nullable: false },
    { name: 'y', type: 'integer', nullable: false },
    { name: 'w', type: 'number', nullable: false },
  ] as const
  const choose = (given: Record<string, unknown>) => chooseFeatures(schema, options(given))

  it('takes every column that can be one, or those named', () => {
    expect(choose({ weight: 'w' })).toEqual(['hour', 'temp'])
    expect(choose({ features: ['temp'] })).toEqual(['temp'])
  })

  it.each([
    [{ target: 'z' }, 'the target "z" is no column of the rows'],
    [{ features: ['temp', 'wind'] }, 'the feature "wind" is no column'],
    [{ weight: 'v' }, 'the weight "v" is no column'],
    [{ features: ['day'] }, 'the feature "day" is a date'],
    [{ categorical: ['wind'] }, 'the categorical column "wind" is not a feature'],
  ])('refuses %j', (given, message) => {
    expect(() => choose(given)).toThrow(message)
  })
})

describe('parseTrainOptions', () => {
  it.each([
    [{ method: 'magic' }, 'option "method"'],
    [{ target: '' }, 'option "target"'],
    [{ features: [] }, 'option "features"'],
    [{ validation: 1 }, 'option "validation"'],
    [{ categorical: 'x' }, 'option "categorical"'],
  ])('refuses %j', (given, message) => {
    expect(() => options(given)).toThrow(message)
  })
})
