import type { ExpectationOutcome } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { foundWords, subjectWords } from './prepare-quality.ts'

const outcome = (
  result: ExpectationOutcome['result'],
  more: Partial<ExpectationOutcome> = {},
): ExpectationOutcome => ({
  success: false,
  expectation_config: {
    type: 'expect_x',
    kwargs: { column_A: 'a', column_B: 'b' },
    severity: 'critical',
    meta: {},
  },
  result,
  exception_info: { raised_exception: false, exception_message: null },
  ...more,
})

describe('an outcome in words', () => {
  it.each([
    [
      { unexpected_count: 2, element_count: 3000, partial_unexpected_list: ['x', 1] },
      '2 of 3,000 rows: "x", 1',
    ],
    [{ unexpected_count: 0, element_count: 3 }, '0 of 3 rows'],
    [{ observed_value: 1.5 }, '1.5'],
    [{}, null],
  ])('of %j is %j', (result, words) => {
    expect(foundWords(outcome(result))).toBe(words)
  })

  it('says why it could not be checked, and of what', () => {
    const raised = { raised_exception: true, exception_message: 'no such column' }
    expect(foundWords(outcome({}, { exception_info: raised }))).toBe('no such column')
    expect(subjectWords(outcome({}))).toBe('a, b')
  })
})
