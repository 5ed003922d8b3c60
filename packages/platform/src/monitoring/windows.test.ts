import { monitorDeclaration } from '@kaizen/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dueTo, lengthsOf, restatedEnds, windowStart } from './windows.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const lengths = lengthsOf(
  monitorDeclaration.parse({
    name: 'watch',
    endpoint: 'demand',
    lateness: '6h',
    performance: { metrics: ['mae'], window: '3d' },
    naive: { lag: '2d' },
  }),
)

describe('windows', () => {
  it('are aligned, and due when their lateness has passed', () => {
    expect(windowStart(dayMs + 1, dayMs)).toBe(dayMs)
    expect(dueTo(5 * dayMs + 6 * hourMs - 1, lengths)).toBe(4 * dayMs)
    expect(dueTo(5 * dayMs + 6 * hourMs, lengths)).toBe(5 * dayMs)
  })

  it('restates exactly the closed windows that a label can change', () => {
    const at = fc.integer({ min: 0, max: 40 * dayMs })
    fc.assert(
      fc.property(at, fc.integer({ min: 0, max: 50 }), (label, closedDays) => {
        const closedTo = closedDays * dayMs
        const ends = restatedEnds({ from: label, to: label + 1 }, closedTo, lengths)
        for (let end = dayMs; end <= closedTo; end += dayMs) {
          const holds = (time: number): boolean => time >= end - 3 * dayMs && time < end
          expect(ends.includes(end)).toBe(holds(label) || reachable(label, end))
        }
        expect(ends.every((end) => end <= closedTo)).toBe(true)
      }),
    )
  })
})

/** Between the row itself and the row whose naive forecast is its truth, two days later. */
const reachable = (label: number, end: number): boolean =>
  label < end && label + 2 * dayMs >= end - 3 * dayMs
