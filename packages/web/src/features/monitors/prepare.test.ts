import { describe, expect, it } from 'vitest'
import { health } from '../../../dev/fixture/monitor-health.ts'
import {
  annotations,
  metrics,
  monitor,
  seriesOf,
  windows,
} from '../../../dev/fixture/monitoring.ts'
import { now } from '../../../dev/fixture/world.ts'
import {
  countMarks,
  driftColumns,
  healthRank,
  methodsOf,
  metricChart,
  metricWord,
  performanceChart,
  performanceGroups,
  sparkline,
  summaryOf,
  verdictOf,
  wholeMetrics,
} from './prepare.ts'
import { driftWithin, segmentMetrics, segmentsOf } from './segment-tables.ts'

const listed = metrics.map((metric) => ({
  metric,
  last: 0.1,
  drifted: metric === 'drift:temp:psi',
  note: null,
}))
const answer = (metric: string) => ({ series: [seriesOf(metric, 0, now)], annotations })

describe('metrics', () => {
  it('puts the naive forecast beside its metric', () => {
    expect(performanceGroups(listed)).toEqual([
      {
        metric: 'performance:mae',
        label: 'mae',
        naive: 'naive:mae',
        estimated: 'estimated:mae',
      },
      { metric: 'performance:rmse', label: 'rmse', naive: null, estimated: null },
    ])
  })
  it('names methods as people write them, and skew stands with its column', () => {
    expect(['psi', 'mae', 'new', 'r2', 'logLoss', 'wasserstein'].map(metricWord)).toEqual([
      'PSI',
      'MAE',
      'new',
      'R²',
      'log loss',
      'wasserstein',
    ])
    const skewed = { metric: 'skew:a:b', last: 0.4, drifted: true, note: null }
    expect(driftColumns([skewed])).toEqual([
      {
        column: 'a:b',
        methods: [{ method: 'skew', metric: 'skew:a:b', last: 0.4, drifted: true }],
      },
    ])
  })
  it('groups drift by column, drifting first, and keeps colons of names', () => {
    const columns = driftColumns([
      ...listed,
      { metric: 'drift:a:b:psi', last: null, drifted: null, note: null },
    ])
    expect(columns[0]?.column).toBe('temp')
    expect(columns.map((one) => one.column)).toContain('a:b')
    expect(columns.map((one) => one.column)).toContain('prediction')
    const windspeed = columns.find((one) => one.column === 'windspeed')
    expect(windspeed?.methods.map((one) => one.method)).toEqual(['psi', 'ks', 'js', 'missing'])
    expect(methodsOf(columns)).toEqual(['psi', 'ks', 'js', 'new', 'missing'])
  })
})

describe('charts', () => {
  it('keeps gaps, the bound and the reference', () => {
    const [group] = performanceGroups(listed)
    const answers = {
      own: answer('performance:mae'),
      estimated: answer('estimated:mae'),
      naive: answer('naive:mae'),
    }
    const chart = group && performanceChart(group, answers, monitor)
    expect(chart?.series.map((one) => one.label)).toEqual([
      'realised mae',
      'estimated mae',
      'naive mae',
      'restated by late labels',
    ])
    expect(chart?.shades?.map((one) => one.label)).toEqual([
      '95 % confidence, realised mae',
      '95 % confidence, estimated mae',
    ])
    const restated = chart?.series.at(-1)?.values.filter((value) => typeof value === 'number')
    expect(restated).toHaveLength(11)
    expect(chart?.series[0]?.values).toContain(null)
    expect(chart?.bounds?.map((bound) => bound.label)).toEqual(['bound 46.1', 'reference 36.9'])
  })
  it('is empty without points', () => {
    const chart = metricChart({ series: [], annotations: [] }, 'x')
    expect(chart.times).toEqual([])
    expect(chart.bounds).toEqual([])
  })
  it('counts what it marks', () => {
    expect(countMarks(annotations).find((one) => one.kind === 'incident')?.count).toBe(1)
  })
  it('draws a sparkline with gaps', () => {
    expect(sparkline([0, 10, null, 5], 30, 10)).toBe('M0.0,10.0L10.0,0.0M30.0,5.0')
    expect(sparkline([1], 30, 10)).toBe('')
  })
})

it('gives no verdict on too few rows', () => {
  const statistic = windows[0]?.statistics.find((one) => one.column === 'holiday')
  expect(statistic && verdictOf(statistic)).toEqual({
    state: 'waiting',
    label: 'not enough data: 3 of 30 rows',
  })
})

describe('segments, whole metrics and bands', () => {
  const named = (metric: string) => ({ metric, last: 1, drifted: null, note: null })

  it('finds segments, and keeps them out of performance', () => {
    const found = [
      named('performance:mae'),
      named('performance:mae@season=1'),
      named('volume:rows@season=1'),
      named('volume:rows@mail=a@b.c'),
    ]
    expect(segmentsOf(found).map(({ name }) => name)).toEqual(['mail=a@b.c', 'season=1'])
    expect(segmentMetrics(segmentsOf(found))).toEqual(['volume:rows', 'performance:mae'])
    expect(performanceGroups(found)).toHaveLength(1)
    expect(wholeMetrics(found)).toEqual([])
    expect(wholeMetrics([named('latency:p99'), named('volume:rows')])).toEqual([
      { metric: 'volume:rows', label: 'Rows', lack: null },
      { metric: 'latency:p99', label: 'Latency p99, ms', lack: null },
    ])
    const failing = { ...named('custom:takings:total'), last: null, note: 'no price' }
    expect(wholeMetrics([failing])).toEqual([
      { metric: 'custom:takings:total', label: 'takings, total', lack: 'no price' },
    ])
  })

  it('draws bounds that move, and the range of thinned points', () => {
    const point = (at: number, threshold: number, range?: [number, number]) => ({
      at,
      value: 5,
      rows: 1,
      revision: 1,
      threshold,
      lower: 1,
      drifted: false,
      ...(range && { range }),
    })
    const points = [point(1, 8, [4, 6]), point(2, 9, [3, 7]), point(3, 9)]
    const chart = metricChart({ series: [{ metric: 'x', points }], annotations: [] }, 'x')
    expect(chart.bounds).toEqual([])
    expect(chart.series.map(({ label, values }) => [label, ...values])).toEqual([
      ['x', 5, 5, 5],
      ['upper bound', 8, 9, 9],
      ['lower bound', 1, 1, 1],
    ])
    expect(chart.shades).toEqual([
      { label: 'lowest to highest', color: 0, low: [4, 3, null], high: [6, 7, null] },
    ])
  })

  it('shades how sure a figure is', () => {
    const point = (at: number, band?: [number, number]) => ({
      at,
      value: 5,
      rows: 9,
      revision: 1,
      threshold: null,
      lower: null,
      drifted: null,
      ...(band && { band }),
    })
    const points = [point(1, [4, 6]), point(2)]
    const chart = metricChart({ series: [{ metric: 'x', points }], annotations: [] }, 'x')
    expect(chart.shades).toEqual([
      { label: '95 % confidence', color: 0, low: [4, null], high: [6, null] },
    ])
  })

  it('keeps a bound that stands still, also where points are thinned', () => {
    const point = (at: number) => ({
      at,
      value: 5,
      rows: 1,
      revision: 1,
      threshold: 8,
      lower: null,
      drifted: false,
      range: [4, 9] as [number, number],
    })
    const points = [point(1), point(2)]
    const chart = metricChart({ series: [{ metric: 'x', points }], annotations: [] }, 'x')
    expect(chart.bounds?.map(({ label }) => label)).toEqual(['bound 8'])
    expect(chart.series.map(({ label }) => label)).toEqual(['x'])
  })

  it('ranks who is worst, and says how all stand', () => {
    const ranked = [...health].sort((a, b) => healthRank(b) - healthRank(a))
    expect(ranked.map(({ state }) => state)).toEqual([
      'alerting',
      'drifting',
      'unknown',
      'ok',
      'waiting',
    ])
    expect(summaryOf({ alerting: 1, drifting: 0, unknown: 2, ok: 9800, waiting: 0 })).toBe(
      '1 alerting, 2 without enough data, 9,800 well',
    )
  })

  it('puts drift within segments into a table for each column that cuts, what drifted first', () => {
    const one = (metric: string, last: number | null, drifted: boolean | null) => ({
      metric,
      last,
      drifted,
      note: null,
    })
    const found = [
      one('volume:rows@city=Lyon', 9, null),
      one('drift:any:gap@any', 0.4, true),
      one('drift:any:gap@city=Lyon', 0.4, true),
      one('drift:age:gap@city=Lyon', 0.1, false),
      one('drift:temp:gap@city=Lyon', 0.4, true),
      one('drift:temp:gap@city=a=b', null, null),
      one('prediction:gap@city=Lyon', 0.2, false),
    ]
    const [cut, ...others] = driftWithin(found)
    expect(others).toEqual([])
    expect(cut?.cutBy).toBe('city')
    expect(cut?.values).toEqual(['Lyon', 'a=b'])
    expect(cut?.columns.map(({ column }) => column)).toEqual(['temp', 'age'])
    expect(cut?.columns[0]?.cells.get('a=b')?.last).toBeNull()
    expect(segmentMetrics(segmentsOf(found))).toEqual([
      'drift:any:gap',
      'volume:rows',
      'prediction:gap',
    ])
    expect(driftColumns(found)).toEqual([])
  })
})
