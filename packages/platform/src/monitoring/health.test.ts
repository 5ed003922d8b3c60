import { describe, expect, it } from 'vitest'
import { rankMonitors, ranksAfter, rankToken } from './health.ts'

const standing = (monitor: string, judged: number | null, drifted = 0, over = drifted) => ({
  monitor,
  judged,
  drifted: judged === null ? null : drifted,
  over,
})
const alert = (severity: 'critical' | 'warning', count = 1) => ({ monitor: '', severity, count })

describe('rank of monitors', () => {
  const ranked = rankMonitors(
    [
      standing('a-well', 60),
      standing('b-new', null),
      standing('c-little', 0),
      standing('d-over', 60, 3),
      standing('e-over', 60, 9),
      standing('f-warned', 60),
      standing('g-critical', null),
      standing('h-warned-twice', 60),
      standing('i-well', 60),
      standing('j-late', 60, 0, 1),
    ],
    new Map([
      ['f-warned', [alert('warning')]],
      ['g-critical', [alert('critical')]],
      ['h-warned-twice', [alert('warning', 2)]],
    ]),
  )
  const names = ranked.map(({ monitor }) => monitor)

  it('goes by state, then alerts by severity, then the share over the bounds, then the name', () => {
    expect(names).toEqual([
      'g-critical',
      'h-warned-twice',
      'f-warned',
      'e-over',
      'd-over',
      'j-late',
      'c-little',
      'a-well',
      'i-well',
      'b-new',
    ])
    expect(ranked.map(({ state }) => state).slice(3)).toEqual([
      ...['drifting', 'drifting', 'drifting', 'unknown', 'ok', 'ok', 'waiting'],
    ])
  })

  it('goes on behind a page, also where its last monitor is gone', () => {
    for (const [index, last] of ranked.entries()) {
      const rest = names.slice(index + 1)
      const after = ranksAfter(ranked, rankToken(last)).map(({ monitor }) => monitor)
      expect(after).toEqual(rest)
      const without = ranked.filter((one) => one !== last)
      expect(ranksAfter(without, rankToken(last)).map(({ monitor }) => monitor)).toEqual(rest)
    }
  })

  it.each(['x', 'bike', '1 2 3 4 bike', 'a b c d e f'])('refuses the token %j', (token) => {
    expect(() => ranksAfter(ranked, token)).toThrow('query.pageToken: not a token of this list')
  })
})
