import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatasetDeclaration } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuditLog, auditMigrations } from '../audit/index.ts'
import { ReplayClock, randomIds, systemActor } from '../kernel/index.ts'
import {
  type Database,
  type Lake,
  literal,
  openDuckdbLake,
  openFileBlobs,
  openSqlite,
  type Table,
} from '../storage/index.ts'
import { DataService, dataMigrations, namedRelationOfFile } from './index.ts'

const day = 86_400_000
const start = Date.UTC(2011, 0, 1)

describe('datasets', () => {
  let folder: string
  let lake: Lake
  let database: Database
  let audit: AuditLog
  let data: DataService

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-data-'))
    lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
    database = await openSqlite(join(folder, 'k.db'), [...auditMigrations, ...dataMigrations])
    const clock = new ReplayClock(start)
    audit = new AuditLog(database, clock)
    const blobs = await openFileBlobs(join(folder, 'blobs'))
    data = new DataService({
      database,
      audit,
      blobs,
      lake,
      clock,
      ids: randomIds(),
      workFolder: folder,
    })
  })
  afterAll(async () => {
    await lake.close()
    await database.close()
    await rm(folder, { recursive: true })
  })

  const csv = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, text)
    return path
  }
  const add = (
    name: string,
    path: string,
    extra: { mode?: 'create' | 'append'; from?: number; to?: number } = {},
  ) =>
    data.addFile(name, {
      path,
      format: 'csv',
      mode: 'create',
      origin: { kind: 'test' },
      actor: systemActor,
      ...extra,
    })

  const hours = (days: number, temp: (day: number) => string): string =>
    [
      'day,hr,temp,cnt',
      ...Array.from(
        { length: days * 24 },
        (_, i) =>
          `${new Date(start + Math.floor(i / 24) * day).toISOString().slice(0, 10)},${i % 24},${temp(Math.floor(i / 24))},${i}`,
      ),
    ].join('\n')

  const eventTime = { column: 'day', hourColumn: 'hr' }

  it('makes a version with schema, profile, event-time bounds and an audit event', async () => {
    await data.create(systemActor, { name: 'rides', eventTime })
    const version = await add(
      'rides',
      await csv(
        'a.csv',
        hours(3, () => '0.5'),
      ),
    )
    expect(version).toMatchObject({
      version: 1,
      rowCount: 72,
      minEventTime: start,
      maxEventTime: start + 3 * day - 3_600_000,
    })
    expect(version.schema.map((column) => column.type)).toEqual([
      'date',
      'integer',
      'number',
      'integer',
    ])
    const profile = await data.profile('rides', 1)
    expect(await data.profile('rides', 1)).toEqual(profile)
    const count = profile[3]
    expect(count).toMatchObject({ count: 72, missing: 0, min: 0, max: 71, mean: 35.5 })
    expect(count?.histogram?.counts.reduce((sum, n) => sum + n, 0)).toBe(72)
    const events = await audit.list({ limit: 1 })
    expect(events.items[0]).toMatchObject({
      type: 'data.version.created',
      subject: 'dataset:rides',
    })
  })

  it('gives the same content no second version', async () => {
    const again = await add(
      'rides',
      await csv(
        'a2.csv',
        hours(3, () => '0.5'),
      ),
    )
    expect(again.version).toBe(1)
  })

  it('appends without touching the pieces before', async () => {
    const before = await data.version('rides', 1)
    const table: Table = {
      rowCount: 2,
      columns: [
        {
          name: 'event_time',
          type: 'timestamp',
          values: Float64Array.of(start + 3 * day, start + 3 * day + 3_600_000),
        },
        { name: 'temp', type: 'number', values: Float64Array.of(0.1, Number.NaN) },
        { name: 'cnt', type: 'number', values: Float64Array.of(5, 6) },
      ],
    }
    const after = await data.addTable(systemActor, 'rides', table, { kind: 'collected' })
    expect(after).toMatchObject({ version: 2, rowCount: 74, sharedPieces: 1 })
    expect(after.pieces[0]).toEqual(before.pieces[0])
    expect(after).toMatchObject({
      minEventTime: before.minEventTime,
      maxEventTime: start + 3 * day + 3_600_000,
      schema: [{ nullable: false }, { nullable: false }, { nullable: true }, { nullable: false }],
    })
    const window = await data.window('rides', 2, { from: start + 3 * day })
    const rows = await lake.query(`SELECT day, hr, cnt FROM read_parquet(${literal(window.path)})`)
    expect(rows.columns.map((column) => [...column.values])).toEqual([
      ['2011-01-04', '2011-01-04'],
      [0, 1],
      [5, 6],
    ])
  })

  it('answers a window with exactly its half-open range, and the same file again', async () => {
    const range = { from: start + day, to: start + 2 * day }
    const window = await data.window('rides', 2, range)
    expect(window.rowCount).toBe(24)
    expect((await data.window('rides', 2, range)).digest).toBe(window.digest)
  })

  it('keeps rows that break a rule apart and counts them by rule', async () => {
    await data.create(systemActor, {
      name: 'checked',
      eventTime,
      rules: [
        { column: 'temp', min: 0, max: 1 },
        { column: 'cnt', notNull: true },
      ],
    })
    const version = await add(
      'checked',
      await csv(
        'b.csv',
        hours(3, (d) => (d === 1 ? '20.5' : '0.5')),
      ),
    )
    expect(version).toMatchObject({
      rowCount: 48,
      quarantined: 24,
      quarantineReasons: [{ rule: 'temp ≥ 0 and ≤ 1', rows: 24 }],
    })
    const kept = await data.rows('checked', 1, { limit: 5, after: 0, quarantined: true })
    expect(kept.rowCount).toBe(5)
  })

  it.each([
    ['a ragged line', 'a,b\n1,2\n3,4,5\n6\n', /./],
    ['no rows', 'a,b\n', /no row/],
  ])('refuses a file with %s', async (_name, text, message) => {
    await data.create(systemActor, { name: `bad-${Math.abs(text.length)}` })
    await expect(
      add(`bad-${text.length}`, await csv(`bad${text.length}.csv`, text)),
    ).rejects.toMatchObject({ code: 'INVALID_DATA', message: expect.stringMatching(message) })
    expect((await data.get(`bad-${text.length}`)).versions).toBe(0)
  })

  it('measures all rows again when another column is declared to be the event time', async () => {
    const text = (day: string) => `day,other\n2011-01-0${day},2012-01-0${day}\n`
    await data.create(systemActor, { name: 'moved', eventTime: { column: 'day' } })
    await add('moved', await csv('m1.csv', text('1')))
    await database.write((tx) =>
      data.declare(
        tx,
        systemActor,
        { name: 'moved', eventTime: { column: 'other' } } as DatasetDeclaration,
        'p',
      ),
    )
    expect(await add('moved', await csv('m2.csv', text('3')), { mode: 'append' })).toMatchObject({
      minEventTime: Date.UTC(2012, 0, 1),
      maxEventTime: Date.UTC(2012, 0, 3),
    })
  })

  it('refuses appended rows with unknown columns and of other types', async () => {
    const path = await csv('c.csv', 'day,hr,temp,cnt,extra\n2011-02-01,1,0.5,1,9\n')
    await expect(add('rides', path, { mode: 'append' })).rejects.toThrow(/extra/)
    const other = await csv('d.csv', 'day,hr,temp,cnt\n2011-02-01,1,warm,1\n')
    await expect(add('rides', other, { mode: 'append' })).rejects.toThrow(/temp/)
  })

  it('reads times in texts by their offsets, and those without one as UTC', async () => {
    await data.create(systemActor, { name: 'texts', eventTime: { column: 'at' } })
    const path = join(folder, 'texts.parquet')
    const times = ['2024-05-01T02:00:00+02:00', '2024-05-01T00:30:00Z', '2024-05-01 01:00:00']
    await lake.copyToParquet(
      `SELECT unnest([${times.map((time) => `'${time}'`).join(', ')}]) AS at, 1 AS price`,
      path,
    )
    const version = await data.addFile('texts', {
      path,
      format: 'parquet',
      mode: 'create',
      origin: { kind: 'test' },
      actor: systemActor,
    })
    const first = Date.parse('2024-05-01T00:00:00Z')
    expect(version).toMatchObject({ minEventTime: first, maxEventTime: first + 3_600_000 })
    const { path: cut } = await data.window('texts', 1, { from: first, to: first + 3_600_000 })
    expect((await lake.query(`SELECT price FROM read_parquet('${cut}')`)).rowCount).toBe(2)
  })

  it('names the columns there are when the event time is not among them', async () => {
    await data.create(systemActor, { name: 'lost', eventTime: { column: 'when' } })
    await expect(add('lost', await csv('e.csv', 'a,b\n1,2\n'))).rejects.toMatchObject({
      hint: expect.stringContaining('a, b'),
    })
  })

  it('profiles a thousand columns, each as if it were alone', async () => {
    await data.create(systemActor, { name: 'wide' })
    const columns = Array.from({ length: 1000 }, (_, i) => i)
    const line = (of: (i: number) => string | number) => columns.map(of).join()
    const lines = [line((i) => `c${i}`), line((i) => i), line((i) => i + 2), line(() => '')]
    await add('wide', await csv('wide.csv', lines.join('\n')))
    const profile = await data.profile('wide', 1)
    expect(profile).toHaveLength(1000)
    expect(profile.map(({ mean }) => mean)).toEqual(columns.map((i) => i + 1))
    expect(profile[617]).toMatchObject({ count: 3, missing: 1, distinct: 2, min: 617, max: 619 })
  })

  it('takes a deeply nested field of JSON Lines as text', async () => {
    // Typed down to its last level, a few hundred brackets take a gigabyte.
    const path = await csv('nested.jsonl', `{"a": ${'['.repeat(300)}${']'.repeat(300)}, "b": 1}\n`)
    const { columns } = await lake.query(
      `SELECT * FROM ${await namedRelationOfFile(lake, path, 'jsonl')}`,
    )
    expect(columns.map(({ type }) => type)).toEqual(['string', 'integer'])
    expect(String(columns[0]?.values[0]).split('[')).toHaveLength(301)
  })

  it('refuses a file with two columns of one name', async () => {
    await data.create(systemActor, { name: 'twice' })
    const path = await csv('twice.csv', 'price,day,Price\n1,2,3\n')
    await expect(add('twice', path)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('two columns named "Price"'),
    })
  })
})
