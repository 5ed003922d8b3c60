import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readableUrl } from './readable-url.ts'

describe('an address with percent signs that escape nothing', () => {
  it.each([
    ['/a/100%accuracy.png', '/a/100%EF%BF%BDcuracy.png'],
    ['/a/50%.csv?path=%ff', '/a/50%25.csv?path=%ff'],
    ['/a/%2e%2e%ce/b', '/a/..%EF%BF%BD/b'],
    ['/a/%2f%2e%2e%2f%ce', '/a/%2F..%2F%EF%BF%BD'],
    ['/a/%', '/a/%25'],
    ['/a/gr%C3%B6%C3%9Fe%20+.bin', '/a/gr%C3%B6%C3%9Fe%20+.bin'],
    ['/plain?x=%', '/plain?x=%'],
  ])('%s is read as %s', (url, readable) => {
    expect(readableUrl(url)).toBe(readable)
  })

  it('can always be decoded, and one that could is left as it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('%', 'a', 'c', '2', 'e', 'f', '/') }),
        (url) => {
          decodeURIComponent(readableUrl(url))
          expect(readableUrl(readableUrl(url))).toBe(readableUrl(url))
        },
      ),
    )
  })
})
