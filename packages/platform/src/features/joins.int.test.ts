import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor } from '../kernel/index.ts'
import { identifier } from '../storage/index.ts'
import { joinSql, readColumn, rowColumn, timeColumn } from './join-sql.ts'
import { type TestFeatures, testFeatures } from './test-features.ts'
import { numberedRows, viewColumns } from './view-relation.ts'

/** The last column of the joined rows. */
const last = ({ rows }: { readonly rows: readonly (readonly unknown[])[] }) =>
  rows.map((row) => row.at(-1))

describe('point-in-time joins', () => {
  let test: TestFeatures
  beforeAll(async () => {
    test = await testFeatures()
  })
  afterAll(() => test[Symbol.asyncDispose]())

  const v = { features: ['c:v'] }

  it('1, 2: takes a value at the very time of the row, and none that comes a microsecond later', async () => {
    await test.rows('c', 'k,t,v\n1,2024-01-01T10:00:00.000000Z,7')
    await test.view({ name: 'c' })
    const at = ['10:00:00.000000', '09:59:59.999999', '10:00:00.000001']
    const joined = await test.join(
      `k,at\n${at.map((time) => `1,2024-01-01T${time}Z`).join('\n')}`,
      v,
    )
    expect(last(joined)).toEqual([7, null, 7])
    expect(joined.views).toEqual([
      {
        view: 'c',
        version: 1,
        datasetVersion: 1,
        matched: 2,
        expired: 0,
        unmatched: 1,
        knownLater: null,
      },
    ])
  })

  it('3, 4: takes a value exactly as old as the ttl, none that is older, and nothing older instead', async () => {
    await test.rows('aged', 'k,t,v\n1,2024-01-01T09:00:00Z,6\n1,2024-01-01T10:00:00Z,7')
    await test.view({ name: 'aged', ttl: '2h' })
    const joined = await test.join(
      'k,at\n1,2024-01-01T12:00:00.000000Z\n1,2024-01-01T12:00:00.000001Z\n1,2024-01-01T08:00:00Z',
      { features: ['aged:v'] },
    )
    expect(last(joined)).toEqual([7, null, null])
    expect(joined.views[0]).toMatchObject({ matched: 1, expired: 1, unmatched: 1 })
  })

  it('5: of rows of one time takes the one that was created last, wherever it is stored', async () => {
    await test.rows(
      'made',
      'k,t,made,v\n1,2024-01-01,2024-01-03,3\n1,2024-01-01,2024-01-02,2\n1,2024-01-01,,1',
    )
    await test.view({
      name: 'made',
      source: { dataset: 'made', eventTime: { column: 't' }, created: 'made' },
    })
    expect(last(await test.join('k,at\n1,2024-02-01', { features: ['made:v'] }))).toEqual([3])
  })

  it('6: of rows that are equal in both times takes the one that was stored last, every time', async () => {
    const many = Array.from({ length: 5000 }, (_, i) => `${i % 10},2024-01-01,${i}`)
    await test.rows('ties', `k,t,v\n${many.join('\n')}`)
    await test.view({ name: 'ties' })
    const spine = `k,at\n${Array.from({ length: 10 }, (_, k) => `${k},2024-02-01`).join('\n')}`
    const expected = Array.from({ length: 10 }, (_, k) => 4990 + k)
    for (let run = 0; run < 3; run++)
      expect(last(await test.join(spine, { features: ['ties:v'] }))).toEqual(expected)
  })

  it('7: answers the newest row though its value is missing', async () => {
    await test.rows('gap', 'k,t,v\n1,2024-01-01,5\n1,2024-01-02,')
    await test.view({ name: 'gap' })
    const joined = await test.join('k,at\n1,2024-01-03\n1,2024-01-01', { features: ['gap:v'] })
    expect(last(joined)).toEqual([null, 5])
    expect(joined.views[0]).toMatchObject({ matched: 2 })
  })

  it('8, 9: joins no missing key and no missing time, on either side, and keeps the rows', async () => {
    await test.rows('holes', 'k,t,v\n1,2024-01-01,5\n,2024-01-02,6\n1,,7')
    await test.view({ name: 'holes' })
    const joined = await test.join('k,at\n1,2024-01-03\n,2024-01-03\n1,', {
      features: ['holes:v'],
    })
    expect(last(joined)).toEqual([5, null, null])
  })

  it('10, 11: keeps every row with all its columns, in its order, equal ones too', async () => {
    const spine = [
      'b,at,k,label',
      'x,2024-03-01,1,0',
      'y,2024-01-02,1,1',
      'y,2024-01-02,1,1',
      'z,2024-01-02,1,0',
      'w,2023-01-01,9,0',
    ]
    const { columns, rows } = await test.join(spine.join('\n'), v)
    expect(columns).toEqual(['b', 'at', 'k', 'label', 'v'])
    expect(rows.map(([b, , k, label, value]) => [b, k, label, value])).toEqual([
      ['x', 1, 0, 7],
      ['y', 1, 1, 7],
      ['y', 1, 1, 7],
      ['z', 1, 0, 7],
      ['w', 9, 0, null],
    ])
  })

  it('12: tells composite keys apart, whatever their texts hold', async () => {
    await test.rows(
      'pairs',
      'a,b,t,v\n"1","12x",2024-01-01,1\n"11","2x",2024-01-01,2\n"x|","ü,",2024-01-01,3\n"x","|ü,",2024-01-01,4\n"y","",2024-01-01,5',
    )
    await test.view({ name: 'pairs' }, { a: 'string', b: 'string' })
    const joined = await test.join(
      'a,b,at\n"x","|ü,",2024-01-02\n"x|","ü,",2024-01-02\n"11","2x",2024-01-02\n"1","12x",2024-01-02',
      { features: ['pairs:v'] },
    )
    expect(last(joined)).toEqual([4, 3, 2, 1])
  })

  it('13: compares keys exactly, and refuses a column of another type', async () => {
    await test.rows('big', 'k,t,v\n9007199254740993,2024-01-01,3\n9007199254740992,2024-01-01,2')
    await test.view({ name: 'big' })
    const spine = 'k,at\n9007199254740992,2024-01-02\n9007199254740993,2024-01-02'
    expect(last(await test.join(spine, { features: ['big:v'] }))).toEqual([2, 3])
    const words = test.join('k,at\none,2024-01-02', { features: ['big:v'] })
    await expect(words).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('is of the type integer, but the column holds string'),
    })
    const fractions = test.join('k,at\n1.5,2024-01-02', { features: ['big:v'] })
    await expect(fractions).rejects.toMatchObject({ code: 'INVALID_DATA' })
  })

  it('14: knows an instant in every zone, without one as UTC, in text as in times', async () => {
    await test.rows('zoned', 'k,t,v\n1,2024-10-27T00:30:00Z,1\n1,2024-10-27T01:30:00Z,2')
    await test.view({ name: 'zoned' })
    // 02:30 stands twice in the night that summer time ends: the offset tells which is meant.
    const times = [
      '2024-10-27T02:30:00+02:00',
      '2024-10-27T02:30:00+01:00',
      '2024-10-27 01:29:59',
      '2024-10-26T20:00:00-05:00',
    ]
    const zoned = await test.join(`k,at\n${times.map((time) => `1,${time}`).join('\n')}`, {
      features: ['zoned:v'],
    })
    expect(last(zoned)).toEqual([1, 2, 1, 1])
    const text = `k,at\n${times.map((time) => `1,"${time}"`).join('\n')}\n1,"2024-10-27 02:30:00 Europe/Berlin"`
    const mixed = await test.join(text, { features: ['zoned:v'] })
    expect(last(mixed).slice(0, 4)).toEqual([1, 2, 1, 1])
    const numbers = `k,at\n1,${Date.UTC(2024, 9, 27, 1, 30)}\n1,${Date.UTC(2024, 9, 27, 1, 30) - 1}`
    expect(last(await test.join(numbers, { features: ['zoned:v'] }))).toEqual([2, 1])
  })

  it('15: refuses two columns of one name unless they are named in full', async () => {
    const asked = { features: ['c:v', 'gap:v'] }
    await expect(test.join('k,at\n1,2024-01-03', asked)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'two columns of the answer would be named "v"',
    })
    const { columns, rows } = await test.join('k,at\n1,2024-01-03', { ...asked, fullNames: true })
    expect(columns).toEqual(['k', 'at', 'c__v', 'gap__v'])
    expect(rows[0]?.slice(2)).toEqual([7, null])
    await expect(test.join('k,at,v\n1,2024-01-03,1', v)).rejects.toThrow(/named "v"/)
    await expect(test.join('k,at\n1,2024-01-03', { features: ['c:v', 'c:v'] })).rejects.toThrow(
      /asked for twice/,
    )
  })

  it('16: joins a view twice under two names by two columns', async () => {
    await test.features.defineService(systemActor, {
      name: 'trip',
      description: '',
      owner: '',
      tags: {},
      views: [
        { view: 'ties', as: 'driver', keys: { k: 'driver' } },
        { view: 'ties', as: 'rider', keys: { k: 'rider' } },
      ],
    })
    const { columns, rows } = await test.join('driver,rider,at\n1,2,2024-02-01', {
      service: 'trip',
      fullNames: true,
    })
    expect(columns.slice(3)).toEqual(['driver__v', 'rider__v'])
    expect(rows[0]?.slice(3)).toEqual([4991, 4992])
  })

  it('17: joins a view without entities by time alone', async () => {
    await test.rows('world', 't,v\n2024-01-01,1\n2024-01-03,3')
    await test.view({ name: 'world' }, {})
    const joined = await test.join('k,at\n1,2024-01-02\n2,2024-01-04\n3,2023-01-01', {
      features: ['world:v'],
    })
    expect(last(joined)).toEqual([1, 3, null])
  })

  it('18: gives no rows the right columns, no match all rows, and says what is not there', async () => {
    const plan = await test.features.definitions.select(v)
    const path = join(test.folder, 'none.csv')
    await writeFile(path, 'k,at\n')
    const relation = `(SELECT 1::BIGINT AS k, TIMESTAMP '2024-01-01' AS at WHERE FALSE)`
    const version = await test.data.version('c', 'latest')
    const [selected] = plan.views
    const blobs = { localPath: async () => path } as never
    expect(identifier('k')).toBe('"k"')
    const columns = viewColumns(selected!.view, version.schema, selected!.features)
    const rows = (await numberedRows(blobs, version, columns)).replace(
      /read_parquet\(.*\)$/,
      "(SELECT 1::BIGINT AS k, TIMESTAMP '2024-01-01' AS t, 1::BIGINT AS v)",
    )
    const schema = await test.lake.describe(`SELECT * FROM ${relation}`)
    const sql = joinSql({
      selection: plan,
      asOf: 'event',
      fullNames: false,
      spine: { relation, schema, eventTime: 'at', fromUs: null, toUs: null },
      views: [{ selected: selected!, rows, ttlUs: null }],
    })
    const none = await test.lake.query(sql)
    expect(none.rowCount).toBe(0)
    expect(none.columns.map(({ name, type }) => [name, type]).slice(0, 5)).toEqual([
      ['k', 'integer'],
      ['at', 'timestamp'],
      [rowColumn, 'integer'],
      [timeColumn, 'timestamp'],
      [readColumn(0), 'integer'],
    ])
    await expect(test.join('k,at\n', v)).rejects.toMatchObject({ code: 'INVALID_DATA' })
    expect(last(await test.join('k,at\n77,2024-02-01', v))).toEqual([null])
    await test.features.defineEntity(systemActor, {
      name: 'lonely',
      description: '',
      owner: '',
      tags: {},
      joinKeys: [{ name: 'k', type: 'integer' }],
    })
    await test.data.create(systemActor, { name: 'lonely' })
    await test.view({ name: 'lonely' })
    await expect(test.join('k,at\n1,2024-01-01', { features: ['lonely:v'] })).rejects.toThrow(
      /no version yet/,
    )
    await expect(test.join('k,at\n1,2024-01-01', { features: ['nowhere:v'] })).rejects.toThrow(
      /no feature view named "nowhere"/,
    )
  })

  it('19: counts values that were known only later, and leaves them out when asked for what was available', async () => {
    const rows = [
      'k,t,made,v',
      '1,2024-01-01,2024-01-01,1',
      // Happened on the 3rd, became known on the 10th.
      '1,2024-01-03,2024-01-10,3',
      // Corrects the first on the 6th.
      '1,2024-01-01,2024-01-06,2',
      '1,2024-01-02,,9',
    ]
    await test.rows('late', rows.join('\n'))
    await test.view({
      name: 'late',
      ttl: '30d',
      source: { dataset: 'late', eventTime: { column: 't' }, created: 'made' },
    })
    const spine = 'k,at\n1,2024-01-05\n1,2024-01-07\n1,2024-01-10\n1,2024-02-15'
    const event = await test.join(spine, { features: ['late:v'] })
    expect(last(event)).toEqual([3, 3, 3, null])
    expect(event.views[0]).toMatchObject({ matched: 3, expired: 1, knownLater: 2 })
    const available = await test.join(spine, { features: ['late:v'], asOf: 'available' })
    expect(last(available)).toEqual([1, 2, 3, null])
    expect(available.views[0]).toMatchObject({ matched: 3, expired: 1, knownLater: 0 })
  })

  it('26: joins one hot key of many rows within bounded memory', async () => {
    const path = join(test.folder, 'hot.parquet')
    await test.lake.copyToParquet(
      "SELECT 1::BIGINT AS k, TIMESTAMP '2024-01-01' + INTERVAL 1 SECOND * i AS t, i AS v FROM range(20000) s(i)",
      path,
    )
    await test.data.create(systemActor, { name: 'hot' })
    const origin = { kind: 'test' }
    await test.data.addFile('hot', {
      path,
      format: 'parquet',
      mode: 'create',
      origin,
      actor: systemActor,
    })
    await test.view({ name: 'hot', ttl: '1h' })
    const { version, views } = await test.features.joins.join(systemActor, {
      features: ['hot:v'],
      eventTime: 't',
      asOf: 'event',
      fullNames: true,
      into: 'hot-join',
      rows: { dataset: 'hot' },
    })
    expect(version.rowCount).toBe(20_000)
    expect(views[0]).toMatchObject({ matched: 20_000 })
  })

  it('27: brings numbers that are none and infinities through', async () => {
    await test.rows('odd', 'k,t,v\n1,2024-01-01,nan\n2,2024-01-01,-inf\n3,2024-01-01,0.1')
    await test.view({ name: 'odd', features: [{ name: 'v', type: 'number' }] })
    await test.features.joins.join(systemActor, {
      features: ['odd:v'],
      eventTime: 't',
      asOf: 'event',
      fullNames: true,
      into: 'odd-join',
      rows: { dataset: 'odd' },
    })
    const table = await test.data.rows('odd-join', 1, { limit: 9, after: 0, quarantined: false })
    expect([...table.columns.at(-1)!.values]).toEqual([Number.NaN, Number.NEGATIVE_INFINITY, 0.1])
  })

  it('28: answers by an older definition while it is asked for by its version', async () => {
    await test.rows('renamed', 'k,t,v,w\n1,2024-01-01,1,2')
    await test.view({ name: 'renamed' })
    await test.view({ name: 'renamed', features: [{ name: 'w', type: 'integer' }] })
    const spine = 'k,at\n1,2024-02-01'
    expect(last(await test.join(spine, { features: ['renamed@v1:v'] }))).toEqual([1])
    expect(last(await test.join(spine, { features: ['renamed:w'] }))).toEqual([2])
    await expect(test.join(spine, { features: ['renamed:v'] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'Its features are: w.',
    })
  })

  it('writes down in the version of what it was made, and refuses what does not fit', async () => {
    const { version } = await test.features.joins.join(systemActor, {
      features: ['c:v'],
      eventTime: 't',
      asOf: 'event',
      fullNames: true,
      into: 'kept',
      rows: { dataset: 'aged', version: 1 },
    })
    expect(version.origin).toMatchObject({
      kind: 'feature-join',
      rows: { dataset: 'aged', version: 1 },
      features: ['c:v'],
      views: [{ view: 'c', version: 1, datasetVersion: 1 }],
    })
    await expect(test.join('k,when\n1,2024-01-01', v)).rejects.toThrow(/no column "at"/)
    await expect(test.join('j,at\n1,2024-01-01', v)).rejects.toThrow(/no column "k"/)
    await expect(test.join('k,at\n1,yesterday', v)).rejects.toMatchObject({ code: 'INVALID_DATA' })
    await expect(test.join('k,at,__kaizen_t\n1,2024-01-01,1', v)).rejects.toThrow(/reserved/)
  })
})
