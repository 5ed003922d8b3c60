import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pageToken, readPageToken } from './page-token.ts'

const refused = expect.objectContaining({ code: 'INVALID_REQUEST' })

describe('page tokens', () => {
  it('bring a position back, to the query that it belongs to', () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    )
    fc.assert(
      fc.property(fc.array(value), fc.array(fc.string()), (position, query) => {
        const token = pageToken(query, position)
        expect(readPageToken(token, query)).toEqual(position)
        expect(() => readPageToken(token, [...query, 'more'])).toThrow(refused)
      }),
    )
  })

  it.each([
    'nonsense',
    '',
    Buffer.from('[]').toString('base64'),
    Buffer.from('{"offset": 5}').toString('base64'),
    Buffer.from('[["x"]]').toString('base64'),
    'A'.repeat(100_000),
  ])('refuses %#', (token) => {
    expect(() => readPageToken(token, ['q'])).toThrow(refused)
  })

  it('refuses a position that holds anything but texts and numbers', () => {
    const [fingerprint] = JSON.parse(
      Buffer.from(pageToken(['q'], []), 'base64url').toString(),
    ) as string[]
    const forged = Buffer.from(JSON.stringify([fingerprint, { a: 1 }])).toString('base64url')
    expect(() => readPageToken(forged, ['q'])).toThrow(refused)
  })
})
