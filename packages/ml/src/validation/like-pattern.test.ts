import { describe, expect, it } from 'vitest'
import { MlError } from '../ml-error.ts'
import { likePattern } from './like-pattern.ts'
import { checkExpectation } from './validate.ts'

describe("SQL's LIKE", () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['%', '', true],
    ['%', 'any\nlines', true],
    ['a%', 'abc', true],
    ['a%', 'ABC', false],
    ['%c', 'abc', true],
    ['a_c', 'abc', true],
    ['a_c', 'ac', false],
    ['_', '😀', true],
    ['%b%b%', 'abcb', true],
    ['%b%b%', 'abc', false],
    ['a.c', 'abc', false],
    ['(a', '(a', true],
    ['%%_', 'x', true],
    ['%%_', '', false],
  ])('%j of %j', (pattern, text, expected) => {
    expect(likePattern(pattern)(text)).toBe(expected)
  })

  it('takes no longer for patterns that make others slow', () => {
    expect(likePattern(`${'%a'.repeat(40)}%b`)('a'.repeat(20_000))).toBe(false)
  })

  it('is what expectations of patterns go by, missing values left out', () => {
    const table = { columns: { code: ['a-1', 'b-2', null, 'a-22'] } }
    const check = (name: string, args: object) =>
      checkExpectation(name, table, { column: 'code', ...args })
    const like = check('expect_column_values_to_match_like_pattern', { like_pattern: 'a-%' })
    expect(like).toMatchObject({ unexpected_count: 1, missing_count: 1, unexpected_first: ['b-2'] })
    const none = check('expect_column_values_to_not_match_like_pattern', { like_pattern: '%2' })
    expect(none.unexpected_first).toEqual(['b-2', 'a-22'])
    const list = { like_pattern_list: ['a%', '%1'] }
    const any = check('expect_column_values_to_match_like_pattern_list', list)
    expect(any.unexpected_first).toEqual(['b-2'])
    const all = check('expect_column_values_to_match_like_pattern_list', {
      ...list,
      match_on: 'all',
    })
    expect(all.unexpected_first).toEqual(['b-2', 'a-22'])
    const neither = check('expect_column_values_to_not_match_like_pattern_list', list)
    expect(neither.unexpected_first).toEqual(['a-1', 'a-22'])
    expect(() => check('expect_column_values_to_match_like_pattern', {})).toThrow(MlError)
  })
})
