import type { DataReport } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { reportAlerts } from './alerts.ts'
import { reportPage } from './report-page.ts'

const hostile = '<script>alert(1)</script>"&\''
const column = (name: string, more: Partial<DataReport['columns'][number]> = {}) => ({
  name,
  type: 'number' as const,
  count: 100,
  missing: 0,
  distinct: 90,
  mean: 1,
  standardDeviation: 1,
  min: 0,
  max: 2,
  quantiles: [0, 0.1, 0.5, 1, 1.5, 1.9, 2],
  histogram: { edges: [0, 1, 2], counts: [40, 60] },
  topValues: [],
  ...more,
})

const facts = (more: Partial<DataReport>): DataReport => ({
  dataset: 'd',
  version: 1,
  rowCount: 100,
  target: null,
  columns: [],
  duplicateRows: 0,
  missingPatterns: [],
  pearson: [],
  associations: [],
  outliers: [],
  personalData: [],
  textForms: [],
  alerts: [],
  sampledRows: 100,
  unrelatedColumns: [],
  ...more,
})
const kinds = (report: DataReport): readonly string[] =>
  reportAlerts(report).map(({ kind, columns }) => `${kind} ${columns.join('+')}`.trim())

describe('the report as a page', () => {
  it('shows hostile names and values as text', () => {
    const page = reportPage(
      facts({
        target: hostile,
        columns: [
          column(hostile, {
            type: 'string',
            histogram: null,
            min: hostile,
            topValues: [{ value: hostile, count: 3 }],
          }),
        ],
        associations: [{ a: hostile, b: hostile, method: 'spearman', value: 0.5 }],
        missingPatterns: [{ columns: [hostile], rows: 2 }],
        alerts: [{ kind: 'missing', severity: 'info', columns: [hostile], message: hostile }],
        unrelatedColumns: [hostile],
      }),
    )
    expect(page).not.toContain('<script')
    expect(page.split('&lt;script&gt;').length).toBeGreaterThan(6)
  })
})

describe('alerts', () => {
  it('says what stands out, the gravest first', () => {
    const report = facts({
      target: 'y',
      duplicateRows: 5,
      columns: [
        column('id', { type: 'integer', distinct: 100 }),
        column('flat', { min: 1, max: 1 }),
        column('gone', { missing: 100 }),
        column('holes', { missing: 60 }),
        column('rare', {
          type: 'string',
          distinct: 2,
          topValues: [{ value: 'no', count: 99 }],
        }),
      ],
      associations: [
        { a: 'leak', b: 'y', method: 'spearman', value: -0.999 },
        { a: 'u', b: 'v', method: 'cramers-v', value: 0.97 },
        { a: 'w', b: 'y', method: 'spearman', value: 0.5 },
      ],
      outliers: [{ column: 'o', lower: 0, upper: 1, below: 0, above: 7 }],
      personalData: [{ column: 'mail', kind: 'email', share: 1, values: 9, examples: [] }],
    })
    expect(kinds(report)).toEqual([
      'leakage leak',
      'personal-data mail',
      'key-like id',
      'constant flat',
      'empty gone',
      'missing holes',
      'duplicate-rows',
      'imbalance rare',
      'redundant u+v',
      'outliers o',
    ])
  })

  it('is silent about plain columns', () => {
    expect(kinds(facts({ columns: [column('a'), column('b', { missing: 5 })] }))).toEqual([])
  })
})
