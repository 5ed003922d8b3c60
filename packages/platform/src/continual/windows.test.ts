import { describe, expect, it } from 'vitest'
import { trainingWindows, type WindowInput } from './windows.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000
const newest = Date.UTC(2011, 2, 31, 23)
const input = (changes: Partial<WindowInput> = {}): WindowInput => ({
  training: { kind: 'sliding', length: '90d', holdout: '7d', minRows: 100 },
  oldest: Date.UTC(2011, 0, 1),
  newest,
  lengthMs: null,
  lastTrainedTo: null,
  ...changes,
})

describe('trainingWindows', () => {
  it('trains before the newest days, judges on them, then trains on all', () => {
    const windows = trainingWindows(input())
    expect(windows.holdoutTo).toBe(newest + 60_000)
    expect(trainingWindows(input({ newest: newest + 59_999 })).holdoutTo).toBe(newest + 60_000)
    expect(windows.holdoutTo - windows.holdoutFrom).toBe(7 * dayMs)
    expect(windows.trainTo).toBe(windows.holdoutFrom)
    expect(windows.trainTo - windows.trainFrom).toBe(90 * dayMs)
    expect(windows.refitTo).toBe(windows.holdoutTo)
    expect(windows.refitTo - windows.refitFrom).toBe(90 * dayMs)
  })

  it('holds out whole days of hourly rows', () => {
    const { holdoutFrom, holdoutTo } = trainingWindows(input())
    const hours = Array.from({ length: 400 }, (_, hour) => newest - hour * hourMs)
    expect(hours.filter((at) => at >= holdoutFrom && at < holdoutTo)).toHaveLength(168)
  })

  it('keeps every row when it expands, and the new ones when it goes on from the last', () => {
    const expanding = { kind: 'expanding', holdout: '7d', minRows: 1 } as const
    expect(trainingWindows(input({ training: expanding })).trainFrom).toBe(Date.UTC(2011, 0, 1))
    const since = { ...expanding, kind: 'since-last' } as const
    const lastTrainedTo = Date.UTC(2011, 1, 1)
    expect(trainingWindows(input({ training: since, lastTrainedTo })).trainFrom).toBe(lastTrainedTo)
    expect(trainingWindows(input({ training: since })).trainFrom).toBe(Date.UTC(2011, 0, 1))
    // A promotion newer than the window itself leaves nothing to go on from.
    const late = trainingWindows(input({ training: since, lastTrainedTo: newest }))
    expect(late.trainFrom).toBe(Date.UTC(2011, 0, 1))
  })

  it('takes the length that was asked for, in training and refit', () => {
    const windows = trainingWindows(input({ lengthMs: 3 * dayMs }))
    expect(windows.trainTo - windows.trainFrom).toBe(3 * dayMs)
    expect(windows.refitTo - windows.refitFrom).toBe(3 * dayMs)
    expect(windows.holdoutTo - windows.holdoutFrom).toBe(7 * dayMs)
  })

  it('refuses a sliding window without a length', () => {
    const training = { kind: 'sliding', holdout: '7d', minRows: 1 } as const
    expect(() => trainingWindows(input({ training }))).toThrow(/length/)
  })
})
