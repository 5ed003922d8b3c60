import type { ExpectationOutcome } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { foundWords, subjectWords, suiteWords } from './prepare-quality.ts'

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

  it.each([
    [
      { added: ['x'], removed: [], retyped: [{ column: 'p', from: 'integer', to: 'number' }] },
      'came: x; changed: p (integer to number)',
    ],
    [{ added: [], removed: ['y', 'z'], retyped: [] }, 'went: y, z'],
    [{ added: [], removed: [], retyped: [] }, 'the same columns'],
  ])('tells how a schema changed: %j', (observed, words) => {
    expect(foundWords(outcome({ observed_value: observed }))).toBe(words)
  })

  it('names what a version is held beside', () => {
    const of = (type: string, kwargs: ExpectationOutcome['expectation_config']['kwargs']) =>
      subjectWords(
        outcome({}, { expectation_config: { type, kwargs, severity: 'critical', meta: {} } }),
      )
    const key = { column: 'land', other_table_name: 'lands', other_column: 'code' }
    expect(of('expect_column_values_to_exist_in_other_table', key)).toBe('land → lands.code')
    const volume = 'expect_table_row_count_ratio_to_previous_version_to_be_between'
    expect(of(volume, {})).toBe('the version before')
    expect(of(volume, { since_version: 3 })).toBe('version 3')
  })
})

describe('a suite in words', () => {
  it('counts what it asks of what', () => {
    const of = (type: string, kwargs = {}) => ({
      type,
      kwargs,
      severity: 'info' as const,
      meta: {},
    })
    expect(
      suiteWords([
        of('expect_column_values_to_be_unique', { column: 'a' }),
        of('expect_column_max_to_be_recent', { column: 'day' }),
        of('expect_table_schema_to_be_compatible_with_previous_version'),
        of('expect_table_row_count_to_equal_other_table', { other_table_name: 'b' }),
      ]),
    ).toBe('1 of rows, 1 of age, 1 of versions before, 1 of other datasets')
  })
})
