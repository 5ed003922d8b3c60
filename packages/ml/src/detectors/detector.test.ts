import { describe, expect, it } from 'vitest'
import { adwin, cusum, ddm, eddm, hddmA, hddmW, kswin, pageHinkley, stepd } from './index.ts'

const detectors = { adwin, cusum, ddm, eddm, hddmA, hddmW, kswin, pageHinkley, stepd }

describe.each(Object.entries(detectors))('%s', (_, make) => {
  // One row in ten is wrong, then nine.
  const stream = Array.from({ length: 3000 }, (_, i) => Number((i % 10 === 0) === i < 1500))
  const drifts = (values: readonly number[]) => {
    const detector = make()
    return values.flatMap((value, i) => (detector.update(value) === 'drift' ? [i] : []))
  }

  it('goes on as if a value that is no number had not come', () => {
    const found = drifts(stream)
    expect(found.some((i) => i >= 1500)).toBe(true)
    const holed = stream.flatMap((value, i) =>
      i % 500 === 7 ? [Number.NaN, Number.POSITIVE_INFINITY, value] : [value],
    )
    expect(drifts(holed)).toHaveLength(found.length)
  })

  it('goes on from a snapshot of any moment as if it had not stopped', () => {
    const whole = make()
    const signals = stream.map((value) => whole.update(value))
    const first = make()
    for (const value of stream.slice(0, 1510)) first.update(value)
    const restored = (make as (options: object, state: never) => ReturnType<typeof make>)(
      {},
      JSON.parse(JSON.stringify(first.snapshot())) as never,
    )
    expect(stream.slice(1510).map((value) => restored.update(value))).toEqual(signals.slice(1510))
  })
})

it.each([
  ['eddm with its levels in reverse', () => eddm({ alpha: 0.9, beta: 0.95 })],
  ['kswin with a window for one sample', () => kswin({ window: 30, stat: 30 })],
  ['kswin at no level', () => kswin({ alpha: 0 })],
  ['hddm-w with a weight above 1', () => hddmW({ lambda: 2 })],
  ['page-hinkley in no direction', () => pageHinkley({ mode: 'sideways' as 'up' })],
])('refuses %s', (_, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'invalid_input' }))
})
