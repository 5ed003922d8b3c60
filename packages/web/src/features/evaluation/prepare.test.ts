import type { GateDecision } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { candidates } from '../../../dev/fixture/loop.ts'
import { intervalShape, metricRows } from './prepare.ts'

const gate = candidates.find((one) => one.state === 'rejected')?.gate as GateDecision

describe('gate', () => {
  it('lists the deciding metric first and leaves a gap where there was no champion', () => {
    expect(metricRows(gate)[0]?.metric).toBe('mae')
    const first = metricRows({ ...gate, champion: null })
    expect(first.every((row) => row.champion === null && row.difference === null)).toBe(true)
  })
  it('places the interval, zero and the bound in order on one line', () => {
    const shape = intervalShape({
      ...gate,
      rule: { ...gate.rule, minImprovement: 0.01 },
      improvement: {
        estimate: 0.05,
        lower: -0.02,
        upper: 0.09,
        confidence: 0.9,
        resamples: 1000,
        probabilityBetter: 0.9,
      },
    })
    const order = shape && [shape.lower, shape.zero, shape.required, shape.estimate, shape.upper]
    expect(order).toEqual([...(order ?? [])].sort((a, b) => a - b))
    expect(shape?.lower).toBeGreaterThan(0)
    expect(shape?.upper).toBeLessThan(100)
    expect(intervalShape({ ...gate, improvement: null })).toBeNull()
  })
})
