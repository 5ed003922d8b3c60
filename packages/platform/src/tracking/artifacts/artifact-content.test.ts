import { describe, expect, it } from 'vitest'
import { contentHeaders, requestedRange } from './artifact-content.ts'

const file = { digest: 'd'.repeat(64), sizeBytes: 100 }

describe('headers of an artifact', () => {
  it.each(['page.html', 'image.svg', 'script.js', 'x.xhtml', 'noext', 'a.HTML'])(
    'never let a browser run %s',
    (name) => {
      const headers = contentHeaders(`folder/${name}`, file, undefined)
      expect(headers['content-type']).toBe('application/octet-stream')
      expect(headers['content-disposition']).toMatch(/^attachment/)
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['content-security-policy']).toContain('sandbox')
    },
  )
  it('cannot be broken by a name', () => {
    const { 'content-disposition': disposition } = contentHeaders(
      'a"\r\nx: y;é.png',
      file,
      undefined,
    )
    expect(disposition).toBe("inline; filename*=UTF-8''a%22%0D%0Ax%3A%20y%3B%C3%A9.png")
  })
})

describe('ranges', () => {
  it.each([
    ['bytes=0-9', { from: 0, to: 10 }],
    ['bytes=90-', { from: 90, to: 100 }],
    ['bytes=-10', { from: 90, to: 100 }],
    ['bytes=-1000', { from: 0, to: 100 }],
    ['bytes=50-1000', { from: 50, to: 100 }],
    ['bytes=100-', undefined],
    ['bytes=9-3', undefined],
    ['bytes=-', undefined],
    ['bytes=0-1,5-6', undefined],
    ['lines=0-1', undefined],
    [undefined, undefined],
  ])('%s', (header, range) => {
    expect(requestedRange(header, 100)).toEqual(range)
  })
})
