import { describe, expect, it } from 'vitest'
import { isPublicAddress } from '../http/index.ts'
import { checkEvents, checkUrl, checkWebhookName, isWorthRetrying, signature } from './rules.ts'
import { SecretBox } from './secret-box.ts'

it('signs as the protocol says', () => {
  // Computed with Python's hmac module.
  const delivery = { id: 'abc', timestamp: '1700000000', payload: '{"a":1}' }
  expect(signature('secret', delivery)).toBe('v1,O4eMil9Zop6xF+z5jBhpey22O8zq3A4bt5jhv2gL4i0=')
})

describe('where an event may be sent', () => {
  it.each([
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://a',
    'javascript:alert(1)',
    'nothing',
    '',
    'https://user:pass@example.com/',
    `https://example.com/${'a'.repeat(2000)}`,
  ])('not %s', (url) => expect(() => checkUrl(url, false)).toThrow(/parameter 'url'/))
  it('writes of an address in other notations are read as what they are', () => {
    for (const url of ['https://0x7f.1/', 'https://2130706433/', 'https://127.1/']) {
      expect(isPublicAddress(checkUrl(url, false).hostname)).toBe(false)
    }
  })
})

it('events and names that there are not are refused with those that there are', () => {
  expect(() => checkEvents([])).toThrow('at least one')
  expect(() => checkEvents([{ entity: 'constructor', action: 'CREATED' }])).toThrow(
    'REGISTERED_MODEL',
  )
  expect(() => checkEvents([{ entity: 'MODEL_VERSION', action: 'UPDATED' }])).toThrow('CREATED')
  expect(checkEvents([1, 2].map(() => ({ entity: 'PROMPT', action: 'CREATED' })))).toHaveLength(1)
  for (const name of ['', 'a b', '-a', 'a'.repeat(64)])
    expect(() => checkWebhookName(name)).toThrow()
})

it('only what may pass is tried again', () => {
  expect([200, 301, 400, 404, 408, 410, 429, 500, 503].filter(isWorthRetrying)).toEqual([
    408, 429, 500, 503,
  ])
})

it('a sealed secret opens with its key alone, and not when changed', () => {
  const box = new SecretBox(new Uint8Array(32).fill(1))
  const sealed = box.seal('hush')
  expect(sealed).not.toContain('hush')
  expect(box.open(sealed)).toBe('hush')
  expect(() => new SecretBox(new Uint8Array(32).fill(2)).open(sealed)).toThrow('another key')
  expect(() => box.open(`${sealed}AA`)).toThrow('another key')
})
