import { describe, expect, it } from 'vitest'
import { freshRows, labelledTable } from './collector.ts'
import type { ArmPredictions } from './model.ts'

const rows: ArmPredictions = {
  inferenceId: ['a', 'b', 'c', 'd', 'a'],
  at: Float64Array.of(10, 20, 30, 40, 10),
  version: Float64Array.of(1, 1, 1, 1, 1),
  latencyMs: new Float64Array(5),
  error: [null, null, 'the model failed', null, null],
  inputs: {
    rowCount: 5,
    columns: [
      { name: 'season', type: 'string', values: ['1', '2', '3', null, '1'] },
      { name: 'temp', type: 'number', values: Float64Array.of(0.5, 0.25, 1, Number.NaN, 0.5) },
      { name: 'unknown', type: 'number', values: new Float64Array(5) },
    ],
  },
  outputs: { rowCount: 5, columns: [] },
  actual: [7, null, 9, 11, 7],
}

describe('freshRows', () => {
  it('takes each answered and labelled prediction that the dataset does not have, once', () => {
    expect(freshRows(rows, new Set())).toEqual([0, 3])
    expect(freshRows(rows, new Set(['a']))).toEqual([3])
  })
})

describe('labelledTable', () => {
  it('makes rows in the types of the dataset, with the truth and the event time', () => {
    const schema = [
      { name: 'season', type: 'integer', nullable: false },
      { name: 'temp', type: 'number', nullable: false },
      { name: 'count', type: 'integer', nullable: false },
      { name: 'note', type: 'string', nullable: true },
    ] as const
    const table = labelledTable({ rows, fresh: [0, 3], schema: [...schema], target: 'count' })
    expect(table.rowCount).toBe(2)
    expect(table.columns.map(({ name, type, values }) => [name, type, [...values]])).toEqual([
      ['event_time', 'timestamp', [10, 40]],
      ['season', 'integer', [1, Number.NaN]],
      ['temp', 'number', [0.5, Number.NaN]],
      ['count', 'integer', [7, 11]],
    ])
  })

  it('widens whole numbers where a label is not one', () => {
    const table = labelledTable({
      rows: { ...rows, actual: [7.5, null, null, 1, null] },
      fresh: [0, 3],
      schema: [{ name: 'count', type: 'integer', nullable: false }],
      target: 'count',
    })
    expect(table.columns[1]).toMatchObject({ name: 'count', type: 'number' })
  })
})
