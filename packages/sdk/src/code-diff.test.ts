import { largestCodeDiff } from '@kaizen/contracts/code-diff-limit'
import { describe, expect, it } from 'vitest'
import { keptDiff } from './code-diff.ts'

const part = (name: string, line: string): string =>
  `diff --git a/${name} b/${name}\n--- a/${name}\n+++ b/${name}\n@@ -1 +1 @@\n-old\n+${line}\n`

describe('a recorded difference', () => {
  it('is whole where nothing speaks against it', () => {
    const text = part('a.ts', 'one') + part('b.ts', 'two')
    expect(keptDiff(text)).toEqual({ diff: text })
    expect(keptDiff('')).toEqual({})
  })
  it.each([
    ['.env', 'A=1'],
    ['conf/.env.local', 'A=1'],
    ['keys/server.pem', 'x'],
    ['my-credentials.json', '{}'],
    ['a.ts', 'const api_key = "abcdefgh12345"'],
    ['a.ts', '-----BEGIN RSA PRIVATE KEY-----'],
    ['a.py', 'AKIAABCDEFGHIJKLMNOP'],
  ])('leaves out %s with %s, and says so', (name, line) => {
    expect(keptDiff(part('kept.ts', 'x') + part(name, line))).toEqual({
      diff: part('kept.ts', 'x'),
      diffOmits: [name],
    })
  })
  it('takes as many files as have room', () => {
    const large = part('large.ts', 'x'.repeat(largestCodeDiff))
    expect(keptDiff(large + part('small.ts', 'y'))).toEqual({
      diff: part('small.ts', 'y'),
      diffOmits: ['large.ts'],
    })
  })
})
