import { expect, it } from 'vitest'
import { LatencyHistogram } from './latency-histogram.ts'

it('knows percentiles within the width of its cells', () => {
  const histogram = new LatencyHistogram()
  expect(histogram.percentile(0.5)).toBeNull()
  for (let i = 1; i <= 1000; i++) histogram.record(i / 10)
  expect(histogram.count).toBe(1000)
  for (const [share, exact] of [
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ] as const) {
    expect(Math.abs(histogram.percentile(share)! / exact - 1)).toBeLessThan(0.05)
  }
})

it('keeps what lies outside its range at the edges', () => {
  const histogram = new LatencyHistogram()
  histogram.record(0)
  histogram.record(1e9)
  expect(histogram.percentile(0)).toBeLessThan(0.002)
  expect(histogram.percentile(1)).toBeGreaterThan(1e6)
})
