import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Column, JsonValue } from '@kaizen/contracts'
import { formatExpectation, readResultFormat } from '@kaizen/ml/validation'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lake, literal, openDuckdbLake, schemaOf, type Table } from '../../storage/index.ts'
import { validateBatch } from './validate.ts'

type Cells = readonly (number | string | null)[]
interface Case {
  readonly type: string
  readonly kwargs: Record<string, JsonValue>
  readonly success: boolean
}
/** Held against Great Expectations itself where it lives; here the two engines are held against each other. */
const { columns, cases } = JSON.parse(
  readFileSync(
    join(import.meta.dirname, '../../../fixtures/great-expectations/results.json'),
    'utf8',
  ),
) as { readonly columns: Readonly<Record<string, Cells>>; readonly cases: readonly Case[] }

const formats = [
  'BOOLEAN_ONLY',
  'BASIC',
  'SUMMARY',
  'COMPLETE',
  {
    result_format: 'COMPLETE',
    partial_unexpected_count: 3,
    unexpected_index_column_names: ['k'],
  },
] as const

const table: Table = {
  rowCount: 30,
  columns: Object.entries(columns).map(([name, cells]) =>
    name === 's'
      ? { name, type: 'string', values: cells as (string | null)[] }
      : {
          name,
          type: name === 'k' ? 'integer' : 'number',
          values: Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell))),
        },
  ),
}

/** What the type of a column is called differs: in memory all numbers are `float64`. */
const ofTypes = new Set([
  'expect_column_values_to_be_of_type',
  'expect_column_values_to_be_in_type_list',
])

describe('results of SQL in the formats of Great Expectations', () => {
  let folder: string
  let lake: Lake
  let files = 0
  let relation = ''
  const scratchFile = () => join(folder, `scratch-${files++}.parquet`)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-formats-'))
    lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
    const path = scratchFile()
    await lake.writeTable(table, path)
    relation = `read_parquet(${literal(path)})`
  })
  afterAll(async () => {
    await lake.close()
    await rm(folder, { recursive: true })
  })

  const validate = async (given: readonly Case[], format: unknown) => {
    const batch = {
      lake,
      relation,
      schema: schemaOf(table) as Column[],
      now: 0,
      scratchFile,
      earlier: () => Promise.resolve(null),
      other: (name: string) => Promise.reject(new Error(name)),
    }
    const configs = given.map(({ type, kwargs }) => ({
      type,
      kwargs,
      severity: 'critical' as const,
      meta: {},
    }))
    return (await validateBatch(batch, configs, readResultFormat(format))).outcomes
  }

  it.each(formats)('are those of the reference in memory: %j', async (format) => {
    const outcomes = await validate(cases, format)
    for (const [index, { type, kwargs, success }] of cases.entries()) {
      const label = `${type} ${JSON.stringify(kwargs)}`
      const outcome = outcomes[index]
      expect(outcome?.exception_info.exception_message, label).toBeNull()
      expect(outcome?.success, label).toBe(success)
      if (ofTypes.has(type)) continue
      const wanted = formatExpectation(type, { columns }, { args: kwargs, resultFormat: format })
      expect(rounded(outcome?.result), label).toEqual(rounded(wanted.result))
    }
  })

  const rounded = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (_, each) =>
        typeof each === 'number' ? Number(each.toPrecision(10)) : each,
      ),
    )

  it('list no more rows than a validation can keep, and cut long texts', async () => {
    const path = scratchFile()
    const values = Array.from({ length: 20_000 }, (_, row) => `${row}${'x'.repeat(2_000)}`)
    await lake.writeTable(
      { rowCount: 20_000, columns: [{ name: 's', type: 'string', values }] },
      path,
    )
    relation = `read_parquet(${literal(path)})`
    const many = {
      type: 'expect_column_values_to_be_null',
      kwargs: { column: 's' },
      success: false,
    }
    const [outcome] = await validate([many], 'COMPLETE')
    const listed = outcome?.result['unexpected_list'] as string[]
    expect(listed).toHaveLength(10_000)
    expect(listed[0]).toHaveLength(1_000)
    expect(outcome?.result['unexpected_count']).toBe(20_000)
  })
})
