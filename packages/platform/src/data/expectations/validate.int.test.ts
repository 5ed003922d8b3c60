import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Column, ExpectationConfig, JsonValue } from '@kaizen/contracts'
import { MlError } from '@kaizen/ml/ml-error'
import { checkExpectation } from '@kaizen/ml/validation'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lake, literal, openDuckdbLake, schemaOf, type Table } from '../../storage/index.ts'
import { known } from './test-known-expectations.ts'
import { validateBatch } from './validate.ts'

type Kwargs = Readonly<Record<string, JsonValue>>
const config = (type: string, kwargs: Kwargs = {}): ExpectationConfig => ({
  type,
  kwargs,
  severity: 'critical',
  meta: {},
})

const text = fc.constantFrom(
  'a',
  'b',
  'ab',
  'ä',
  '',
  '1',
  '{"a":1}',
  '2020-02-29',
  '2021-02-29',
  '3 May 2021',
  'o"; --',
)
const rows = fc.array(
  fc.record({
    n: fc.option(fc.integer({ min: -12, max: 12 }).map((value) => value / 4)),
    i: fc.option(fc.integer({ min: -1, max: 3 })),
    j: fc.option(fc.integer({ min: -1, max: 3 })),
    s: fc.option(text),
  }),
  { minLength: 1, maxLength: 12 },
)
type Row = { n: number | null; i: number | null; j: number | null; s: string | null }

const tableOf = (given: readonly Row[]): Table => {
  const numbers = (name: 'n' | 'i' | 'j') =>
    Float64Array.from(given, (row) => row[name] ?? Number.NaN)
  return {
    rowCount: given.length,
    columns: [
      { name: 'n', type: 'number', values: numbers('n') },
      { name: 'i', type: 'integer', values: numbers('i') },
      { name: 'j', type: 'integer', values: numbers('j') },
      { name: 's', type: 'string', values: given.map(({ s }) => s) },
    ],
  }
}

describe('expectations in SQL', () => {
  let folder: string
  let lake: Lake
  let files = 0
  const scratchFile = () => join(folder, `scratch-${files++}.parquet`)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-expectations-'))
    lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
  })
  afterAll(async () => {
    await lake.close()
    await rm(folder, { recursive: true })
  })

  const validate = async (
    table: Table,
    configs: readonly ExpectationConfig[],
    others: Readonly<Record<string, string>> = {},
  ) => {
    const path = scratchFile()
    await lake.writeTable(table, path)
    return validateBatch(
      {
        lake,
        relation: `read_parquet(${literal(path)})`,
        schema: schemaOf(table) as Column[],
        now: Date.UTC(2026, 0, 2),
        scratchFile,
        earlier: () => Promise.resolve(null),
        other: (name) => Promise.resolve(others[name] ?? Promise.reject(new Error(name))),
      },
      configs,
    )
  }

  it('finds what the reference in memory finds, whatever the rows', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (given) => {
        const table = tableOf(given)
        const columns = Object.fromEntries(
          table.columns.map(({ name, values }) => [name, values as ArrayLike<number | string>]),
        )
        const { outcomes } = await validate(
          table,
          known.map(([type, kwargs]) => config(type, kwargs)),
        )
        for (const [index, [type, kwargs]] of known.entries()) {
          const outcome = outcomes[index]
          const wanted = reference(type, columns, kwargs)
          const label = `${type} ${JSON.stringify(kwargs)} of ${JSON.stringify(given)}`
          if (wanted === undefined) continue
          expect(outcome?.exception_info.exception_message, label).toBeNull()
          expect(outcome?.success, label).toBe(wanted.success)
          if (wanted.unexpected_count !== undefined)
            expect(outcome?.result['unexpected_count'], label).toBe(wanted.unexpected_count)
          if (wanted.unexpected_index_first && outcome?.result['partial_unexpected_index_list'])
            expect(
              (outcome.result['partial_unexpected_index_list'] as number[]).slice(0, 10),
              label,
            ).toEqual(wanted.unexpected_index_first)
          if (typeof wanted.observed_value === 'number')
            expect(outcome?.result['observed_value'], label).toBeCloseTo(wanted.observed_value, 9)
        }
      }),
      { numRuns: 12 },
    )
  }, 60_000)

  const reference = (
    type: string,
    columns: Parameters<typeof checkExpectation>[1]['columns'],
    kwargs: Kwargs,
  ) => {
    try {
      return checkExpectation(type, { columns }, kwargs)
    } catch (failure) {
      if (failure instanceof MlError) return undefined
      throw failure
    }
  }

  const people: Table = {
    rowCount: 5,
    columns: [
      { name: 'age', type: 'integer', values: Float64Array.of(17, 30, 44, Number.NaN, 200) },
      { name: 'land', type: 'string', values: ['DE', 'FR', 'DE', null, 'XX'] },
      { name: 'day', type: 'date', values: ['2026-01-01', '2025-12-31', null, null, '2025-01-01'] },
    ],
  }
  const one = async (type: string, kwargs: Kwargs, others?: Readonly<Record<string, string>>) => {
    const { outcomes } = await validate(people, [config(type, kwargs)], others)
    return outcomes[0]
  }

  it('looks only at the rows of a row condition and keeps the rows that failed', async () => {
    const { outcomes, failedRows } = await validate(people, [
      config('expect_column_values_to_be_between', {
        column: 'age',
        max_value: 120,
        row_condition: 'col("land").notNull() and land not in ["FR"]',
      }),
      config('expect_column_mean_to_be_between', {
        column: 'age',
        min_value: 30.5,
        max_value: 30.5,
        row_condition: 'land == "DE"',
      }),
    ])
    expect(outcomes[0]).toMatchObject({
      success: false,
      result: { element_count: 3, unexpected_count: 1, partial_unexpected_list: [200] },
    })
    expect(outcomes[1]).toMatchObject({ success: true, result: { observed_value: 30.5 } })
    const kept = await lake.query(failedRows ?? '')
    expect(kept.columns.map(({ name, values }) => [name, [...values]])).toEqual([
      ['age', [200]],
      ['land', ['XX']],
      ['day', ['2025-01-01']],
    ])
  })

  it.each([
    ['a comparison', { type: 'comparison', column: { name: 'age' }, operator: '>', parameter: 30 }],
    [
      'a set',
      { type: 'comparison', column: { name: 'land' }, operator: 'NOT_IN', parameter: ['FR'] },
    ],
    ['nullity', { type: 'nullity', column: { name: 'land' }, is_null: false }],
    ['text of an older suite', { type: 'pass_through', pass_through_filter: 'land == "DE"' }],
    [
      'a conjunction',
      {
        type: 'and',
        conditions: [
          { type: 'nullity', column: { name: 'land' }, is_null: false },
          {
            type: 'or',
            conditions: [
              { type: 'comparison', column: { name: 'age' }, operator: '<=', parameter: 30 },
              { type: 'comparison', column: { name: 'land' }, operator: 'IN', parameter: ['XX'] },
            ],
          },
        ],
      },
    ],
  ] as const)('looks only at the rows of %s as Great Expectations writes it', async (_, object) => {
    const texts: Readonly<Record<string, string>> = {
      comparison:
        object.type === 'comparison' && object.operator === '>' ? 'age > 30' : 'land not in ["FR"]',
      nullity: 'land IS NOT NULL',
      pass_through: 'land == "DE"',
      and: 'land IS NOT NULL and (age <= 30 or land in ["XX"])',
    }
    const kwargs = { column: 'day', mostly: 0 }
    const type = 'expect_column_values_to_not_be_null'
    const byObject = await one(type, { ...kwargs, row_condition: object as unknown as JsonValue })
    const byText = await one(type, { ...kwargs, row_condition: texts[object.type] as string })
    expect(byObject?.exception_info).toEqual({ raised_exception: false, exception_message: null })
    expect(byObject?.result).toEqual(byText?.result)
    expect(byObject?.result['element_count']).toBeLessThan(5)
  })

  it('compares dates, types, like patterns, shares and other tables', async () => {
    const path = scratchFile()
    await lake.writeTable(
      { rowCount: 2, columns: [{ name: 'code', type: 'string', values: ['DE', 'FR'] }] },
      path,
    )
    const others = { lands: `read_parquet(${literal(path)})` }
    expect(
      await one('expect_column_max_to_be_between', { column: 'day', max_value: '2026-01-01' }),
    ).toMatchObject({ success: true })
    expect(
      await one('expect_column_max_to_be_recent', { column: 'day', max_age_hours: 23 }),
    ).toMatchObject({ success: false, result: { details: { ageHours: 24 } } })
    expect(
      await one('expect_column_values_to_be_of_type', { column: 'age', type_: 'int64' }),
    ).toMatchObject({ success: true })
    expect(
      await one('expect_column_values_to_match_like_pattern', {
        column: 'land',
        like_pattern: 'D%',
      }),
    ).toMatchObject({ success: false, result: { unexpected_count: 2 } })
    const shares = { values: ['DE', 'FR', 'XX'], weights: [0.5, 0.25, 0.25] }
    expect(
      await one('expect_column_kl_divergence_to_be_less_than', {
        column: 'land',
        partition_object: shares,
        threshold: 1e-9,
      }),
    ).toMatchObject({ success: true, result: { observed_value: 0 } })
    const named = { values: ['DE', 'FR'], weights: [0.5, 0.5] }
    const kl = 'expect_column_kl_divergence_to_be_less_than'
    const divergence = (more: object) =>
      one(kl, { column: 'land', partition_object: named, threshold: 1, ...more })
    expect(await divergence({})).toMatchObject({ success: false, result: { observed_value: null } })
    const held = await divergence({ tail_weight_holdout: 0.2 })
    // Shares 1/2, 1/4, 1/4 against 0.4, 0.4, 0.2.
    const wanted = 0.5 * Math.log(1.25) + 0.25 * Math.log(0.625) + 0.25 * Math.log(1.25)
    expect(held?.result['observed_value']).toBeCloseTo(wanted, 12)
    expect(await divergence({ internal_weight_holdout: 0.1 })).toMatchObject({
      success: false,
      exception_info: { exception_message: expect.stringContaining('intervals of numbers') },
    })
    const intervals = { bins: [0, 30, 60], weights: [1, 0] }
    expect(
      await one(kl, {
        column: 'age',
        partition_object: intervals,
        tail_weight_holdout: 0.1,
        internal_weight_holdout: 0.1,
        threshold: 10,
      }),
    ).toMatchObject({ success: true })
    expect(
      await one(
        'expect_column_values_to_exist_in_other_table',
        { column: 'land', other_table_name: 'lands', other_column: 'code' },
        others,
      ),
    ).toMatchObject({ success: false, result: { partial_unexpected_list: ['XX'] } })
    expect(
      await one(
        'expect_table_row_count_to_equal_other_table',
        { other_table_name: 'lands' },
        others,
      ),
    ).toMatchObject({ success: false, result: { observed_value: { self: 5, other: 2 } } })
  })

  it.each<readonly [string, string, Kwargs, RegExp]>([
    ['an unknown column', 'expect_column_values_to_be_unique', { column: 'x' }, /no column "x"/],
    ['an unknown name', 'expect_the_best', {}, /no expectation/],
    ['SQL of its own', 'unexpected_rows_expectation', {}, /no SQL/],
    [
      'bounds the wrong way',
      'expect_column_values_to_be_between',
      { column: 'age', min_value: 2, max_value: 1 },
      /exceeds/,
    ],
    [
      'a bound of another type',
      'expect_column_values_to_be_between',
      { column: 'age', min_value: 'a' },
      /integer/,
    ],
    [
      'a broken expression',
      'expect_column_values_to_match_regex',
      { column: 'land', regex: '(' },
      /./,
    ],
    [
      'a share above one',
      'expect_column_values_to_be_unique',
      { column: 'age', mostly: 2 },
      /mostly/,
    ],
    [
      'a mean of text',
      'expect_column_mean_to_be_between',
      { column: 'land', min_value: 1 },
      /string/,
    ],
    [
      'a hostile condition',
      'expect_column_values_to_be_unique',
      { column: 'age', row_condition: '1=1; DROP TABLE x' },
      /row_condition/,
    ],
    [
      'a condition of an unknown kind',
      'expect_column_values_to_be_unique',
      { column: 'age', row_condition: { type: 'sql', text: '1=1' } },
      /row_condition.*not known/,
    ],
    [
      'a condition that is a list',
      'expect_column_values_to_be_unique',
      { column: 'age', row_condition: ['age > 1'] },
      /neither text nor an object/,
    ],
    [
      'a parameter that was never filled in',
      'expect_column_max_to_be_between',
      { column: 'age', max_value: { $PARAMETER: 'most' } },
      /max_value/,
    ],
    [
      'a deep condition',
      'expect_column_values_to_be_unique',
      { column: 'age', row_condition: `${'('.repeat(200)}age > 1` },
      /deeply/,
    ],
    ['a quoted column', 'expect_column_values_to_be_unique', { column: '"; DROP' }, /no column/],
  ])(
    'tells %s as the exception of that expectation alone',
    async (_name, type, kwargs, message) => {
      const { outcomes } = await validate(people, [
        config(type, kwargs),
        config('expect_column_values_to_not_be_null', { column: 'age' }),
      ])
      expect(outcomes[0]).toMatchObject({
        success: false,
        exception_info: {
          raised_exception: true,
          exception_message: expect.stringMatching(message),
        },
      })
      expect(outcomes[1]?.result['unexpected_count']).toBe(1)
    },
  )
})
