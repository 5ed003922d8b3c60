import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXPECTATION_NAMES } from '@kaizen/ml/validation'
import { describe, expect, it } from 'vitest'
import { declinedExpectations, expectationOf, expectationTypes } from './expectations.ts'

const { names } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../fixtures/great-expectations-core.json'), 'utf8'),
) as { readonly names: readonly string[] }

/** What asks of other tables than the one in memory. */
const ofOtherTables = new Set(['expect_table_row_count_to_equal_other_table'])

describe('the core expectations of Great Expectations', () => {
  it('are all checked, or declined with a reason', () => {
    expect(names).toHaveLength(59)
    const unknown = names.filter(
      (name) => !expectationTypes.includes(name) && !Object.hasOwn(declinedExpectations, name),
    )
    expect(unknown).toEqual([])
    expect(Object.keys(declinedExpectations).filter((name) => !names.includes(name))).toEqual([])
    for (const name of Object.keys(declinedExpectations))
      expect(() => expectationOf(name)).toThrow(declinedExpectations[name])
  })

  it('that older suites held and newer ones gave up are named as such', () => {
    expect(() => expectationOf('expect_column_chisquare_test_p_value_to_be_greater_than')).toThrow(
      /given it up/,
    )
  })

  it('are checked in memory too, but for those of other tables', () => {
    const checked = names.filter((name) => !Object.hasOwn(declinedExpectations, name))
    expect(checked.filter((name) => !EXPECTATION_NAMES.includes(name))).toEqual([...ofOtherTables])
  })
})
