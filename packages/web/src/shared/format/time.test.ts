import { describe, expect, it } from 'vitest'
import { formatAge, formatDay, formatInstant, formatSpan, formatTick } from './time.ts'

const at = Date.UTC(2012, 4, 1, 13)

describe('times', () => {
  it('carries the zone', () => {
    expect(formatInstant(at)).toBe('2012-05-01 13:00 UTC')
    expect(formatInstant(at + 5000)).toBe('2012-05-01 13:00:05 UTC')
    expect(formatDay(null)).toBe('–')
  })
  it('is relative to the clock of the server, both ways', () => {
    expect(formatAge(at, at + 1000)).toBe('now')
    expect(formatAge(at, at + 3 * 60_000)).toBe('3 min ago')
    expect(formatAge(at + 7_200_000, at)).toBe('in 2 h')
    expect(formatAge(at, at + 90 * 86_400_000)).toBe('2 mo ago')
    expect(formatAge(null, at)).toBe('–')
  })
  it('says under an axis what its ticks are apart', () => {
    expect(formatTick(at, 30 * 86_400_000)).toBe('May 2012')
    expect(formatTick(at, 7 * 86_400_000)).toBe('1 May')
    expect(formatTick(at, 3_600_000)).toBe('13:00')
    expect(formatTick(Date.UTC(2012, 4, 2), 3_600_000)).toBe('2 May')
  })
  it('shows whole days without times', () => {
    expect(formatSpan(Date.UTC(2012, 1, 1), Date.UTC(2012, 4, 1))).toBe(
      '2012-02-01 → 2012-05-01 (90 d)',
    )
    expect(formatSpan(at, at + 3_600_000)).toBe('2012-05-01 13:00 UTC → 2012-05-01 14:00 UTC (1 h)')
    expect(formatSpan(null, null)).toBe('–')
  })
})
