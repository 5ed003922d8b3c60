import { segmentDrift } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import type { Table, TableColumn } from '../../storage/index.ts'
import { computeWindow } from '../compute/window-task.ts'
import { profileOf } from '../drift/reference.ts'
import type { Statistic } from '../model.ts'
import { tableOf } from '../test-monitoring.ts'

const count = (length: number): number[] => Array.from({ length }, (_, index) => index)
const usual = tableOf({
  number: count(3000).map((row) => (row * 37) % 101),
  text: count(3000).map((row) => ['a', 'b', 'c'][row % 3]!),
})

/** What a window of these inputs says against the usual ones. */
function statisticsOf(
  inputs: Table,
  options: { readonly reference?: Table; readonly at?: Float64Array; readonly to?: number } = {},
): ReadonlyMap<string, Statistic> {
  const rows = inputs.rowCount
  const window = computeWindow({
    kind: 'inputs',
    span: { from: 0, to: options.to ?? 1_000_000 },
    declaration: {
      drift: ['auto', 'psi', 'ks', 'js', 'wasserstein', 'chi-square', 'hellinger'],
      columns: [],
      texts: [],
      embeddings: [],
      segments: ['text'],
      segmentDrift: segmentDrift.parse({ minRows: 20 }),
      performance: null,
      outliers: ['isolation', 'mahalanobis'],
      cost: { pricePerHour: 1, currency: 'EUR', watts: 5 },
      fairness: { columns: ['text'], positive: 'yes', minRows: 30 },
    },
    rows: {
      at: options.at ?? Float64Array.from(count(rows)),
      version: new Float64Array(rows).fill(1),
      latencyMs: new Float64Array(rows).fill(Number.NaN),
      error: new Array<string | null>(rows).fill(null),
      inputs,
      outputs: { rowCount: rows, columns: [] },
      actual: new Array<null>(rows).fill(null),
    },
    profile: profileOf(options.reference ?? usual, null),
    rolling: null,
    skew: null,
  })
  for (const { metric, value, drifted, status, note } of window.statistics) {
    const what = `${metric}: ${value}`
    expect(value === null || Number.isFinite(value), what).toBe(true)
    // No value is no verdict and says why; never a green light.
    if (value === null)
      expect([drifted, status, note === null], what).toEqual([null, 'insufficient', false])
  }
  return new Map(window.statistics.map((statistic) => [statistic.metric, statistic]))
}

const text = (values: readonly (string | null)[]): TableColumn => ({
  name: 'text',
  type: 'string',
  values,
})
const number = (values: Float64Array): TableColumn => ({ name: 'number', type: 'number', values })
const table = (...columns: readonly TableColumn[]): Table => ({
  rowCount: columns[0]!.values.length,
  columns,
})

describe('windows of bad data have defined results', () => {
  it('without rows', () => {
    const found = statisticsOf(table(number(new Float64Array(0)), text([])))
    expect(found.get('drift:number:psi')?.note).toBe('not enough data: 0 of 20 rows for psi')
    expect(found.get('missing:text')?.note).toBe('not enough data: 0 of 1 rows')
    expect(found.get('volume:rows')?.value).toBe(0)
    expect(found.get('freshness:seconds')?.value).toBeNull()
  })

  it('of one row', () => {
    const found = statisticsOf(table(number(Float64Array.of(5)), text(['a'])))
    expect(found.get('drift:number:auto')).toMatchObject({ value: null, drifted: null })
    expect(found.get('range:number')).toMatchObject({ value: 0, drifted: false })
  })

  it('all missing, or with numbers that are none', () => {
    const values = new Float64Array(100).fill(Number.NaN)
    values[3] = Number.POSITIVE_INFINITY
    const found = statisticsOf(table(number(values), text(new Array<null>(100).fill(null))))
    expect(found.get('missing:number')).toMatchObject({ value: 1, drifted: true })
    expect(found.get('missing:text')).toMatchObject({ value: 1, drifted: true })
    expect(found.get('drift:number:ks')).toMatchObject({ value: null, drifted: null })
    expect(found.get('range:number')?.note).toBe('not enough data: 0 of 1 present values')
  })

  it('constant, on either side', () => {
    const same = tableOf({ number: count(100).map(() => 7), text: count(100).map(() => 'a') })
    const found = statisticsOf(same)
    expect(found.get('drift:number:psi')?.drifted).toBe(true)
    const both = statisticsOf(same, { reference: same })
    expect(both.get('drift:number:ks')).toMatchObject({ value: 0, drifted: false })
    expect(both.get('drift:text:psi')?.drifted).toBe(false)
    expect(both.get('drift:number:wasserstein')?.drifted).not.toBe(true)
  })

  it('against a reference without rows', () => {
    const nothing = table(number(new Float64Array(0)), text([]))
    const found = statisticsOf(usual, { reference: nothing })
    expect(found.get('drift:number:psi')).toMatchObject({ value: null, drifted: null })
    expect(found.get('new:text')).toMatchObject({ value: 1, drifted: true })
  })

  it('with unseen categories by the million, told in a few words and little room', () => {
    const values = count(1_000_000).map((row) => `user-${row}-with-a-name-of-some-length`)
    const found = statisticsOf(table(text(values)))
    const unseen = found.get('new:text')
    expect(unseen).toMatchObject({ value: 1, drifted: true })
    expect(unseen?.note?.length).toBeLessThan(400)
    expect(unseen?.note).toContain('and 999995 more')
    expect(found.get('drift:text:psi')?.drifted).toBe(true)
    expect([...found.keys()].filter((metric) => metric.startsWith('volume:rows@')).length).toBe(20)
    expect(found.get('schema:absent')).toMatchObject({ value: 1, note: 'number' })
  }, 60_000)

  it('with text where numbers were, and numbers where text was', () => {
    const values = count(100).map((row) => (row < 30 ? 'n/a' : row < 40 ? null : String(row)))
    const mixed = table({ name: 'number', type: 'string', values }, number(new Float64Array(0)))
    const found = statisticsOf({ ...mixed, columns: [mixed.columns[0]!] })
    expect(found.get('mistyped:number')).toMatchObject({ value: 0.3, drifted: true })
    expect(found.get('missing:number')?.value).toBeCloseTo(0.1, 12)
    const swapped = { name: 'text', type: 'number' as const, values: Float64Array.from(count(50)) }
    expect(statisticsOf(table(swapped)).get('new:text')).toMatchObject({ value: 1 })
  })

  it('with clocks that go back, and rows of the future', () => {
    const at = Float64Array.from(count(50), (row) => 50_000 - row * 1000)
    const found = statisticsOf(tableOf({ number: count(50), text: count(50).map(() => 'a') }), {
      at,
      to: 60_000,
    })
    expect(found.get('freshness:seconds')?.value).toBe(10)
    const ahead = statisticsOf(tableOf({ number: [1], text: ['a'] }), {
      at: Float64Array.of(90_000),
      to: 60_000,
    })
    expect(ahead.get('freshness:seconds')?.value).toBe(0)
  })
})
