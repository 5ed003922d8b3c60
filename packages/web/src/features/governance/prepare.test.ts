import { describe, expect, it } from 'vitest'
import { eventAt } from '../../../dev/fixture/audit.ts'
import { eventWords } from './prepare.ts'

const event = eventAt(1, 10)

describe('eventWords', () => {
  it('leads with the reason and leaves nested values to the detail', () => {
    const data = { after: { arms: [] }, reason: 'canary', weight: 0.3 }
    expect(eventWords({ ...event, data })).toBe('canary, weight 30.0 %')
    const window = { from: Date.UTC(2012, 0, 1), rows: 24 }
    expect(eventWords({ ...event, data: window })).toBe('from 2012-01-01 00:00 UTC, rows 24')
  })
  it('stays on one line', () => {
    expect(eventWords({ ...event, data: { summary: 'x'.repeat(500) } }).length).toBe(140)
    expect(eventWords({ ...event, data: {} })).toBe('')
  })
})
