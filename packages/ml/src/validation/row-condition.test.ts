import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MlError } from '../ml-error.ts'
import type { Validated } from './expectation.ts'
import { readRowCondition } from './read-row-condition.ts'
import { rowsWhere } from './row-condition-rows.ts'
import { checkExpectation } from './validate.ts'

const table: Validated = {
  columns: {
    a: [1, 2, 3, null, 5],
    b: ['x', 'y', null, 'z', 'x'],
    'a b': [1, 1, 2, 2, 2],
    day: ['2026-01-01', '2026-01-02', null, '2026-01-03', '2026-01-04'],
    flag: [true, false, null, true, false],
  },
}
const rows = (condition: unknown): readonly number[] => {
  const read = readRowCondition(condition)
  return read ? rowsWhere(table, read) : [0, 1, 2, 3, 4]
}

describe('the rows of a condition', () => {
  it.each<readonly [unknown, readonly number[]]>([
    [undefined, [0, 1, 2, 3, 4]],
    ['  ', [0, 1, 2, 3, 4]],
    ['a > 2', [2, 4]],
    ['a != 2', [0, 2, 3, 4]],
    ['not a > 2', [0, 1, 3]],
    ['~(a > 2)', [0, 1, 3]],
    ['a == a', [0, 1, 2, 4]],
    ['1 < a <= 3', [1, 2]],
    ['3 >= a', [0, 1, 2]],
    ['a BETWEEN 2 AND 3 and b == "y"', [1]],
    ['a < `a b` or a > 3', [4]],
    ["b in ['x', 'y']", [0, 1, 4]],
    ['b not in ("x")', [1, 2, 3]],
    ['b == ["x", "z"]', [0, 3, 4]],
    ['b in []', []],
    ['b != None', [0, 1, 2, 3, 4]],
    ['b == None', []],
    ['a.isnull() | b.isna()', [2, 3]],
    ['a IS NOT NULL & b IS NULL', [2]],
    ['a <> 1 && !(a = 2)', [2, 3, 4]],
    ['flag', [0, 3]],
    ['not flag', [1, 2, 4]],
    ['flag == False', [1, 4]],
    ['col("a").notNull()', [0, 1, 2, 4]],
    ['col("a b") == 2 and col("day") >= date("2026-01-03")', [3, 4]],
    ['a >= -1e0', [0, 1, 2, 4]],
    [{ type: 'pass_through', pass_through_filter: 'a > 2' }, [2, 4]],
    [
      { type: 'comparison', column: { name: 'b' }, operator: 'NOT_IN', parameter: ['x'] },
      [1, 2, 3],
    ],
    [{ type: 'comparison', column: { name: 'a' }, operator: '!=', parameter: 2 }, [0, 2, 3, 4]],
    [
      {
        type: 'or',
        conditions: [
          { type: 'nullity', column: { name: 'b' }, is_null: true },
          { type: 'comparison', column: { name: 'a' }, operator: '<', parameter: 2 },
        ],
      },
      [0, 2],
    ],
  ])('%j are %j', (condition, wanted) => {
    expect(rows(condition)).toEqual(wanted)
  })

  it.each<readonly [string, unknown, RegExp]>([
    ['code', "@__import__('os').system('id')", /no meaning/],
    ['a call', "__import__('os')", /one too many|is missing/],
    ['an attribute', 'a.__class__()', /method __class__/],
    ['SQL', '1=1; DROP TABLE x', /no meaning/],
    ['two values', '1 == 1', /no column/],
    ['an unknown column', 'zz > 1', /no column "zz"/],
    ['a column of objects', 'constructor > 1', /no column/],
    ['values of another type', 'a > "2"', /cannot be compared/],
    ['an order of nothing', 'a > None', /None/],
    ['a column in a list', 'a in [b]', /list of values/],
    ['an open bracket', '(a > 1', /missing/],
    ['deep brackets', `${'('.repeat(100_0)}a > 1`, /deeply/],
    ['deep negations', `${'~'.repeat(1000)}a`, /deeply/],
    ['a text of a million signs', `a == "${'x'.repeat(1e6)}"`, /at most/],
    ['a list', ['a > 1'], /neither text nor an object/],
    ['an unknown kind', { type: 'sql', text: '1=1' }, /not known/],
    [
      'an unknown operator',
      { type: 'comparison', column: { name: 'a' }, operator: 'toString', parameter: 1 },
      /not known/,
    ],
    ['no column', { type: 'nullity', column: null }, /no column/],
    [
      'an object as value',
      { type: 'comparison', column: { name: 'a' }, operator: '==', parameter: {} },
      /no value/,
    ],
  ])('refuses %s', (_name, condition, message) => {
    expect(() => rows(condition)).toThrow(message)
    expect(() => rows(condition)).toThrow(MlError)
  })

  it('of any text are read or refused, never anything else', () => {
    const words = fc.constantFrom(
      'a',
      'b',
      'flag',
      '(',
      ')',
      '[',
      ']',
      'and',
      'or',
      'not',
      'in',
      '==',
      '<',
      '1',
      '"x"',
      'is',
      'null',
      '.',
      ',',
      'col',
      '~',
      'None',
      'between',
    )
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (list) => {
        try {
          for (const row of rows(list.join(' '))) expect(row).toBeLessThan(5)
        } catch (failure) {
          expect(failure).toBeInstanceOf(MlError)
        }
      }),
    )
  })

  it('are told by their position in the whole table', () => {
    const found = checkExpectation('expect_column_values_to_be_in_set', table, {
      column: 'b',
      value_set: ['x'],
      row_condition: 'a > 1 or a.isnull()',
    })
    expect(found).toMatchObject({
      success: false,
      element_count: 4,
      missing_count: 1,
      unexpected_first: ['y', 'z'],
      unexpected_index_first: [1, 3],
    })
  })
})
