import { describe, expect, it } from 'vitest'
import { LoginLimit, RequestLimit } from './limits.ts'

describe('failed logins', () => {
  const attempt = { username: 'ann', address: '10.0.0.1' }

  it('wait twice as long each time after some are forgiven, and a right one clears the name', () => {
    const limit = new LoginLimit()
    for (let n = 0; n < 4; n++) expect(limit.failed(attempt, 0)).toBe(false)
    expect(limit.waitMs(attempt, 0)).toBe(0)
    expect(limit.failed(attempt, 0)).toBe(true)
    expect(limit.waitMs(attempt, 0)).toBe(1000)
    limit.failed(attempt, 1000)
    expect(limit.waitMs(attempt, 1000)).toBe(2000)
    for (let n = 0; n < 20; n++) limit.failed({ ...attempt, address: `a${n}` }, 1000)
    expect(limit.waitMs({ ...attempt, address: 'elsewhere' }, 1000)).toBe(300_000)
    limit.succeeded(attempt)
    expect(limit.waitMs(attempt, 1000)).toBe(0)
  })

  it('an address that tries many names waits as well', () => {
    const limit = new LoginLimit()
    for (let n = 0; n < 30; n++) limit.failed({ username: `u${n}`, address: 'bad' }, 0)
    expect(limit.waitMs({ username: 'ann', address: 'bad' }, 0)).toBe(1000)
    expect(limit.waitMs({ username: 'ann', address: 'good' }, 0)).toBe(0)
  })

  it('are forgotten after half an hour', () => {
    const limit = new LoginLimit()
    for (let n = 0; n < 8; n++) limit.failed(attempt, 0)
    limit.failed(attempt, 31 * 60_000)
    expect(limit.waitMs(attempt, 31 * 60_000)).toBe(0)
  })
})

it('a principal has two seconds of requests in hand, and gets more steadily', () => {
  const limit = new RequestLimit(5)
  for (let n = 0; n < 10; n++) expect(limit.take('ann', 0)).toBe(0)
  expect(limit.take('ann', 0)).toBe(200)
  expect(limit.take('bob', 0)).toBe(0)
  expect(limit.take('ann', 200)).toBe(0)
  expect(limit.take('ann', 200)).toBe(200)
})
