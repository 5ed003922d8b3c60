import { monitorDeclaration } from '@kaizen/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dueTo,
  endOfCount,
  historyFrom,
  lengthsOf,
  mostHistory,
  reachOfLabels,
  windowStart,
} from './windows.ts'

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
  it('begin with the first row, unless it lies further back than a monitor computes', () => {
    const due = Date.UTC(2026, 0, 1)
    const { everyMs } = lengths
    expect(historyFrom(due - 3 * everyMs + 1, due, lengths)).toBe(due - 3 * everyMs)
    expect(historyFrom(0, Number.POSITIVE_INFINITY, lengths)).toBe(0)
    expect(historyFrom(0, due, { ...lengths, everyMs: 60_000 })).toBe(due - mostHistory * 60_000)
  })

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
        const reach = reachOfLabels({ from: label, to: label + 1 }, closedTo, lengths)
        const isReached = (end: number): boolean =>
          reach !== null && end > reach.after && end <= reach.to
        for (let end = dayMs; end <= closedTo; end += dayMs) {
          const holds = (time: number): boolean => time >= end - 3 * dayMs && time < end
          expect(isReached(end)).toBe(holds(label) || reachable(label, end))
        }
        expect(isReached(closedTo + dayMs)).toBe(false)
      }),
    )
  })

  it('of a number of rows keep rows of one instant together', () => {
    expect(endOfCount(Float64Array.of(5, 6, 7), 4)).toBeNull()
    expect(endOfCount(Float64Array.of(5, 6, 6, 6, 9), 2)).toBe(7)
    expect(endOfCount(Float64Array.of(), 1)).toBeNull()
  })

  it('slide: they close every so often, whatever their length', () => {
    const sliding = lengthsOf(
      monitorDeclaration.parse({ name: 'watch', window: '7d', every: '1d', lateness: '6h' }),
    )
    expect(sliding).toMatchObject({ windowMs: 7 * dayMs, everyMs: dayMs })
    expect(dueTo(5 * dayMs + 6 * hourMs, sliding)).toBe(5 * dayMs)
  })
})

/** Between the row itself and the row whose naive forecast is its truth, two days later. */
const reachable = (label: number, end: number): boolean =>
  label < end && label + 2 * dayMs >= end - 3 * dayMs
