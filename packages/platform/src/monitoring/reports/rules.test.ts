import { reportBody } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import type { ReportMonitorPart, Slot } from './model.ts'
import { before, findingsOf, nextTime, periodOf, sectionOf, summarise } from './rules.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const now = Date.UTC(2012, 4, 22, 6)
const slot = (value: number | null, changes: Partial<Slot> = {}): Slot => ({
  windows: 1,
  known: value === null ? 0 : 1,
  total: value ?? 0,
  low: value,
  high: value,
  threshold: 0.2,
  lower: null,
  drifted: value === null ? null : value > 0.2,
  ...changes,
})

describe('the period of a report', () => {
  it('is counted by window where it is short, and in whole days where it is long', () => {
    const short = periodOf({ period: { last: '36h' } }, now)
    expect(short).toEqual({ from: now - 36 * hourMs, to: now, counted: 'windows' })
    const long = periodOf({ period: { last: '7d' } }, now)
    expect(long).toEqual({
      from: Date.UTC(2012, 4, 15),
      to: Date.UTC(2012, 4, 22),
      counted: 'days',
    })
    expect(before(long)).toEqual({ from: long.from - 7 * dayMs, to: long.from, counted: 'days' })
    expect(() => periodOf({ period: { from: 0, to: now } }, now)).toThrow('three years')
  })
})

describe('a metric over a period', () => {
  it('weighs days by their windows, and tells what is over the bounds', () => {
    const days = [
      slot(0.1, { windows: 24, known: 24, total: 2.4, low: 0.05, high: 0.15, drifted: false }),
      slot(null, { windows: 24 }),
      slot(0.4, { windows: 12, known: 6, total: 2.4, low: 0.3, high: 0.5, drifted: true }),
    ]
    expect(summarise('drift:temp:psi', days, [slot(0.1)])).toEqual({
      metric: 'drift:temp:psi',
      windows: 60,
      known: 30,
      mean: 4.8 / 30,
      low: 0.05,
      high: 0.5,
      last: 2.4 / 6,
      threshold: 0.2,
      lower: null,
      judged: 2,
      outside: 1,
      previous: 0.1,
      points: [2.4 / 24, null, 2.4 / 6],
    })
  })

  it('says nothing where nothing is known: no zero, no verdict', () => {
    const none = summarise('missing:temp', [slot(null), slot(null)], [])
    expect(none).toMatchObject({ known: 0, mean: null, low: null, last: null, previous: null })
    expect(none).toMatchObject({ judged: 0, outside: 0, points: [null, null] })
  })

  it('draws at most sixty points', () => {
    const { points } = summarise(
      'm',
      Array.from({ length: 1000 }, (_, i) => slot(i)),
      null,
    )
    expect(points.length).toBeLessThanOrEqual(60)
    expect(points[0]).toBe(8)
  })

  it('stands in a section by its name', () => {
    const sections = ['drift:temp:psi', 'drift:temp:psi@season=1', 'influence:temp', 'missing:temp']
    expect(sections.map(sectionOf)).toEqual(['drift', 'segments', 'explanations', 'quality'])
    expect(sectionOf('performance:mae')).toBe('performance')
    expect(sectionOf('latency:p99')).toBe('operations')
    expect(sectionOf('custom:answers')).toBe('custom')
  })
})

describe('what stands out', () => {
  const part: ReportMonitorPart = {
    monitor: 'bike',
    problem: null,
    reference: null,
    windows: 2,
    distributions: [],
    alerts: [],
    sections: [
      {
        section: 'drift',
        omitted: 0,
        metrics: [
          summarise('drift:a:psi', [slot(0.1), slot(0.3)], null),
          summarise('drift:b:psi', [slot(null)], null),
        ],
      },
    ],
  }
  it('names the worst, and what is not known', () => {
    expect(findingsOf(part, 'windows')).toEqual([
      'bike: 1 of 2 metrics were over their bounds, first drift:a:psi in 1 of 2 windows',
      'bike: 1 metrics have too little data for a value',
    ])
    expect(findingsOf({ ...part, problem: 'there is no monitor' }, 'days')).toEqual([
      'bike: there is no monitor',
    ])
  })
})

describe('a schedule', () => {
  it('is read in its time zone, and refused where it is none', () => {
    const schedule = { cron: '0 7 * * 1', timeZone: 'Europe/Berlin' }
    expect(nextTime({ schedule }, now)).toBe(Date.UTC(2012, 4, 28, 5))
    expect(nextTime({ schedule: null }, now)).toBeNull()
    expect(() => nextTime({ schedule: { ...schedule, cron: 'soon' } }, now)).toThrow('schedule')
    expect(() => nextTime({ schedule: { ...schedule, timeZone: 'Mars' } }, now)).toThrow('schedule')
  })

  it('needs somewhere to go, and a report something to tell of', () => {
    const schedule = { cron: '0 7 * * 1' }
    expect(reportBody.safeParse({ monitors: ['bike'], schedule }).success).toBe(false)
    expect(reportBody.safeParse({}).success).toBe(false)
    expect(reportBody.safeParse({ monitors: ['bike'] }).success).toBe(true)
  })
})
