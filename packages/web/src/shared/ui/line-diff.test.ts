import { describe, expect, it } from 'vitest'
import { lineDiff } from './line-diff.ts'

const drawn = (before: string, after: string): string =>
  lineDiff(before, after)
    .map(({ kind, text }) => ({ same: ' ', added: '+', removed: '-' })[kind] + text)
    .join('|')

describe('the difference of two texts', () => {
  it('keeps what both have, in order', () => {
    expect(drawn('a\nb\nc', 'a\nx\nc\nd')).toBe(' a|-b|+x| c|+d')
    expect(drawn('', 'a')).toBe('+a')
    expect(drawn('a', '')).toBe('-a')
    expect(drawn('', '')).toBe('')
    expect(drawn('a\n\nb', 'a\n\nb')).toBe(' a| | b')
  })
  it('gives both texts back', () => {
    const before = 'one\ntwo\nthree\ntwo\nfour'
    const after = 'two\nthree\nfour\nfive\ntwo'
    const diff = lineDiff(before, after)
    const side = (left: 'added' | 'removed') =>
      diff
        .filter(({ kind }) => kind !== left)
        .map(({ text }) => text)
        .join('\n')
    expect([side('added'), side('removed')]).toEqual([before, after])
  })
  it('does not compare texts that are too long', () => {
    const long = 'x\n'.repeat(3000)
    expect(lineDiff(long, `${long}y`).filter(({ kind }) => kind === 'same')).toEqual([])
  })
})
