import { describe, expect, it } from 'vitest'
import { runAt } from '../../../../dev/fixture/tracking.ts'
import { readRun } from '../wire.ts'
import {
  axesAtFirst,
  axisOf,
  comparedRows,
  mostCompared,
  parallelLines,
  readRunIds,
  toggleRun,
} from './comparison.ts'

const runs = [1, 2, 3, 11].map((number) => readRun(runAt(number)))
const runWith = (params: Record<string, string>, metrics: Record<string, number | string> = {}) =>
  readRun({
    info: { run_id: 'r' },
    data: {
      params: Object.entries(params).map(([key, value]) => ({ key, value })),
      metrics: Object.entries(metrics).map(([key, value]) => ({ key, value })),
    },
  })

describe('choice of runs', () => {
  it('reads each run once, and no more than fit', () => {
    expect(readRunIds('a,,b,a')).toEqual(['a', 'b'])
    expect(readRunIds(undefined)).toEqual([])
    const many = Array.from({ length: 130 }, (_, index) => `run${index}`)
    expect(readRunIds(many.join(','))).toHaveLength(mostCompared)
    expect(toggleRun(many.slice(0, mostCompared), 'one more')).toBeNull()
  })
  it('puts a run in and out', () => {
    expect(toggleRun(['a'], 'b')).toEqual(['a', 'b'])
    expect(toggleRun(['a', 'b'], 'a')).toEqual(['b'])
  })
})

describe('differences', () => {
  it('knows what differs, a missing value being a difference', () => {
    const params = comparedRows(runs, 'params')
    expect(params.filter((row) => !row.differs).map((row) => row.key)).toEqual(['target'])
    const some = comparedRows([runWith({ a: '1' }), runWith({})], 'params')
    expect(some).toEqual([
      { key: 'a', values: ['1', null], differs: true, least: null, greatest: null },
    ])
  })
  it('marks the least and greatest of a metric; NaN equals itself and wins nothing', () => {
    const three = [
      { m: 2, n: 'NaN' },
      { m: 'NaN', n: 'NaN' },
      { m: 1, n: 'NaN' },
    ]
    const rows = comparedRows(
      three.map((metrics) => runWith({}, metrics)),
      'metrics',
    )
    expect(rows[0]).toMatchObject({ key: 'm', differs: true, least: 2, greatest: 0 })
    expect(rows[1]).toMatchObject({ key: 'n', differs: false, least: null })
  })
})

describe('axes', () => {
  it('places numbers by size and breaks at missing ones', () => {
    const axis = axisOf(runs, 'metrics.mae')
    expect(axis.numeric).toBe(true)
    const placed = axis.places.filter((place) => place !== null)
    expect(Math.min(...placed)).toBe(0)
    expect(Math.max(...placed)).toBe(1)
    expect(axis.places[3]).toBeNull()
  })
  it('places words in order, numbers within them by size', () => {
    const axis = axisOf(
      ['b', 'a10', 'a9'].map((x) => runWith({ x })),
      'params.x',
    )
    expect(axis).toMatchObject({ numeric: false, places: [1, 0.5, 0] })
    expect(axis.ticks.map((tick) => tick.label)).toEqual(['a9', 'a10', 'b'])
  })
  it('puts one value in the middle', () => {
    expect(axisOf([runWith({ x: '4' })], 'params.x').places).toEqual([0.5])
    expect(axisOf([runWith({})], 'params.x').ticks).toEqual([])
  })
  it('starts with parameters that differ, the metric last', () => {
    expect(axesAtFirst(runs, 'mae')).toEqual([
      'params.learning_rate',
      'params.max_leaves',
      'params.trees',
      'metrics.mae',
    ])
  })
  it('draws a line per run, broken where a value is missing', () => {
    const three = [runWith({ a: '0', b: '1', c: '0' }), runWith({ a: '1', c: '1' })]
    const axes = (['params.a', 'params.b', 'params.c'] as const).map((one) => axisOf(three, one))
    const lines = parallelLines(axes, { width: 100, height: 10 }, 2)
    expect(lines).toEqual(['M0 10L50 5L100 10', 'M0 0M100 0'])
  })
})
