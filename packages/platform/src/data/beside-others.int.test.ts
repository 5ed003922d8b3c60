import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExpectationConfig, JsonValue } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuditLog, auditMigrations } from '../audit/index.ts'
import { ReplayClock, randomIds, systemActor } from '../kernel/index.ts'
import { type Lake, openDuckdbLake, openFileBlobs } from '../storage/index.ts'
import { type TestDatabase, testDatabase, testDialects } from '../storage/test-databases.ts'
import { DataService, dataMigrations } from './index.ts'

const expectation = (
  type: string,
  kwargs: Readonly<Record<string, JsonValue>>,
  severity: ExpectationConfig['severity'] = 'critical',
): ExpectationConfig => ({ type, kwargs, severity, meta: {} })

describe.each(testDialects)('versions beside others on $dialect', ({ dialect, available }) => {
  let folder: string
  let lake: Lake
  let databases: TestDatabase
  let data: DataService

  beforeAll(async () => {
    if (!available) return
    folder = await mkdtemp(join(tmpdir(), 'kaizen-beside-'))
    lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
    databases = await testDatabase(dialect, [...auditMigrations, ...dataMigrations])
    const { database } = databases
    const clock = new ReplayClock(Date.UTC(2026, 0, 1))
    const audit = new AuditLog(database, clock)
    const blobs = await openFileBlobs(join(folder, 'blobs'))
    const workFolder = folder
    data = new DataService({ database, audit, blobs, lake, clock, ids: randomIds(), workFolder })
  })
  afterAll(async () => {
    if (!available) return
    await lake.close()
    await databases[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  const add = async (name: string, text: string, mode: 'create' | 'append' = 'create') => {
    const path = join(folder, `${name}.csv`)
    await writeFile(path, text)
    const origin = { kind: 'test' }
    return data.addFile(name, { path, format: 'csv', mode, origin, actor: systemActor })
  }

  it.skipIf(!available)(
    'holds versions to those before them and to other datasets: schema, volume, freshness, keys, counts',
    async () => {
      const { quality } = data
      for (const name of ['lands', 'orders']) await data.create(systemActor, { name })
      await add('lands', 'code\nDE\nFR\n')
      const lands = { other_table_name: 'lands' }
      const expectations = [
        expectation('expect_table_schema_to_be_compatible_with_previous_version', {}),
        expectation('expect_table_row_count_ratio_to_previous_version_to_be_between', {
          min_value: 0.5,
          max_value: 2,
        }),
        expectation('expect_column_max_to_be_recent', { column: 'day', max_age_hours: 48 }),
        expectation('expect_column_values_to_exist_in_other_table', {
          column: 'land',
          ...lands,
          other_column: 'code',
        }),
        expectation('expect_table_row_count_ratio_to_other_table_to_be_between', {
          ...lands,
          min_value: 1,
        }),
      ]
      const suite = { dataset: 'orders', name: 'sound', expectations, meta: {} }
      await quality.saveSuite(systemActor, suite)
      await quality.setContract(systemActor, 'orders', { suite: 'sound', onFailure: 'block' })
      await add('orders', 'day,land,sum\n2025-12-31,DE,1\n2025-12-31,FR,2\n')
      await add('orders', 'day,land,sum,note\n2025-12-31,DE,1,a\n2025-12-31,FR,2,b\n')
      const refused = async (text: string) => {
        const failure = await add('orders', text).catch((error: unknown) => error)
        const { message, details } = failure as {
          message: string
          details: { validation: string }
        }
        expect((await data.get('orders')).latestVersion).toBe(2)
        const { results, version } = await quality.validation('orders', details.validation)
        expect(version).toBeNull()
        const broken = results.flatMap(({ success, expectation_config: { type } }) =>
          success ? [] : [expectations.findIndex((each) => each.type === type)],
        )
        return { message, broken }
      }
      const good = '2025-12-31,DE,1,a\n2025-12-31,FR,2,b\n'
      const gone = await refused(`day,land,note\n${good.replaceAll(/,\d,/gu, ',')}`)
      expect(gone.broken).toEqual([0])
      expect(gone.message).toContain('"removed":["sum"]')
      expect((await refused(`day,land,sum,note\n${good.repeat(3)}`)).broken).toEqual([1])
      expect(
        (await refused(`day,land,sum,note\n${good.replaceAll('2025', '2024')}`)).broken,
      ).toEqual([2])
      expect((await refused(`day,land,sum,note\n${good.replace('FR', 'XX')}`)).broken).toEqual([3])
      expect((await refused('day,land,sum,note\n2025-12-31,DE,1,a\n')).broken).toEqual([4])
      const lenient = await quality.validate(systemActor, 'orders', 2, {
        expectations: [
          expectation('expect_table_row_count_ratio_to_previous_version_to_be_between', {
            min_value: 1,
            since_version: 1,
          }),
        ],
      })
      expect(lenient.results[0]?.result).toMatchObject({
        observed_value: 1,
        details: { self: 2, other: 2, since: 1 },
      })
    },
  )
})
