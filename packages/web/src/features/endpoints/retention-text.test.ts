import { expect, it } from 'vitest'
import { retentionText } from './retention-text.ts'

it.each([
  [null, 'for good'],
  [{ hold: false }, 'for good'],
  [{ days: 30, hold: false }, '30 days'],
  [{ days: 30, maxBytes: 2e9, hold: false }, '30 days, at most 2.0 GB'],
  [{ days: 30, hold: true }, 'everything: on hold'],
] as const)('says what %o keeps', (retention, text) => {
  expect(retentionText(retention)).toBe(text)
})
