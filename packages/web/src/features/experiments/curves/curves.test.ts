import { describe, expect, it } from 'vitest'
import { historyOf } from '../../../../dev/fixture/tracking.ts'
import { readSampled } from '../wire.ts'
import { curveChart, readCurveView, smoothed, uniqueLabels, writeCurveView } from './curves.ts'

const plain = readCurveView({})
const point = (step: number, value: number, timestamp = step * 1000) => ({ step, value, timestamp })

describe('view of curves', () => {
  it('is read from an address and written back, without what is as at first', () => {
    const search = { along: 'relative', logs: 'xy', smooth: '0.6' }
    expect(writeCurveView(readCurveView(search))).toEqual(search)
    expect(writeCurveView(plain)).toEqual({ along: '', logs: '', smooth: '' })
    expect(readCurveView({ along: 'sideways', smooth: 'much' })).toEqual(plain)
    expect(readCurveView({ smooth: '7' }).smooth).toBeLessThan(1)
  })
})

describe('smoothing', () => {
  it('keeps a constant, starts at the first value and follows the recurrence', () => {
    expect(smoothed([3, 3, 3], 0.9).every((value) => Math.abs((value ?? 0) - 3) < 1e-12)).toBe(true)
    expect(smoothed([1, 2], 0.5)).toEqual([1, 2.5 / 1.5])
    expect(smoothed([1, 2], 0)).toEqual([1, 2])
  })
  it('leaves gaps as they are', () => {
    expect(smoothed([1, null, 1], 0.5)).toEqual([1, null, 1])
  })
})

describe('chart of curves', () => {
  it('goes along steps, or along time when there is one step', () => {
    const curve = { label: 'mae', points: historyOf(1, 'mae') }
    expect(curveChart([curve], plain).along).toBe('step')
    const still = [3, 1, 2].map((at) => point(0, at, at))
    const chart = curveChart([{ label: 'x', points: still }], plain)
    expect(chart).toMatchObject({ along: 'time', times: [1, 2, 3] })
  })
  it('leaves a gap for a value that is not a number', () => {
    const answer = {
      metrics: [
        { run_id: 'a', value: 'NaN', step: 0 },
        { run_id: 'a', value: '2.5', step: 1 },
      ],
    }
    const points = readSampled(answer).get('a') ?? []
    expect(curveChart([{ label: 'x', points }], plain).series[0]?.values).toEqual([null, 2.5])
  })
  it('starts every run at zero along time since start', () => {
    const chart = curveChart(
      [
        { label: 'a', points: [point(0, 1, 5000), point(1, 2, 6000)] },
        { label: 'b', points: [point(0, 3, 90_000), point(1, 4, 90_500)] },
      ],
      { ...plain, along: 'relative' },
    )
    expect(chart.times).toEqual([0, 500, 1000])
    expect(chart.series.map((one) => one.values)).toEqual([
      [1, undefined, 2],
      [3, 4, undefined],
    ])
  })
  it('leaves out step zero on a logarithmic axis, which time never is', () => {
    const curve = { label: 'a', points: [point(0, 1, 7), point(10, 2, 8)] }
    expect(curveChart([curve], { ...plain, logX: true }).times).toEqual([10])
    const timed = curveChart([curve], { ...plain, logX: true, along: 'time' })
    expect(timed).toMatchObject({ times: [7, 8], alongLogarithmic: false })
  })
  it('keeps what was logged behind the mean of one curve only', () => {
    const curve = { label: 'a', points: [point(0, 1), point(1, 2)] }
    const view = { ...plain, smooth: 0.5 }
    expect(curveChart([curve], view).series.map((one) => one.label)).toEqual(['a', 'a as logged'])
    expect(curveChart([curve, curve], view).series.map((one) => one.label)).toEqual(['a', 'a (2)'])
  })
  it('draws nothing of nothing', () => {
    expect(curveChart([], plain)).toMatchObject({ times: [], series: [] })
    expect(curveChart([{ label: 'a', points: [] }], { ...plain, along: 'relative' }).times).toEqual(
      [],
    )
  })
  it('tells equal names apart', () => {
    expect(uniqueLabels(['a', 'b', 'a', 'a'])).toEqual(['a', 'b', 'a (2)', 'a (3)'])
  })
})

it('reads sampled points by their run', () => {
  const answer = { metrics: ['a', 'b', 'a'].map((run_id, step) => ({ run_id, step, value: step })) }
  const curves = readSampled(answer)
  expect(curves.get('a')?.map((one) => one.value)).toEqual([0, 2])
  expect(curves.get('b')?.length).toBe(1)
  expect(readSampled({}).size).toBe(0)
})
