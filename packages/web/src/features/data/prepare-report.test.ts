import type { DataReport } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { associationMatrix, driftWords, strongestRelations } from './prepare-report.ts'

const column = (name: string): DataReport['columns'][number] => ({
  name,
  type: 'number',
  count: 10,
  missing: 0,
  distinct: 10,
  mean: 0,
  standardDeviation: 1,
  min: 0,
  max: 1,
  quantiles: null,
  histogram: null,
  topValues: [],
})
const report: DataReport = {
  dataset: 'd',
  version: 1,
  rowCount: 10,
  target: null,
  columns: [column('a'), column('b'), column('c'), column('alone')],
  duplicateRows: 0,
  missingPatterns: [],
  pearson: [],
  associations: [
    { a: 'a', b: 'b', method: 'spearman', value: -0.9 },
    { a: 'c', b: 'a', method: 'correlation-ratio', value: 0.2 },
    { a: 'c', b: 'b', method: 'correlation-ratio', value: null },
  ],
  outliers: [],
  personalData: [],
  textForms: [],
  alerts: [],
  sampledRows: 10,
  unrelatedColumns: [],
}

describe('a report', () => {
  it('is a symmetric matrix of the columns that take part', () => {
    const { columns, rows } = associationMatrix(report)
    expect(columns).toEqual(['a', 'b', 'c'])
    expect(rows.map(({ cells }) => cells.map(({ value }) => value))).toEqual([
      [null, -0.9, 0.2],
      [-0.9, null, null],
      [0.2, null, null],
    ])
    expect(rows[2]?.cells[1]?.title).toBe('c and b: not comparable')
  })

  it('names the strongest relations first, with the target last', () => {
    expect(strongestRelations(report).map(({ value }) => value)).toEqual([-0.9, 0.2])
    const [only, ...none] = strongestRelations({ ...report, target: 'c' })
    expect(only).toMatchObject({ column: 'a', other: 'c', value: 0.2 })
    expect(none).toEqual([])
  })

  it('says how a column changed, or why that is not known', () => {
    const change = {
      column: 'a',
      missing: { before: 0, after: 0 },
      mean: { before: 0, after: 0 },
      distinct: { before: 1, after: 1 },
    }
    const drift = {
      test: 'ks',
      statistic: 0.5,
      pValue: 0.01,
      threshold: 0.05,
      drifted: true,
      rows: { before: 9, after: 9 },
    }
    expect(driftWords({ ...change, drift })).toBe('ks 0.5, p 0.01, threshold 0.05')
    expect(driftWords({ ...change, drift: { reason: 'too few' } })).toBe('too few')
  })
})
