import { describe, expect, it } from 'vitest'
import { tableOf } from '../test-monitoring.ts'
import { profileOf } from './reference.ts'
import { skewOf } from './skew.ts'

const repeated = (counts: Readonly<Record<string, number>>): string[] =>
  Object.entries(counts).flatMap(([value, count]) => new Array<string>(count).fill(value))
const spread = (rows: number, shift = 0): number[] =>
  Array.from({ length: rows }, (_, i) => ((i * 37) % 101) + shift)

const trained = {
  modelVersion: 3,
  profile: profileOf(
    tableOf({
      city: repeated({ a: 50, b: 30, c: 20 }),
      temp: spread(100),
      flat: spread(100).fill(7),
    }),
    null,
  ),
}
const asked = (columns: Parameters<typeof tableOf>[0], version: readonly number[] = []) => {
  const inputs = tableOf(columns)
  return {
    inputs,
    version: Float64Array.from({ length: inputs.rowCount }, (_, row) => version[row] ?? 3),
  }
}
const declared = { columns: [], above: 0.15 }
const byMetric = (found: ReturnType<typeof skewOf>) =>
  new Map(found.map((statistic) => [statistic.metric, statistic]))

describe('skewOf', () => {
  it('is 0 for what a model was trained on, and the largest difference of shares of categories', () => {
    const same = skewOf(
      trained,
      asked({
        city: repeated({ a: 50, b: 30, c: 20 }),
        temp: spread(100),
        flat: spread(100).fill(7),
      }),
      declared,
    )
    expect(same.map(({ metric, value, drifted }) => [metric, value, drifted])).toEqual([
      ['skew:city', 0, false],
      ['skew:temp', 0, false],
      ['skew:flat', 0, false],
      ['skew:any', 0, false],
    ])
    const other = byMetric(
      skewOf(
        trained,
        asked({
          city: repeated({ a: 30, b: 30, c: 40 }),
          temp: spread(100),
          flat: spread(100).fill(7),
        }),
        declared,
      ),
    )
    expect(other.get('skew:city')).toMatchObject({
      method: 'l-infinity',
      drifted: true,
      note: 'from the training rows of version 3',
      referenceRows: 100,
      currentRows: 100,
    })
    expect(other.get('skew:city')?.value).toBeCloseTo(0.2, 12)
    expect(other.get('skew:any')).toMatchObject({ drifted: true, note: 'city' })
  })

  it('is 1 bit for numbers that share no cell, and a category never seen counts in full', () => {
    const found = byMetric(
      skewOf(trained, asked({ city: repeated({ z: 100 }), temp: spread(100, 5000) }), declared),
    )
    expect(found.get('skew:temp')).toMatchObject({
      method: 'jensen-shannon-divergence',
      drifted: true,
    })
    expect(found.get('skew:temp')?.value).toBeCloseTo(1, 12)
    expect(found.get('skew:city')?.value).toBeCloseTo(1, 12)
    expect(found.get('skew:flat')).toMatchObject({
      value: null,
      drifted: null,
      note: 'not enough data: 0 of 20 rows of version 3',
    })
  })

  it('looks at the rows that the version itself answered', () => {
    const version = spread(200).map((_, row) => (row < 100 ? 3 : 4))
    const temp = [...spread(100), ...spread(100, 5000)]
    const columns = { city: repeated({ a: 50, b: 30, c: 20, z: 100 }), temp }
    const found = byMetric(skewOf(trained, asked(columns, version), declared))
    expect(found.get('skew:any')).toMatchObject({ value: 0, drifted: false, currentRows: 100 })
    const none = skewOf(
      trained,
      asked(
        columns,
        version.map(() => 4),
      ),
      declared,
    )
    expect(none.every(({ value, drifted }) => value === null && drifted === null)).toBe(true)
  })

  it('says nothing good while the training rows are not known, or no column can be compared', () => {
    expect(skewOf(null, asked({ temp: spread(100) }), declared)).toMatchObject([
      { metric: 'skew:any', value: null, drifted: null, note: expect.stringMatching(/not known/) },
    ])
    const empty = skewOf(trained, asked({}), declared)
    expect(empty.at(-1)).toMatchObject({ metric: 'skew:any', value: null, drifted: null })
    const missing = spread(100).fill(Number.NaN)
    const holes = byMetric(
      skewOf(trained, asked({ temp: missing }), { columns: ['temp'], above: 0.3 }),
    )
    expect([...holes.keys()]).toEqual(['skew:temp', 'skew:any'])
    expect(holes.get('skew:temp')).toMatchObject({ value: null, drifted: null })
  })
})
