import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExpectationConfig, JsonValue } from '@kaizen/contracts'
import { detectDrift } from '@kaizen/ml/drift'
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

const ages = expectation('expect_column_values_to_be_between', {
  column: 'age',
  min_value: 0,
  max_value: 120,
})
const fewRows = expectation('expect_table_row_count_to_be_between', { max_value: 2 }, 'warning')

describe.each(testDialects)('data quality on $dialect', ({ dialect, available }) => {
  let folder: string
  let lake: Lake
  let databases: TestDatabase
  let audit: AuditLog
  let data: DataService

  beforeAll(async () => {
    if (!available) return
    folder = await mkdtemp(join(tmpdir(), 'kaizen-quality-'))
    lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
    databases = await testDatabase(dialect, [...auditMigrations, ...dataMigrations])
    const { database } = databases
    const clock = new ReplayClock(Date.UTC(2026, 0, 1))
    audit = new AuditLog(database, clock)
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
  const newest = async () => (await audit.list({ limit: 1 })).items[0]

  it.skipIf(!available)('keeps suites, validates by them and lists what was found', async () => {
    await data.create(systemActor, { name: 'people' })
    await add('people', 'age,land\n17,DE\n200,FR\n30,DE\n')
    const { quality } = data
    const suite = { dataset: 'people', name: 'plausible', expectations: [ages, fewRows], meta: {} }
    await quality.saveSuite(systemActor, suite)
    const validation = await quality.validate(systemActor, 'people', 1, { suite: 'plausible' })
    expect(validation).toMatchObject({
      version: 1,
      success: false,
      rowCount: 3,
      failedRows: 1,
      statistics: { evaluated_expectations: 2, successful_expectations: 0, success_percent: 0 },
    })
    expect(await newest()).toMatchObject({
      type: 'data.version.validated',
      data: { validation: validation.id, failedRows: 1 },
    })
    const rows = await quality.failedRows('people', validation.id, { limit: 10, after: 0 })
    expect(rows.columns.map(({ values }) => [...values])).toEqual([[200], ['FR']])
    const lenient = await quality.validate(systemActor, 'people', 1, { expectations: [fewRows] })
    expect(lenient.success).toBe(true) // a warning is told and does no more
    const page = await quality.validations('people', 1)
    expect(page.items[0]?.id).toBe(lenient.id)
    const rest = await quality.validations('people', 1, page.nextPageToken)
    expect(rest.items[0]?.id).toBe(validation.id)
    expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/^validation/))
  })

  it.skipIf(!available)(
    'keeps a version out that breaks a blocking contract, with its rows',
    async () => {
      await data.create(systemActor, { name: 'guarded' })
      const { quality } = data
      const suite = { dataset: 'guarded', name: 'rules', expectations: [ages], meta: {} }
      await quality.saveSuite(systemActor, suite)
      await quality.setContract(systemActor, 'guarded', { suite: 'rules', onFailure: 'block' })
      await add('guarded', 'age\n17\n')
      await expect(add('guarded', 'age\n-3\n400\n', 'append')).rejects.toMatchObject({
        code: 'INVALID_DATA',
        message: expect.stringMatching(/age.*2 of 3 rows/),
        hint: expect.stringContaining('kaizen data validation guarded validation_'),
        details: { failedRows: 2 },
      })
      expect((await data.get('guarded')).latestVersion).toBe(1)
      expect(await newest()).toMatchObject({
        type: 'data.version.refused',
        data: { version: null },
      })
      await expect(quality.deleteSuite(systemActor, 'guarded', 'rules')).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      await quality.setContract(systemActor, 'guarded', { suite: 'rules', onFailure: 'warn' })
      expect((await add('guarded', 'age\n400\n', 'append')).version).toBe(2)
      const [warned] = (await quality.validations('guarded', 1)).items
      expect(warned).toMatchObject({ version: 2, success: false })
      await quality.setContract(systemActor, 'guarded', null)
      await quality.deleteSuite(systemActor, 'guarded', 'rules')
      expect((await quality.suites('guarded', 10)).items).toEqual([])
    },
  )

  it.skipIf(!available)(
    'holds a version back from pipelines that breaks the contract',
    async () => {
      await data.create(systemActor, { name: 'held' })
      const { quality } = data
      await add('held', 'age\n17\n')
      await add('held', 'age\n400\n', 'append')
      const admit = (version: number | 'latest') => quality.admit(systemActor, 'held', version)
      await admit('latest') // no contract
      const suite = { dataset: 'held', name: 'rules', expectations: [ages], meta: {} }
      await quality.saveSuite(systemActor, suite)
      await quality.setContract(systemActor, 'held', { suite: 'rules', onFailure: 'hold' })
      await admit(1)
      const held = { code: 'INVALID_DATA', message: expect.stringMatching(/version 2 .*held back/) }
      await expect(admit('latest')).rejects.toMatchObject(held)
      // Versions that were there before the contract are validated once each.
      const known = (await quality.validations('held', 10)).items
      expect(known.map(({ version, success }) => [version, success])).toEqual([
        [2, false],
        [1, true],
      ])
      await expect(admit(2)).rejects.toMatchObject(held)
      expect((await quality.validations('held', 10)).items).toEqual(known)
      expect((await add('held', 'age\n-4\n', 'append')).version).toBe(3)
      await expect(admit(3)).rejects.toMatchObject({
        details: { failedRows: 2 },
        hint: expect.stringContaining('kaizen data validation held'),
      })
      await expect(admit(9)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await quality.setContract(systemActor, 'held', { suite: 'rules', onFailure: 'warn' })
      await admit(3)
    },
  )

  it.skipIf(!available)('asks a suite for an environment, and only for one it names', async () => {
    await data.create(systemActor, { name: 'both' })
    const { quality } = data
    await add('both', 'n,y\n1,0\n2,1\n')
    const expectations = [...(await quality.infer('both', 1, []))]
    const environments = { serving: { absent: ['y'] } }
    const suite = { dataset: 'both', name: 'schema', expectations, environments, meta: {} }
    await quality.saveSuite(systemActor, suite)
    expect((await quality.suite('both', 'schema')).environments).toEqual(environments)
    await add('both', 'n\n1\n')
    const validate = (version: number, environment?: string) =>
      quality.validate(systemActor, 'both', version, { suite: 'schema', environment })
    expect((await validate(2)).success).toBe(false)
    const serving = await validate(2, 'serving')
    expect(serving).toMatchObject({ success: true, environment: 'serving' })
    expect((await validate(1, 'serving')).success).toBe(true) // what may be absent may be there
    await expect(validate(1, 'moon')).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    const wrong = { suite: 'schema', onFailure: 'block', environment: 'moon' } as const
    await expect(quality.setContract(systemActor, 'both', wrong)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    })
    await quality.setContract(systemActor, 'both', { ...wrong, environment: 'serving' })
    expect((await add('both', 'n\n2\n')).version).toBe(3)
    await expect(add('both', 'm\n2\n')).rejects.toMatchObject({ code: 'INVALID_DATA' })
  })

  it.skipIf(!available)('shows rows that failed with personal data masked', async () => {
    const rules = [{ column: 'n', max: 3 }]
    await data.create(systemActor, { name: 'private', rules })
    await add(
      'private',
      'n,card,mail\n1,4111111111111111,a@example.org\n9,5500005555555559,b@example.org\n',
    )
    const quarantined = await data.rows('private', 1, { limit: 10, after: 0, quarantined: true })
    expect(quarantined.columns.map(({ values }) => [...values])).toEqual([
      [9],
      ['5••••••••••••••9'],
      ['b@•••••••.••g'],
    ])
    const few = expectation('expect_column_values_to_be_null', { column: 'n' })
    const { id } = await data.quality.validate(systemActor, 'private', 1, { expectations: [few] })
    const failed = await data.quality.failedRows('private', id, { limit: 10, after: 0 })
    expect(failed.masked).toEqual(['card', 'mail'])
    expect(failed.columns[2]?.values).toEqual(['a@•••••••.••g'])
  })

  it.skipIf(!available)('names no personal value in what an expectation found', async () => {
    await data.create(systemActor, { name: 'named' })
    const cards = ['4111111111111111', '5500005555555559', '340000000000009']
    const mails = ['anna@example.org', 'ben@example.org', 'chris@example.org']
    await add(
      'named',
      `n,city,card,mail\n${cards.map((card, i) => `${i},Lyon,${card},${mails[i]}`).join('\n')}\n`,
    )
    const column = { column: 'mail' }
    const sets = ['values', 'distinct_values', 'most_common_value']
    const expectations = [
      ...sets.map((of) =>
        expectation(`expect_column_${of}_to_be_in_set`, { ...column, value_set: ['x'] }),
      ),
      expectation('expect_column_distinct_values_to_equal_set', { ...column, value_set: ['x'] }),
      expectation('expect_column_values_to_match_regex', { ...column, regex: '^x' }),
      expectation('expect_column_max_to_be_between', { column: 'card', max_value: 5 }),
      expectation('expect_compound_columns_to_be_unique', { column_list: ['card', 'mail'] }),
      expectation('expect_column_values_to_be_in_set', { column: 'city', value_set: ['Paris'] }),
      expectation('expect_column_unique_value_count_to_be_between', { ...column, max_value: 1 }),
    ]
    const resultFormat = {
      result_format: 'COMPLETE' as const,
      partial_unexpected_count: 20,
      unexpected_index_column_names: ['n', 'card'],
    }
    const validated = await data.quality.validate(systemActor, 'named', 1, {
      expectations,
      resultFormat,
    })
    const text = JSON.stringify(await data.quality.validation('named', validated.id))
    for (const value of [...cards, ...mails]) expect(text).not.toContain(value)
    for (const hidden of ['a•••@•••••••.••g', '4••••••••••••••1']) expect(text).toContain(hidden)
    const found = validated.results.map(({ result }) => result)
    expect(found[7]).toMatchObject({
      partial_unexpected_list: ['Lyon', 'Lyon', 'Lyon'],
      partial_unexpected_counts: [{ value: 'Lyon', count: 3 }],
    })
    expect(JSON.stringify(found[7]?.['unexpected_index_list'])).toContain('"n":0')
    expect(found[8]).toMatchObject({ observed_value: 3 })
  })

  it.skipIf(!available)('keeps names of columns that queries use themselves out', async () => {
    await data.create(systemActor, { name: 'reserved' })
    for (const name of ['kaizen row index', 'Kaizen Derived Value'])
      await expect(add('reserved', `${name},n\n1,2\n`)).rejects.toMatchObject({
        code: 'INVALID_DATA',
        message: expect.stringContaining(name),
      })
  })

  it.skipIf(!available)(
    'takes the contract of a project, and lifts it when it is declared no more',
    async () => {
      const declaration = {
        name: 'declared',
        description: '',
        eventTime: null,
        rules: [],
        source: null,
        collect: null,
      }
      const declare = (contract?: {
        expectations: ExpectationConfig[]
        onFailure: 'block' | 'hold' | 'warn'
      }) =>
        databases.database.write((tx) =>
          data.declare(tx, systemActor, contract ? { ...declaration, contract } : declaration, 'p'),
        )
      await declare({ expectations: [ages], onFailure: 'block' })
      await expect(add('declared', 'age\n-1\n')).rejects.toMatchObject({ code: 'INVALID_DATA' })
      await declare()
      expect(await data.quality.contract('declared')).toBeNull()
      expect((await add('declared', 'age\n-1\n')).version).toBe(1)
    },
  )

  it.skipIf(!available)(
    'infers expectations that the version meets, for an environment without the label',
    async () => {
      await data.create(systemActor, { name: 'inferred' })
      await add('inferred', 'n,s,when,y\n1,a,2026-01-01,0\n2,b,2026-01-02,1\n,a,2026-01-03,1\n')
      const expectations = await data.quality.infer('inferred', 1, [])
      const met = await data.quality.validate(systemActor, 'inferred', 1, { expectations })
      expect(met.statistics.unsuccessful_expectations).toBe(0)
      expect(met.results.length).toBeGreaterThan(8)
      const serving = await data.quality.infer('inferred', 1, ['y'])
      expect(JSON.stringify(serving)).not.toContain('"y"')
    },
  )

  it.skipIf(!available)('reports on a version and compares two', async () => {
    await data.create(systemActor, { name: 'wide' })
    const line = (i: number, shift: number): string =>
      [
        i,
        i % 7,
        (i % 7) * 2 + shift,
        i % 2 === 0 ? 'even' : 'odd',
        i % 2,
        i % 5 === 0 ? '' : 1,
      ].join()
    const text = (shift: number) =>
      ['id,a,b,parity,y,holes', ...Array.from({ length: 400 }, (_, i) => line(i, shift))].join('\n')
    await add('wide', text(0))
    await add('wide', text(3))
    const report = await data.reports.report('wide', 1, 'y')
    const relation = (a: string, b: string) =>
      report.associations.find((each) => each.a === a && each.b === b)?.value
    expect(relation('a', 'b')).toBeCloseTo(1, 12)
    expect(relation('parity', 'y')).toBeCloseTo(1, 12)
    expect(report.alerts.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['leakage', 'key-like', 'redundant', 'missing']),
    )
    expect(report.missingPatterns).toEqual([
      { columns: [], rows: 320 },
      { columns: ['holes'], rows: 80 },
    ])
    await expect(data.reports.report('wide', 1, 'z')).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    })
    const comparison = await data.reports.compare('wide', [1, 2], ['id'])
    expect(comparison.rows).toMatchObject({ removed: 0, added: 0, changed: 400 })
    const drift = Object.fromEntries(comparison.columns.map(({ column, drift }) => [column, drift]))
    expect(drift['b']).toMatchObject({ drifted: true })
    expect(drift['a']).toMatchObject({ drifted: false })
  })

  it.skipIf(!available)(
    'compares distributions on all rows as the tests do on columns in memory',
    async () => {
      await data.create(systemActor, { name: 'long' })
      const rows = 60_000
      const number = (i: number, shift: number): number => ((i * 7919) % 10_007) / 100 + shift
      const colour = (i: number, shift: number): string => `c${(i * (3 + shift)) % 11}`
      const text = (shift: number) =>
        [
          'number,colour,few',
          ...Array.from({ length: rows }, (_, i) =>
            [
              i % 9 === 0 ? '' : number(i, shift),
              i % 4 === 0 ? '' : colour(i, shift),
              i % 3,
            ].join(),
          ),
        ].join('\n')
      await add('long', text(0))
      await add('long', text(1))
      const { columns } = await data.reports.compare('long', [1, 2], [])
      const side = <T>(shift: number, of: (i: number, shift: number) => T, every: number) =>
        Array.from({ length: rows }, (_, i) => (i % every === 0 ? null : of(i, shift)))
      const numbers = (shift: number) => side(shift, number, 9).map((value) => value ?? Number.NaN)
      const expected = [
        detectDrift({ kind: 'numeric', reference: numbers(0), current: numbers(1) }),
        detectDrift({
          kind: 'categorical',
          reference: side(0, colour, 4),
          current: side(1, colour, 4),
        }),
      ]
      for (const [index, verdict] of expected.entries()) {
        if (verdict.status !== 'ok') throw new Error('no verdict')
        const { test, drifted, sizes } = verdict
        expect(columns[index]?.drift).toMatchObject({
          test,
          drifted,
          statistic: expect.closeTo(verdict.statistic, 12),
          rows: { before: sizes.reference, after: sizes.current },
        })
      }
      expect(columns[2]?.drift).toMatchObject({
        statistic: 0,
        drifted: false,
        rows: { before: rows },
      })
    },
  )

  it.skipIf(!available)('says what is wrong with a request and keeps nothing of it', async () => {
    const { quality } = data
    const bad = { dataset: 'people', name: 'bad', meta: {} }
    await expect(
      quality.saveSuite(systemActor, { ...bad, expectations: [expectation('expect_magic', {})] }),
    ).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('expect_magic'),
    })
    await expect(quality.suite('people', 'bad')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(quality.validate(systemActor, 'people', 9, { suite: 'x' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await expect(quality.validate(systemActor, 'people', 1, {})).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    })
    await expect(
      quality.setContract(systemActor, 'people', { suite: 'none', onFailure: 'block' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
