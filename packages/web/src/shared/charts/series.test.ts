import { describe, expect, it } from 'vitest'
import { alignSeries, breakAtGaps, chartRows, styleOf } from './series.ts'

describe('series', () => {
  it('aligns lines of different times with gaps, never zeros', () => {
    const { times, values } = alignSeries([
      [
        { at: 2, value: 20 },
        { at: 1, value: 10 },
      ],
      [{ at: 3, value: 5 }],
    ])
    expect(times).toEqual([1, 2, 3])
    expect(values).toEqual([
      [10, 20, null],
      [null, null, 5],
    ])
  })
  it('breaks a line where points are missing', () => {
    const points = [0, 1, 2, 7, 8].map((at) => ({ at, value: at }))
    expect(breakAtGaps(points).map((point) => [point.at, point.value])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
      [3, null],
      [7, 7],
      [8, 8],
    ])
  })
  it('uses eight colours, then another dash', () => {
    expect(styleOf(7)).toEqual({ color: 7, dash: [] })
    expect(styleOf(8).color).toBe(0)
    expect(styleOf(8).dash).not.toEqual([])
  })
  it('has a table behind it, newest first, without empty rows', () => {
    const chart = {
      times: [1, 2, 3],
      series: [{ label: 'a', color: 0, values: [1, null, 3] }],
    }
    expect(chartRows(chart)).toEqual([
      { at: 3, values: [3] },
      { at: 1, values: [1] },
    ])
  })
})
