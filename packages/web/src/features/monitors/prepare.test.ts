import { describe, expect, it } from 'vitest'
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
  methodsOf,
  metricChart,
  performanceChart,
  performanceGroups,
  sparkline,
  verdictOf,
} from './prepare.ts'

const listed = metrics.map((metric) => ({
  metric,
  last: 0.1,
  drifted: metric === 'drift:temp:psi',
}))
const answer = (metric: string) => ({ series: [seriesOf(metric, 0, now)], annotations })

describe('metrics', () => {
  it('puts the naive forecast beside its metric', () => {
    expect(performanceGroups(listed)).toEqual([
      { metric: 'performance:mae', label: 'mae', naive: 'naive:mae' },
      { metric: 'performance:rmse', label: 'rmse', naive: null },
    ])
  })
  it('groups drift by column, drifting first, and keeps colons of names', () => {
    const columns = driftColumns([
      ...listed,
      { metric: 'drift:a:b:psi', last: null, drifted: null },
    ])
    expect(columns[0]?.column).toBe('temp')
    expect(columns.map((one) => one.column)).toContain('a:b')
    expect(columns.map((one) => one.column)).toContain('prediction')
    const windspeed = columns.find((one) => one.column === 'windspeed')
    expect(windspeed?.methods.map((one) => one.method)).toEqual(['psi', 'ks', 'js', 'missing'])
    expect(methodsOf(columns)).toEqual(['psi', 'ks', 'js', 'missing'])
  })
})

describe('charts', () => {
  it('keeps gaps, the bound and the reference', () => {
    const [group] = performanceGroups(listed)
    const chart =
      group && performanceChart(group, answer('performance:mae'), answer('naive:mae'), monitor)
    expect(chart?.series.map((one) => one.label)).toEqual(['model mae', 'naive mae'])
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
