import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Value } from './expectation.ts'
import { formatExpectation } from './validate.ts'

type Fields = Readonly<Record<string, unknown>>
type Counted = readonly { readonly value: unknown; readonly count: number }[]
interface Answer {
  readonly complete: Fields
  readonly basic: readonly string[]
  readonly summary: readonly string[]
}
interface Case extends Answer {
  readonly type: string
  readonly kwargs: Fields
  readonly success: boolean
  readonly counts?: Counted
  readonly indexed: Fields
  readonly before1?: Partial<Answer>
}
const reference = JSON.parse(
  readFileSync(
    join(import.meta.dirname, '../../../platform/fixtures/great-expectations/results.json'),
    'utf8',
  ),
) as { readonly columns: Readonly<Record<string, readonly Value[]>>; readonly cases: Case[] }

const counts = 'partial_unexpected_counts'

/** Equal values in no order: the reference counts each NaN by itself, and sorts it among the numbers anyhow. */
const merged = (counted: Counted): Fields => {
  const found: Record<string, number> = {}
  for (const { value, count } of counted) {
    const key = JSON.stringify(value)
    found[key] = (found[key] ?? 0) + count
  }
  return found
}

function expectSame(found: Fields, wanted: Fields): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort())
  for (const [key, value] of Object.entries(wanted)) {
    if (key === counts) expect(merged(found[key] as Counted)).toEqual(merged(value as Counted))
    else if (typeof value === 'number') expect(found[key], key).toBeCloseTo(value, 12)
    else expect(rounded(found[key]), key).toEqual(rounded(value))
  }
}

const rounded = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value ?? null, (_, each) =>
      typeof each === 'number' ? Number(each.toPrecision(12)) : each,
    ),
  )

const picked = (from: Fields, keys: readonly string[]): Fields =>
  Object.fromEntries(keys.map((key) => [key, from[key]]))

describe('results in each format, as Great Expectations 1.24.1 and 0.18.22 give them', () => {
  // In memory a column of whole numbers is one of numbers.
  const cases = reference.cases.filter(({ kwargs }) => !JSON.stringify(kwargs).includes('int64'))

  it.each(cases.map((one) => [one.type, JSON.stringify(one.kwargs), one] as const))(
    '%s %s',
    (_type, _kwargs, one) => {
      const found = (resultFormat: unknown): Fields => {
        const table = { columns: reference.columns }
        const { success, result } = formatExpectation(one.type, table, {
          args: one.kwargs,
          resultFormat,
        })
        expect(success).toBe(one.success)
        return result
      }
      expect(found('BOOLEAN_ONLY')).toEqual({})
      // 1.x lost the distinct values that 0.18 shows.
      const observed = one.complete['observed_value'] ?? one.before1?.complete?.['observed_value']
      const complete =
        'observed_value' in one.complete
          ? { ...one.complete, observed_value: observed }
          : one.complete
      expectSame(found('BASIC'), picked(complete, one.basic))
      const summary = picked({ ...complete, ...(one.counts ? { [counts]: one.counts } : {}) }, [
        ...one.basic,
        ...one.summary,
      ])
      expectSame(found('SUMMARY'), summary)
      expect(found(undefined)).toEqual(found('SUMMARY'))
      expectSame(found('COMPLETE'), complete)
      if (Object.keys(one.indexed).length === 0) return
      const indexed = found({
        result_format: 'COMPLETE',
        partial_unexpected_count: 3,
        unexpected_index_column_names: ['k'],
      })
      const wanted = { ...complete, ...one.indexed, unexpected_index_column_names: ['k'] }
      const { [counts]: _found, ...others } = indexed
      expectSame(
        others,
        Object.fromEntries(Object.entries(wanted).filter(([key]) => key !== counts)),
      )
      expect((indexed[counts] as Counted).length).toBeLessThanOrEqual(3)
    },
  )

  it.each([
    ['an unknown name', 'FULL', /BOOLEAN_ONLY, BASIC, SUMMARY, COMPLETE/],
    ['nothing', null, /no format/],
    ['a number', 3, /no format|result_format/],
    ['too many examples', { result_format: 'BASIC', partial_unexpected_count: 1e9 }, /1000/],
    ['a share of examples', { partial_unexpected_count: 0.5 }, /whole number/],
    ['columns that are none', { unexpected_index_column_names: 'k' }, /list of/],
    ['a column that is not there', { unexpected_index_column_names: ['zz'] }, /no column/],
  ])('refuses %s as a format', (_name, resultFormat, message) => {
    const args = { column: 'n', min_value: 0 }
    const run = () =>
      formatExpectation(
        'expect_column_values_to_be_between',
        { columns: reference.columns },
        { args, resultFormat },
      )
    expect(run).toThrow(expect.objectContaining({ name: 'MlError' }))
    expect(() => run()).toThrow(
      expect.toSatisfy((failure) => message.test(`${failure.message} ${failure.hint}`)),
    )
  })
})
