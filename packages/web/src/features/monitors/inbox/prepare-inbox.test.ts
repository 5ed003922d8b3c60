import type { AlertView } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { afterChange, countOf, doneInWords, filterOf, isFiltered } from './prepare-inbox.ts'

const alert = (id: string, changes: Partial<AlertView> = {}): AlertView => ({
  id,
  monitor: 'm',
  rule: 'r',
  metric: 'x',
  severity: 'info',
  state: 'open',
  message: '',
  value: 1,
  threshold: 0,
  note: '',
  acknowledgedBy: null,
  assignee: null,
  comments: 0,
  openedAt: 0,
  resolvedAt: null,
  windowFrom: 0,
  windowTo: 1,
  ...changes,
})

describe('the filter of the inbox', () => {
  it('reads an address, and leaves out what is no filter', () => {
    expect(filterOf({})).toEqual({ state: 'open' })
    expect(filterOf({ tab: 'all', severity: 'huge', assignee: '@' })).toEqual({})
    expect(filterOf({ tab: 'resolved', severity: 'critical', assignee: '@anna' })).toEqual({
      state: 'resolved',
      severity: 'critical',
      assignee: 'anna',
    })
    expect(filterOf({ assignee: 'nobody', from: 0 })).toEqual({
      state: 'open',
      assignee: '',
      from: 0,
    })
    expect(isFiltered({ state: 'open' })).toBe(false)
    expect(isFiltered({ state: 'open', assignee: '' })).toBe(true)
  })

  it('keeps changed alerts where they belong, and drops them where they no longer do', () => {
    const pages = [{ items: [alert('a'), alert('b')], nextPageToken: 'b' }, { items: [alert('c')] }]
    const changed = [alert('a', { state: 'resolved' }), alert('c', { comments: 1 })]
    expect(afterChange(pages, changed, { state: 'open' })).toEqual([
      { items: [alert('b')], nextPageToken: 'b' },
      { items: [alert('c', { comments: 1 })] },
    ])
    expect(afterChange(pages, changed, {})[0]?.items).toHaveLength(2)
    const mine = [alert('b', { assignee: 'anna' })]
    expect(afterChange(pages, mine, { assignee: '' })[0]?.items).toEqual([alert('a')])
  })

  it('counts, and says what was done', () => {
    const none = { info: 0, warning: 0, critical: 0 }
    const counts = { open: { ...none, critical: 2, info: 3 }, acknowledged: none, resolved: none }
    expect(countOf(counts, 'open')).toBe(5)
    expect(countOf(undefined, 'open')).toBeNull()
    expect(doneInWords({ changed: [1], unchanged: [] }, 'resolved')).toBe('1 alert resolved')
    expect(
      doneInWords({ changed: [], unchanged: [{ reason: 'it is resolved already' }] }, 'resolved'),
    ).toBe('0 alerts resolved; not 1: it is resolved already')
  })
})
