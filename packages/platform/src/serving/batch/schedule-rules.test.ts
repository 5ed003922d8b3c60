import { describe, expect, it } from 'vitest'
import { decideDue, nextTime } from './schedule-rules.ts'

describe('times of a schedule', () => {
  const times = (cron: string, timeZone: string, since: string, count: number): string[] => {
    const found: string[] = []
    let at: number | null = Date.parse(since)
    while (found.length < count) {
      at = nextTime({ cron, timeZone }, at)
      if (at === null) break
      found.push(new Date(at).toISOString())
    }
    return found
  }

  it('are those of the clock on the wall, also where it is moved', () => {
    expect(times('0 7 * * *', 'Europe/Berlin', '2026-03-27T12:00:00Z', 3)).toEqual([
      '2026-03-28T06:00:00.000Z',
      '2026-03-29T05:00:00.000Z',
      '2026-03-30T05:00:00.000Z',
    ])
    // The hour that is skipped in spring is run once, after it; the one that comes twice in autumn is run once.
    expect(times('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toHaveLength(2)
    const autumn = times('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)
    expect(autumn.map((at) => at.slice(0, 10))).toEqual(['2026-10-25', '2026-10-26'])
  })

  it('end, or are refused where they are none', () => {
    expect(nextTime({ cron: '0 0 30 2 *', timeZone: 'UTC' }, 0)).toBeNull()
    for (const cron of ['', 'daily', '61 * * * *', '* * * * * * * *', '1 2 3'])
      expect(() => nextTime({ cron, timeZone: 'UTC' }, 0), cron).toThrow('cron')
    expect(() => nextTime({ cron: '* * * * *', timeZone: 'Europe/Atlantis' }, 0)).toThrow(
      'Europe/Atlantis',
    )
  })
})

it('decides by lateness and by the job before', () => {
  const decide = (missed: 'once' | 'skip', overlap: 'skip' | 'allow' | 'replace', lateMs = 0) =>
    decideDue({ missed, overlap }, { due: 1000, now: 1000 + lateMs, running: 'batch_1' })
  const free = { due: 1000, now: 1000 + 3_600_000, running: null }
  expect(decideDue({ missed: 'skip', overlap: 'allow' }, free)).toMatchObject({ kind: 'skip' })
  expect(decideDue({ missed: 'once', overlap: 'skip' }, free)).toEqual({
    kind: 'start',
    replaces: false,
  })
  expect(decide('once', 'skip')).toMatchObject({
    kind: 'skip',
    reason: expect.stringContaining('batch_1'),
  })
  expect(decide('once', 'allow', 3_600_000)).toEqual({ kind: 'start', replaces: false })
  expect(decide('once', 'replace')).toEqual({ kind: 'start', replaces: true })
  expect(decide('skip', 'replace', 60_001)).toMatchObject({ kind: 'skip' })
})
