import { describe, expect, it } from 'vitest'
import { checkMetric, correlation, parseMetricFilters, SampleGroups } from './trace-metrics.ts'

describe('figures over samples', () => {
  const samples = [3, 1, 2, 10].map((value, index) => ({
    timeMs: index * 1000,
    dimensions: [value > 2 ? 'big' : 'small'],
    value,
  }))
  it('are those of the samples of each group', () => {
    const groups = new SampleGroups(['size'], undefined)
    for (const sample of samples) groups.add(sample)
    groups.add({ timeMs: 0, dimensions: [undefined], value: 99 })
    const aggregations = (['COUNT', 'SUM', 'AVG', 'MIN', 'MAX'] as const).map((type) => ({
      type,
      percentile: undefined,
    }))
    expect(groups.points(aggregations)).toEqual([
      { dimensions: { size: 'big' }, values: { COUNT: 2, SUM: 13, AVG: 6.5, MIN: 3, MAX: 10 } },
      { dimensions: { size: 'small' }, values: { COUNT: 2, SUM: 3, AVG: 1.5, MIN: 1, MAX: 2 } },
    ])
  })

  it('interpolate percentiles as numpy does', () => {
    const groups = new SampleGroups([], undefined)
    for (const value of [4, 1, 3, 2]) groups.add({ timeMs: 0, dimensions: [], value })
    const at = [0, 25, 50, 90.5, 100].map(
      (percentile) => ({ type: 'PERCENTILE', percentile }) as const,
    )
    expect(groups.points(at)[0]?.values).toEqual({
      'P0.0': 1,
      'P25.0': 1.75,
      'P50.0': 2.5,
      'P90.5': expect.closeTo(3.715, 12),
      'P100.0': 4,
    })
  })

  it('fall into spans of time', () => {
    const groups = new SampleGroups([], 2000)
    for (const sample of samples) groups.add({ ...sample, dimensions: [] })
    expect(groups.points([{ type: 'SUM', percentile: undefined }])).toEqual([
      { dimensions: { time_bucket: '1970-01-01T00:00:00+00:00' }, values: { SUM: 4 } },
      { dimensions: { time_bucket: '1970-01-01T00:00:02+00:00' }, values: { SUM: 12 } },
    ])
  })
})

it('refuses what a metric does not have', () => {
  const count = [{ type: 'COUNT', percentile: undefined }] as const
  expect(() =>
    checkMetric('TRACES', 'trace_count', { aggregations: count, dimensions: [] }),
  ).not.toThrow()
  expect(() =>
    checkMetric('TRACES', 'constructor', { aggregations: count, dimensions: [] }),
  ).toThrow('metric_name')
  expect(() => checkMetric('TRACES', 'latency', { aggregations: count, dimensions: [] })).toThrow(
    'latency takes AVG',
  )
  expect(() =>
    checkMetric('TRACES', 'trace_count', { aggregations: count, dimensions: ['span_name'] }),
  ).toThrow('trace_count takes')
  expect(() =>
    checkMetric('TRACES', 'latency', {
      aggregations: [{ type: 'PERCENTILE', percentile: 101 }],
      dimensions: [],
    }),
  ).toThrow('between 0 and 100')
  expect(() => parseMetricFilters(["trace.colour = 'red'"])).toThrow('unknown trace key')
  expect(parseMetricFilters(["trace.tag.`a b` = 'x'"]).traces).toMatchObject([
    { entity: 'tag', key: 'a b' },
  ])
})

it('tells how much two conditions go together', () => {
  expect(correlation({ first: 4, second: 4, both: 4, all: 5 }).npmi).toBeCloseTo(1, 12)
  expect(correlation({ first: 2, second: 2, both: 0, all: 5 }).npmi).toBe(-1)
  expect(correlation({ first: 5, second: 5, both: 5, all: 5 }).npmi).toBe(1)
  expect(correlation({ first: 50, second: 50, both: 25, all: 100 }).npmi).toBeCloseTo(0, 12)
  // Values of MLflow 3.17.2 for the same counts.
  const found = correlation({ first: 2, second: 2, both: 1, all: 5 })
  expect(found.npmi).toBeCloseTo(0.1386468838532139, 12)
  expect(found.npmiSmoothed).toBeCloseTo(0.10006892536229522, 12)
  expect(correlation({ first: 0, second: 4, both: 0, all: 5 }).npmi).toBeNaN()
})
