import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor } from '../kernel/index.ts'
import { testDialects } from '../storage/test-databases.ts'
import type { OnlineStore } from './online-store.ts'
import { noon, type TestFeatures, testFeatures } from './test-features.ts'

const at = (hour: number): string => new Date(Date.UTC(2024, 4, 1, hour)).toISOString()
const us = (hour: number): number => Date.UTC(2024, 4, 1, hour) * 1000

describe.each(testDialects)('features on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let test: TestFeatures
  beforeAll(async () => {
    test = await testFeatures(dialect)
  })
  afterAll(() => test[Symbol.asyncDispose]())

  const eventsOf = async (subject: string) =>
    (await test.audit.list({ subject, limit: 100 })).items.map(({ type }) => type)

  it('counts versions of definitions, keeps the old ones, and writes each change down once', async () => {
    await test.rows('d', `k,t,v,w\n1,${at(1)},1,2`)
    await test.view({ name: 'd' })
    await test.view({ name: 'd' })
    const first = await test.features.definitions.view('d')
    expect(first).toMatchObject({ version: 1, joinKeys: [{ name: 'k', type: 'integer' }] })
    await test.view({ name: 'd', description: 'more', features: [{ name: 'w', type: 'integer' }] })
    const second = await test.features.definitions.view('d')
    expect(second.version).toBe(2)
    expect(second.digest).not.toBe(first.digest)
    expect((await test.features.definitions.view('d', 1)).definition.features[0]?.name).toBe('v')
    const { items } = await test.features.definitions.versions('d', 1, 1e9)
    expect(items.map(({ version }) => version)).toEqual([2])
    expect(await eventsOf('feature-view:d')).toEqual([
      'features.view.changed',
      'features.view.created',
    ])
  })

  it('refuses definitions that lead nowhere, clash, or are needed elsewhere', async () => {
    const entity = { description: '', owner: '', tags: {} }
    const missing = test.view({ name: 'd', entities: ['nobody'] })
    await expect(missing).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const clash = test.view({ name: 'd', features: [{ name: 'k', type: 'integer' }] })
    await expect(clash).rejects.toThrow(/"k" names two of its join keys and features/)
    const otherKeys = test.features.defineEntity(systemActor, {
      ...entity,
      name: 'd',
      joinKeys: [{ name: 'other', type: 'string' }],
    })
    await expect(otherKeys).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(test.features.remove(systemActor, 'entity', 'd')).rejects.toThrow(
      'the entity "d" is needed by the feature view d',
    )
    const service = (feature: string) =>
      test.features.defineService(systemActor, {
        ...entity,
        name: 's',
        views: [{ view: 'd', features: [feature] }],
      })
    await expect(service('v')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await service('w')
    await expect(test.features.remove(systemActor, 'view', 'd')).rejects.toThrow(
      /needed by the feature service s/,
    )
    await test.features.remove(systemActor, 'service', 's')
    await expect(test.features.definitions.get('service', 's')).rejects.toThrow(
      /no feature service/,
    )
  })

  it('24: tells what is there, missing, too old and unknown', async () => {
    await test.rows('o', `k,t,v,w\n1,${at(11)},5,\n2,${at(8)},6,7\n3,${at(23)},9,9`)
    await test.view({
      name: 'o',
      ttl: '2h',
      features: ['v', 'w'].map((name) => ({ name, type: 'integer' as const })),
    })
    expect(await test.read(['o:v'], { k: [1] })).toEqual([
      [{ value: null, status: 'NOT_FOUND', eventUs: 0 }],
    ])
    // What lies in the future is not known yet.
    expect(await test.materialize('o')).toMatchObject({ state: 'succeeded', rows: 2, written: 2 })
    expect(await test.read(['o:w', 'o:v'], { k: [1, 2, 3, null] })).toEqual([
      [
        { value: null, status: 'NULL_VALUE', eventUs: us(11) },
        { value: 7, status: 'OUTSIDE_MAX_AGE', eventUs: us(8) },
        { value: null, status: 'NOT_FOUND', eventUs: 0 },
        { value: null, status: 'NOT_FOUND', eventUs: 0 },
      ],
      [
        { value: 5, status: 'PRESENT', eventUs: us(11) },
        { value: 6, status: 'OUTSIDE_MAX_AGE', eventUs: us(8) },
        { value: null, status: 'NOT_FOUND', eventUs: 0 },
        { value: null, status: 'NOT_FOUND', eventUs: 0 },
      ],
    ])
    expect(await test.features.onlineRows('o')).toBe(2)
    await expect(test.read(['o:v'], { k: ['1x'] })).rejects.toThrow(/is not an exact integer/)
    await expect(test.read(['o:v'], { k: [2 ** 53] })).rejects.toMatchObject({
      hint: 'Send integers beyond 2^53 as text.',
    })
    await expect(test.read(['o:v'], {})).rejects.toThrow('the join key "k" is missing')
    await expect(test.read(['o:x'], { k: [1] })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('23: brings in what is new, late rows and those that were in the future too, and nothing twice', async () => {
    await test.rows('m', `k,t,v\n1,${at(10)},1\n2,${at(13)},2`)
    await test.view({ name: 'm' })
    expect(await test.materialize('m')).toMatchObject({ rows: 1, written: 1 })
    expect(await test.materialize('m')).toMatchObject({ rows: 0, written: 0 })
    // Older than everything that was brought in before: late, and still the first of its entity.
    await test.rows('m', `k,t,v\n3,${at(2)},3\n1,${at(9)},0`, 'append')
    expect(await test.materialize('m')).toMatchObject({ rows: 2, written: 1 })
    test.clock.moveTo(noon + 2 * 3_600_000)
    expect(await test.materialize('m')).toMatchObject({ rows: 1, written: 1 })
    const [values] = await test.read(['m:v'], { k: [1, 2, 3] })
    expect(values?.map(({ value }) => value)).toEqual([1, 2, 3])
    expect((await test.features.definitions.view('m')).online).toMatchObject({
      datasetVersion: 2,
      materializedTo: noon + 2 * 3_600_000,
      newestEvent: Date.UTC(2024, 4, 1, 13),
    })
    // A window is brought in again whole, and changes nothing that is as new.
    const window = { from: Date.UTC(2024, 4, 1), to: Date.UTC(2024, 4, 2) }
    expect(await test.materialize('m', window)).toMatchObject({ kind: 'window', rows: 3 })
    const [again] = await test.read(['m:v'], { k: [1, 2, 3] })
    expect(again).toEqual(values)
    expect(await eventsOf('feature-view:m')).toEqual(
      expect.arrayContaining([
        'features.materialization.requested',
        'features.materialization.succeeded',
      ]),
    )
    await expect(
      test.features.materializer.request(systemActor, 'm', { from: 5, to: 5 }),
    ).rejects.toThrow(/ends before it begins/)
  })

  it('23: goes on where a process was killed, and moves the watermark only at the end', async () => {
    await using killed = await testFeatures(dialect, { runsJobs: false })
    const path = `${killed.folder}/many.parquet`
    await killed.lake.copyToParquet(
      "SELECT i::BIGINT AS k, TIMESTAMP '2024-04-01' AS t, i AS v FROM range(5000) s(i)",
      path,
    )
    await killed.data.create(systemActor, { name: 'many' })
    const origin = { kind: 'test' }
    await killed.data.addFile('many', {
      path,
      format: 'parquet',
      mode: 'create',
      origin,
      actor: systemActor,
    })
    await killed.view({ name: 'many' })
    const offered: number[] = []
    // The first process writes one part and is gone in the middle of the second: nothing of it is told to anybody.
    const dying: OnlineStore = {
      read: (...given) => killed.online.read(...given),
      count: (set) => killed.online.count(set),
      remove: (...given) => killed.online.remove(...given),
      write: async (write) => {
        offered.push(write.rows.length)
        if (offered.length >= 2) return new Promise(() => undefined)
        return killed.online.write(write)
      },
    }
    const first = killed.another(dying)
    await first.jobs.start()
    const { id } = await first.features.materializer.request(systemActor, 'many')
    await expect.poll(() => offered, { timeout: 20_000 }).toEqual([2048, 2048])
    expect(await killed.features.materializer.get(id)).toMatchObject({
      state: 'running',
      rows: 2048,
    })
    expect((await killed.features.definitions.view('many')).online.materializedTo).toBeNull()
    // The one that comes after it takes the job back and offers the rest.
    const rest: number[] = []
    const counting: OnlineStore = {
      ...dying,
      write: (write) => {
        rest.push(write.rows.length)
        return killed.online.write(write)
      },
    }
    const second = killed.another(counting)
    await second.jobs.start()
    await expect
      .poll(async () => (await killed.features.materializer.get(id)).state, { timeout: 20_000 })
      .toBe('succeeded')
    await second.jobs[Symbol.asyncDispose]()
    expect(rest).toEqual([2048, 904])
    expect(await killed.features.materializer.get(id)).toMatchObject({ rows: 5000, written: 5000 })
    expect(await killed.features.onlineRows('many')).toBe(5000)
  })

  it('22: keeps the newer row whatever order pushes come in, online; offline both', async () => {
    await test.rows('p', `k,t,v\n1,${at(3)},1`)
    await test.view({ name: 'p', features: [{ name: 'v', type: 'number' }] })
    const push = (t: string, v: unknown, to: 'online' | 'online_and_offline' = 'online') =>
      test.features.push(systemActor, 'p', { rows: [{ k: 1, t, v: v as never }], to })
    expect(await push(at(6), 6)).toMatchObject({ written: 1 })
    expect(await push(at(5), 5)).toMatchObject({ written: 0 })
    expect(await push('2024-05-01T06:00:00.000001', 6.5)).toMatchObject({ written: 1 })
    const [[found]] = (await test.read(['p:v'], { k: ['1'] })) as [[unknown]]
    expect(found).toEqual({ value: 6.5, status: 'PRESENT', eventUs: us(6) + 1 })
    await test.rows('p', `k,t,v\n1,${at(3)},1.5`)
    expect(await push(at(4), 4, 'online_and_offline')).toMatchObject({
      rows: 1,
      written: 0,
      datasetVersion: 3,
    })
    const joined = await test.join(`k,at\n1,${at(5)}`, { features: ['p:v'] })
    expect(joined.rows[0]?.at(-1)).toBe(4)
    await expect(push(at(7), 'warm')).rejects.toThrow(
      'row 0: "v": "warm" is not of the type number',
    )
    await expect(push('soon', 1)).rejects.toThrow(/"soon" is not a time/)
    const bare = test.features.push(systemActor, 'p', { rows: [{ k: 1, t: at(7) }], to: 'online' })
    await expect(bare).rejects.toMatchObject({
      hint: 'Send null for a value that there is none of.',
    })
    expect(await eventsOf('feature-view:p')).toContain('features.rows.pushed')
  })

  it('25, 27: answers online bit for bit what a join answers for now', async () => {
    const rows = [
      'k,t,i,n,s,b,d,z',
      `a,${at(1)},9007199254740993,0.1,"ü ""x"", y",true,2024-02-29,2024-01-01T01:02:03.000456Z`,
      `b,${at(1)},-1,nan,,false,1999-12-31,2024-01-01T01:02:03Z`,
      `c,${at(1)},,-inf,"",,,`,
    ]
    await test.rows('q', rows.join('\n'))
    const types = {
      i: 'integer',
      n: 'number',
      s: 'string',
      b: 'boolean',
      d: 'date',
      z: 'timestamp',
    }
    await test.view(
      {
        name: 'q',
        features: Object.entries(types).map(([name, type]) => ({ name, type: type as 'string' })),
      },
      { k: 'string' },
    )
    await test.materialize('q')
    const names = Object.keys(types).map((name) => `q:${name}`)
    const online = (await test.read(names, { k: ['a', 'b', 'c'] })).map((column) =>
      column.map(({ value }) => value),
    )
    expect(online).toEqual([
      ['9007199254740993', -1, null],
      [0.1, 'NaN', '-Infinity'],
      ['ü "x", y', null, online[2]?.[2]],
      [true, false, null],
      ['2024-02-29', '1999-12-31', null],
      ['2024-01-01T01:02:03.000456Z', '2024-01-01T01:02:03Z', null],
    ])
    await test.features.joins.join(systemActor, {
      features: names,
      eventTime: 't',
      asOf: 'event',
      fullNames: true,
      into: 'q-now',
      rows: { dataset: 'q' },
    })
    const { columns } = await test.lake.query(
      `SELECT ${Object.keys(types)
        .map((name) => `CAST("q__${name}" AS VARCHAR) AS ${name}`)
        .join(', ')} FROM ${await relation(test, 'q-now')} ORDER BY k`,
    )
    const offline = columns.map(({ values }) => [...(values as readonly (string | null)[])])
    expect(offline[0]).toEqual(['9007199254740993', '-1', null])
    expect(offline[1]).toEqual(['0.1', 'nan', '-inf'])
    expect(offline[2]?.[0]).toBe(online[2]?.[0])
    expect(offline[5]?.[0]).toBe('2024-01-01 01:02:03.000456')
  })

  it('25: finds entities that say something else online than in the dataset', async () => {
    await test.rows('k', `k,t,v\n1,${at(1)},1\n2,${at(2)},2\n3,${at(3)},3\n4,${at(4)},4`)
    await test.view({ name: 'k' })
    const check = () => test.features.consistency.check('k', 100)
    expect(await check()).toMatchObject({ checked: 0, datasetVersion: null })
    await test.materialize('k')
    expect(await check()).toMatchObject({ checked: 4, equal: 4, datasetVersion: 1 })
    const push = (k: number, hour: number, v: number) =>
      test.features.push(systemActor, 'k', { rows: [{ k, t: at(hour), v }], to: 'online' })
    await push(1, 5, 10)
    await push(2, 2, 20)
    expect(await check()).toMatchObject({
      checked: 4,
      equal: 2,
      newer: 1,
      different: 1,
      missing: 0,
      older: 0,
      features: [{ name: 'v', different: 1 }],
    })
    expect((await test.features.consistency.check('k', 2)).checked).toBe(2)
    await expect(test.features.consistency.check('nobody', 1)).rejects.toThrow(/nobody/)
  })

  it('28: answers by an older definition while another one stands, each from its own rows', async () => {
    await test.rows('h', `k,t,v,w\n1,${at(1)},1,2`)
    await test.view({ name: 'h' })
    await test.materialize('h')
    await test.view({ name: 'h', features: [{ name: 'w', type: 'integer' }] })
    const value = async (reference: string) =>
      (await test.read([reference], { k: [1] }))[0]?.map(({ status, value }) => [status, value])
    expect(await value('h@v1:v')).toEqual([['PRESENT', 1]])
    expect(await value('h:w')).toEqual([['NOT_FOUND', null]])
    await test.materialize('h')
    expect(await value('h:w')).toEqual([['PRESENT', 2]])
    // What its values do not depend on shares the rows of the version before.
    await test.view({ name: 'h', features: [{ name: 'w', type: 'integer' }], ttl: '1h' })
    expect(await value('h:w')).toEqual([['OUTSIDE_MAX_AGE', 2]])
    await test.features.remove(systemActor, 'view', 'h')
    await expect(value('h:w')).rejects.toThrow(/no feature view named "h"/)
    await test.view({ name: 'h' })
    expect(await value('h:v')).toEqual([['NOT_FOUND', null]])
  })

  it('says at once that a dataset does not have what a view needs, and why one could not be brought in', async () => {
    await test.rows('n', `k,t,v\n1,${at(1)},one`)
    await test.view({ name: 'n' })
    await expect(test.materialize('n')).rejects.toThrow(
      'the feature "v" is of the type integer, but the column "v" holds string values',
    )
    await test.rows('n', `k,t\n1,${at(1)}`)
    await expect(test.materialize('n')).rejects.toThrow(/there is no column "v"/)
  })

  it('brings views in by themselves as often as they say, when there is something new', async () => {
    await test.rows('r', `k,t,v\n1,${at(1)},1`)
    await test.view({ name: 'r', refresh: '1h' })
    const tick = async (now: number): Promise<boolean> => {
      test.clock.moveTo(now)
      const asked = await test.features.tick(now)
      await test.jobs.settled()
      return asked
    }
    const start = test.clock.now()
    expect(await tick(start)).toBe(true)
    expect((await test.read(['r:v'], { k: [1] }))[0]?.[0]?.value).toBe(1)
    expect(await tick(start + 3_600_000)).toBe(false)
    await test.rows('r', `k,t,v\n1,${at(2)},2`, 'append')
    expect(await tick(start + 3_700_000)).toBe(true)
    expect((await test.read(['r:v'], { k: [1] }))[0]?.[0]?.value).toBe(2)
    await test.rows('r', `k,t,v\n1,${at(3)},3`, 'append')
    expect(await tick(start + 3_800_000)).toBe(false)
  })
})

const relation = async (test: TestFeatures, dataset: string): Promise<string> => {
  const { relationOf } = await import('../data/index.ts')
  const { openFileBlobs } = await import('../storage/index.ts')
  const blobs = await openFileBlobs(`${test.folder}/blobs`)
  return relationOf(blobs, await test.data.version(dataset, 'latest'))
}
