import { describe, expect, it } from 'vitest'
import { trafficOf } from '../../../dev/fixture/serving.ts'
import { day, hour, now } from '../../../dev/fixture/world.ts'
import { trafficCharts } from './traffic-charts.ts'

const point = (arm: string, at: number, requests: number, p99: number | null) => ({
  at,
  arm,
  requests,
  errors: 0,
  p50: p99,
  p99,
})

describe('trafficCharts', () => {
  it('draws a line per arm and a gap where nothing was asked', () => {
    const { requests, latency, folded } = trafficCharts(trafficOf(now - 60 * day, now, 240))
    expect(requests.series.map((one) => one.label)).toEqual(['champion', 'challenger'])
    const champion = requests.series[0]?.values ?? []
    expect(champion).toContain(null)
    expect(champion).not.toContain(0)
    expect(latency.series.map((one) => one.label)).toEqual([
      'champion p50',
      'challenger p50',
      'champion p99',
      'challenger p99',
    ])
    expect(folded).toBe(0)
  })
  it('draws many arms as one: sums of requests, the slowest latency', () => {
    const arms = ['a', 'b', 'c', 'd', 'e', 'f']
    const points = arms.map((arm, index) => point(arm, hour, 10, index === 0 ? null : index))
    const { requests, latency, folded } = trafficCharts({ bucketMs: hour, points })
    expect(folded).toBe(6)
    expect(requests.series).toMatchObject([{ label: 'all arms', values: [60] }])
    expect(latency.series[1]).toMatchObject({ label: 'all arms p99 of the slowest', values: [5] })
  })
  it('is empty without points', () => {
    expect(trafficCharts({ bucketMs: 1, points: [] }).requests.times).toEqual([])
  })
})
