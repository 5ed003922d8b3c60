import { categoricalColumn, numericColumn, tableOf } from '@kaizen/ml/data'
import { trainers } from '@kaizen/ml/estimators'
import { afterAll, describe, expect, it } from 'vitest'
import { OnnxRuntime } from '../runtime/index.ts'
import type { Table } from '../storage/index.ts'
import { evaluate } from './metrics.ts'
import { score } from './scoring.ts'

const runtime = new OnnxRuntime({ threads: 1 })
afterAll(() => runtime[Symbol.asyncDispose]())

const count = 200
const hour = Float64Array.from({ length: count }, (_, row) => row % 24)
const kind = Array.from({ length: count }, (_, row) => (row % 3 === 0 ? 'wet' : 'dry'))
const demand = hour.map((h, row) => 10 * h + (kind[row] === 'wet' ? -20 : 0))
const trained = (target: readonly number[] | Float64Array) =>
  tableOf([
    numericColumn('hour', hour),
    categoricalColumn('kind', kind),
    numericColumn('demand', target),
  ])
const rows: Table = {
  rowCount: count,
  columns: [
    { name: 'unused', type: 'boolean', values: kind.map(() => true) },
    { name: 'kind', type: 'string', values: kind },
    { name: 'hour', type: 'integer', values: hour },
  ],
}

describe('score', () => {
  it('answers as the trainer does, whatever the order of the columns', async () => {
    const model = trainers['gradient-boosting'].fit(trained(demand), 'demand', { iterations: 30 })
    const { predictions, latencyMs } = await score(() => runtime.load(model.toOnnx()), rows, {
      latency: true,
    })
    const own = model.predict(trained(demand))
    if (predictions.task !== 'regression' || own.task !== 'regression') throw new Error('task')
    for (let row = 0; row < count; row++)
      expect(predictions.values[row]).toBeCloseTo(own.values[row]!, 2)
    expect(latencyMs).toBeGreaterThan(0)
    expect(evaluate(predictions, [...demand], ['mae']).values.mae).toBeLessThan(5)
  })

  it('joins batches in order', async () => {
    const many = 10_000
    const long = Float64Array.from({ length: many }, (_, row) => row % 24)
    const model = trainers.linear.fit(
      tableOf([numericColumn('hour', hour), numericColumn('demand', hour)]),
      'demand',
    )
    const { predictions } = await score(() => runtime.load(model.toOnnx()), {
      rowCount: many,
      columns: [{ name: 'hour', type: 'number', values: long }],
    })
    if (predictions.task !== 'regression') throw new Error('task')
    expect(predictions.values).toHaveLength(many)
    // Every batch ends within a cycle of 24 rows, so a batch out of place would break the pattern.
    for (let row = 24; row < many; row++)
      expect(predictions.values[row]).toBe(predictions.values[row - 24])
  })

  it('reads labels and the probability of the second class', async () => {
    const busy = demand.map((value) => (value > 100 ? 1 : 0))
    const model = trainers.logistic.fit(trained(busy), 'demand')
    const { predictions } = await score(() => runtime.load(model.toOnnx()), rows)
    if (predictions.task !== 'classification') throw new Error('task')
    expect(new Set(predictions.labels)).toEqual(new Set(['0', '1']))
    const { values } = evaluate(predictions, [...busy])
    expect(values.accuracy).toBeGreaterThan(0.9)
    expect(values.auc).toBeGreaterThan(0.95)
  })

  it('names the column that a model misses', async () => {
    const model = trainers.linear.fit(trained(demand), 'demand')
    const without = { ...rows, columns: rows.columns.filter(({ name }) => name !== 'hour') }
    await expect(score(() => runtime.load(model.toOnnx()), without)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('"hour"'),
    })
  })

  it('refuses what is no model', async () => {
    await expect(score(() => runtime.load(new Uint8Array([1, 2, 3])), rows)).rejects.toMatchObject({
      code: 'INVALID_MODEL',
    })
  })
})
