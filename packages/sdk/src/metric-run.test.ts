import { describe, expect, it } from 'vitest'
import type { MetricResult, MetricWindow } from './custom-metric.ts'
import { figuresOf, type MetricRequest, runMetric } from './metric-run.ts'

describe('figuresOf', () => {
  it('takes a number or numbers by name, with bounds and bands', () => {
    expect(figuresOf(2)).toEqual([{ key: null, value: 2 }])
    expect(figuresOf(null)).toEqual([{ key: null, value: null }])
    const band = [1, 3] as const
    expect(
      figuresOf({ a: 1, b: { value: 2, above: 3, below: 0, band, reference: 4, note: 'x' } }),
    ).toEqual([
      { key: 'a', value: 1 },
      { key: 'b', value: 2, above: 3, below: 0, band: [1, 3], reference: 4, note: 'x' },
    ])
  })

  it.each<[unknown, string]>([
    [undefined, 'answered undefined'],
    ['much', 'answered string'],
    [[1], 'answered object'],
    [{}, 'without a number'],
    [{ a: 'x' }, 'a string as "a"'],
    [{ a: {} }, 'nothing as "a"'],
    [{ 'a:b': 1 }, 'use letters'],
    [{ a: { value: 1, above: Number.NaN } }, 'above of "a"'],
    [{ a: { value: 1, band: [1] } }, 'band of "a"'],
    [Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, i])), '101 numbers'],
  ])('refuses %j', (result, reason) => {
    expect(() => figuresOf(result as MetricResult)).toThrow(reason)
  })
})

describe('runMetric', () => {
  const request: Extract<MetricRequest, { kind: 'run' }> = {
    kind: 'run',
    id: 7,
    module: 'kaizen.ts',
    export: 'x',
    window: { monitor: 'm', from: 0, to: 9, reference: null },
    parts: [
      { segment: null, rows: null },
      { segment: 'city=a', rows: Int32Array.of(1) },
    ],
  }
  const columns = {
    inputs: [{ name: 'city', codes: Int32Array.of(0, 1), values: [null, 'a'] }],
    outputs: [{ name: 'y', numbers: Float64Array.of(Number.NaN, 2) }],
    log: [
      { name: 'at', numbers: Float64Array.of(1, 2) },
      { name: 'actual', codes: Int32Array.of(0, 1), values: [5, null] },
    ],
  }

  it('hands over rows with missing values as null, by part, and keeps the parts that did not fail', async () => {
    const seen: MetricWindow[] = []
    const run = (window: MetricWindow) => {
      seen.push(window)
      if (window.segment !== null) throw new Error('no segment')
      return window.rows.length
    }
    const unknown = { latencyMs: null, error: null }
    expect(await runMetric({ run }, request, columns)).toEqual({
      id: 7,
      parts: [{ figures: [{ key: null, value: 2 }] }, { failure: 'no segment' }],
    })
    expect(seen[0]?.rows).toEqual([
      { at: 1, inputs: { city: null }, outputs: { y: null }, actual: 5, ...unknown },
      { at: 2, inputs: { city: 'a' }, outputs: { y: 2 }, actual: null, ...unknown },
    ])
    expect(seen[1]?.rows.map(({ at }) => at)).toEqual([2])
  })
})
