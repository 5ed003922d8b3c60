import { describe, expect, it } from 'vitest'
import { eventAt } from '../../../dev/fixture/audit.ts'
import { eventWords } from './prepare.ts'

const event = eventAt(1, 10)

describe('eventWords', () => {
  it('leads with the reason and leaves nested values to the detail', () => {
    const data = { after: { arms: [] }, reason: 'canary', weight: 0.3 }
    expect(eventWords({ ...event, data })).toBe('canary, weight 0.3')
  })
  it('stays on one line', () => {
    expect(eventWords({ ...event, data: { summary: 'x'.repeat(500) } }).length).toBe(140)
    expect(eventWords({ ...event, data: {} })).toBe('')
  })
})
