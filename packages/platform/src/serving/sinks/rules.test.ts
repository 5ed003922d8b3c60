import { expect, it } from 'vitest'
import { redaction } from './events.ts'
import { pauseAfter, retryAfterMs, verdictOf } from './rules.ts'

it('refuses for good only what says that the event itself is wrong', () => {
  const verdicts = (statuses: readonly number[]) => statuses.map(verdictOf)
  expect(verdicts([200, 202, 204])).toEqual(['taken', 'taken', 'taken'])
  expect(verdicts([400, 413, 422])).toEqual(['refused', 'refused', 'refused'])
  for (const status of [0, 301, 307, 401, 403, 404, 405, 408, 410, 415, 429, 500, 503])
    expect(verdictOf(status), String(status)).toBe('again')
})

it('waits longer after each failure, as long as the receiver asks, and never for good', () => {
  expect([1, 2, 3, 6, 7, 500].map((failures) => pauseAfter(failures, undefined))).toEqual([
    1000, 2000, 4000, 32_000, 60_000, 60_000,
  ])
  expect(pauseAfter(1, 90_000)).toBe(90_000)
  expect(pauseAfter(3, 10)).toBe(4000)
  expect(pauseAfter(1, 1e12)).toBe(600_000)
  expect(retryAfterMs('7', 0)).toBe(7000)
  expect(retryAfterMs('Thu, 01 Jan 1970 00:01:00 GMT', 10_000)).toBe(50_000)
  expect(retryAfterMs('Thu, 01 Jan 1970 00:00:00 GMT', 10_000)).toBe(0)
  expect([undefined, '', 'soon', '-3'].map((text) => retryAfterMs(text, 0))).not.toContain(3000)
})

it('leaves out columns by name, all of a matrix or one place of it', () => {
  const isRedacted = redaction(['name', 'x[1]'])
  expect(['name', 'name[0]', 'x[1]', 'x[0]', 'x', 'names'].map(isRedacted)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ])
})
