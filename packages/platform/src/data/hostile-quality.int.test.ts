import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExpectationConfig, JsonValue } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuditLog, auditMigrations } from '../audit/index.ts'
import { ReplayClock, randomIds, systemActor } from '../kernel/index.ts'
import { type Lake, openDuckdbLake, openFileBlobs } from '../storage/index.ts'
import { type TestDatabase, testDatabase } from '../storage/test-databases.ts'
import { DataService, dataMigrations } from './index.ts'

const sqlName = '"; DROP TABLE x; --'
const config = (type: string, kwargs: Readonly<Record<string, JsonValue>>): ExpectationConfig => ({
  type,
  kwargs,
  severity: 'critical',
  meta: {},
})

describe('hostile suites and files', () => {
  let folder: string
  let lake: Lake
  let databases: TestDatabase
  let data: DataService

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-hostile-quality-'))
    lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
    databases = await testDatabase('sqlite', [...auditMigrations, ...dataMigrations])
    const { database } = databases
    const clock = new ReplayClock(Date.UTC(2026, 0, 1))
    const audit = new AuditLog(database, clock)
    const blobs = await openFileBlobs(join(folder, 'blobs'))
    const deps = { database, audit, blobs, lake, clock, ids: randomIds(), workFolder: folder }
    data = new DataService(deps)
    await data.create(systemActor, { name: 'd' })
    const long = `${'a'.repeat(200_000)}!`
    await add(`"""; DROP TABLE x; --",text\n1,${long}\n2,"=1+1"\n,plain\n`)
  })
  afterAll(async () => {
    await lake.close()
    await databases[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  async function add(text: string) {
    const path = join(folder, 'file.csv')
    await writeFile(path, text)
    const file = { path, format: 'csv', mode: 'create', origin: {} } as const
    return data.addFile('d', { ...file, actor: systemActor })
  }
  const outcome = async (type: string, kwargs: Readonly<Record<string, JsonValue>>) => {
    const expectations = [config(type, kwargs)]
    const { results } = await data.quality.validate(systemActor, 'd', 1, { expectations })
    return results[0]
  }

  it('match no expression in more than linear time, and show no text of megabytes', async () => {
    const slow = await outcome('expect_column_values_to_match_regex', {
      column: 'text',
      regex: '^(a+)+$',
    })
    expect(slow?.result['unexpected_count']).toBe(3)
    expect(JSON.stringify(slow).length).toBeLessThan(10_000)
  })

  it.each<readonly [string, string, Readonly<Record<string, JsonValue>>, RegExp]>([
    [
      'an expression of a million brackets',
      'expect_column_values_to_match_regex',
      { column: 'text', regex: '('.repeat(100_000) },
      /missing|nest|large|argument|regex/i,
    ],
    [
      'an expression with a huge repetition',
      'expect_column_values_to_match_regex',
      { column: 'text', regex: '((a{1000}){1000}){1000}' },
      /repetition|large|invalid/i,
    ],
    [
      'a look-behind, which the engine has not',
      'expect_column_values_to_match_regex_list',
      { column: 'text', regex_list: ['(?<=a)b'] },
      /invalid|perl/i,
    ],
    [
      'Python in a condition',
      'expect_column_values_to_not_be_null',
      { column: 'text', row_condition: "@__import__('os').system('id')" },
      /no meaning/,
    ],
    [
      'another dataset that climbs',
      'expect_table_row_count_to_equal_other_table',
      { other_table_name: '../../etc/passwd' },
      /no dataset/,
    ],
    [
      'another dataset that is not there',
      'expect_column_values_to_exist_in_other_table',
      { column: 'text', other_table_name: 'nowhere', other_column: 'x' },
      /no dataset named "nowhere"/,
    ],
    [
      'a column of another dataset that is not there',
      'expect_column_values_to_exist_in_other_table',
      { column: 'text', other_table_name: 'd', other_column: 'x"' },
      /no column "x""/,
    ],
    [
      'a key of another type',
      'expect_column_values_to_exist_in_other_table',
      { column: 'text', other_table_name: 'd', other_column: sqlName },
      /string values and .* integer values/,
    ],
    [
      'a set that is an object',
      'expect_column_values_to_be_in_set',
      { column: 'text', value_set: { __proto__: [1] } },
      /no list/,
    ],
    [
      'the age of what is no time',
      'expect_column_max_to_be_recent',
      { column: 'text', max_age_hours: 1 },
      /holds string values/,
    ],
  ])('are told %s as the exception of the expectation', async (_name, type, kwargs, message) => {
    const found = await outcome(type, kwargs)
    expect(found).toMatchObject({ success: false, exception_info: { raised_exception: true } })
    expect(found?.exception_info.exception_message).toMatch(message)
    expect(found?.exception_info.exception_message?.length).toBeLessThan(1_000)
  })

  it('ask columns whose names are SQL like any other', async () => {
    const found = await outcome('expect_column_values_to_not_be_null', {
      column: sqlName,
      row_condition: `\`${sqlName}\` > 0 or text == "plain"`,
    })
    expect(found?.result).toMatchObject({ element_count: 3, unexpected_count: 1 })
    const { results } = await data.quality.validate(systemActor, 'd', 1, {
      expectations: [config('expect_column_values_to_be_null', { column: 'text' })],
      resultFormat: {
        result_format: 'COMPLETE',
        partial_unexpected_count: 1,
        unexpected_index_column_names: [sqlName],
      },
    })
    expect(results[0]?.result['partial_unexpected_index_list']).toMatchObject([{ [sqlName]: 1 }])
  })

  it('take sets of many values, and leave no file behind', async () => {
    const values = Array.from({ length: 20_000 }, (_, i) => `v${i}`)
    const found = await outcome('expect_column_values_to_be_in_set', {
      column: 'text',
      value_set: values,
    })
    expect(found?.result['unexpected_count']).toBe(3)
    expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/^validation/))
  })

  it.each([
    ['nothing', ''],
    ['a zero byte', 'a,b\n\0,1\n'],
    ['binary rows', `a,b\n${Buffer.from([0xff, 0xfe, 0x00]).toString('latin1')}`],
    ['an open quote over megabytes', `a,b\n"${'x'.repeat(3_000_000)}`],
  ])('of %s is a version or is refused, and never a failure of the server', async (_, text) => {
    const added = await add(text).catch((failure: unknown) => failure)
    expect(added).toMatchObject(
      added instanceof Error ? { code: expect.stringMatching(/^INVALID_DATA|TOO_LARGE$/) } : {},
    )
  })
})
