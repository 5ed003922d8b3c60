import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkedArtifactPath, joinPath, splitPath } from './artifact-path.ts'

describe('artifact paths', () => {
  it.each([
    ['a/b c/größe.bin', 'a/b c/größe.bin'],
    ['folder/', 'folder'],
    ['', ''],
    ['100%', '100%'],
    ['100%accuracy.png', '100%accuracy.png'],
    ['a/..b/c..', 'a/..b/c..'],
    ['.hidden', '.hidden'],
  ])('takes %s', (path, checked) => {
    expect(checkedArtifactPath(path)).toBe(checked)
  })

  it.each([
    '/etc/passwd',
    '/',
    '//host/share',
    '..',
    '../x',
    'a/../../x',
    '%2e%2e/%ce',
    'a/..',
    './a',
    'a//b',
    'a/./b',
    '..\\x',
    'a\\b',
    'C:/x',
    'c:',
    'a\0b',
    'a\nb',
    '%2e%2e/x',
    '%2E%2E%2Fx',
    '%252e%252e%252fx',
    '%25252e%25252e/x',
    '%2fetc/passwd',
    '..%2fx',
    '..%5cx',
    'a/%2e%2e/b',
    '%c0%ae%c0%ae/../x',
    'x'.repeat(256),
    'x/'.repeat(1500),
  ])('refuses %j', (path) => {
    expect(() => checkedArtifactPath(path)).toThrow(
      expect.objectContaining({ code: 'INVALID_PATH' }),
    )
  })

  it('never lets a path out, however it is encoded', () => {
    const piece = fc.constantFrom('..', '.', '/', '\\', '%2e', '%2f', '%5c', '%25', 'a', '%00')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        let path: string
        try {
          path = checkedArtifactPath(pieces.join(''))
        } catch {
          return
        }
        for (let round = 0; round < 12; round++) {
          expect(path.split(/[\\/]/)).not.toContain('..')
          expect(path).not.toMatch(/^[\\/]|\0/)
          try {
            path = decodeURIComponent(path)
          } catch {
            break
          }
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('splits what it joins', () => {
    expect(splitPath(joinPath('a', '', 'b', 'c'))).toEqual({ folder: 'a/b', name: 'c' })
    expect(splitPath('c')).toEqual({ folder: '', name: 'c' })
  })
})
