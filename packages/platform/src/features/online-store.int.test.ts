import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor } from '../kernel/index.ts'
import { testDialects } from '../storage/test-databases.ts'
import type { OnlineRow } from './model.ts'
import type { OnlineStore } from './online-store.ts'
import { RedisOnlineStore } from './redis-online-store.ts'
import { noon, type TestFeatures, testFeatures } from './test-features.ts'
import { redisAvailable, redisMissing, startRedis, type TestRedis } from './test-redis.ts'

const password = 'a-secret/that?must#stay'
const stores = [
  ...testDialects.map(({ dialect, available }) => ({ name: dialect, dialect, available })),
  { name: 'redis', dialect: 'sqlite' as const, available: redisAvailable() },
]

describe.each(stores)('the online store on $name', ({ name, dialect, available }) => {
  if (!available) return it.skip(`${name} is not installed`, () => undefined)
  const opened = new AsyncDisposableStack()
  let test: TestFeatures
  let store: OnlineStore
  beforeAll(async () => {
    test = opened.use(await testFeatures(dialect, { runsJobs: false }))
    store = test.online
    if (name !== 'redis') return
    const redis = opened.use(await startRedis(password))
    const url = redis.url
    // Its clock stands in the past, as that of a replay.
    store = opened.use(new RedisOnlineStore({ url, database: test.database, expires: false }))
  }, 60_000)
  afterAll(() => opened.disposeAsync())

  const row = (key: string, eventUs: number, more: Partial<OnlineRow> = {}): OnlineRow => ({
    key,
    eventUs,
    createdUs: null,
    cells: [eventUs],
    ...more,
  })
  const write = async (set: number, ...rows: readonly OnlineRow[]) => {
    const recorded: number[] = []
    const record = async (_tx: unknown, written: number) => void recorded.push(written)
    const written = await store.write({ set, rows, keepUs: null, record })
    expect(recorded).toEqual([written])
    return written
  }

  it('keeps the newest row of each key, by event time and then by created time', async () => {
    expect(await write(1, row('a', 10), row('b', -5))).toBe(2)
    expect(await write(1, row('a', 9, { cells: ['old'] }))).toBe(0)
    expect(await write(1, row('a', 10, { cells: ['again'] }))).toBe(1)
    expect(await write(1, row('b', -4, { createdUs: 7 }))).toBe(1)
    expect(await write(1, row('b', -4, { createdUs: 6 }), row('c', 0))).toBe(1)
    expect(await write(1, row('b', -4))).toBe(0)
    expect(await write(1, row('b', -4, { createdUs: 7, cells: ['same'] }))).toBe(1)
    expect(await store.read(1, ['b', 'a', 'x', 'a', 'c'])).toEqual([
      row('b', -4, { createdUs: 7, cells: ['same'] }),
      row('a', 10, { cells: ['again'] }),
      undefined,
      row('a', 10, { cells: ['again'] }),
      row('c', 0),
    ])
  })

  it('holds what features are, exactly, under any key', async () => {
    const keys = [
      '["7"]',
      '["Zürich|:*?[a]\\\\","\\u0000"]',
      '["🚲"]',
      '[""]',
      '["1","12"]',
      '["11","2"]',
    ]
    const cells = [
      null,
      'NaN',
      '9007199254740993',
      0.1,
      1e-320,
      true,
      'a|b',
      { l: 0, p: ['x', null] },
    ]
    const rows = keys.map((key, i) => row(key, noon * 1000 + i, { cells }))
    expect(await write(2, ...rows)).toBe(keys.length)
    expect(await store.read(2, keys)).toEqual(rows)
    expect(await store.read(3, keys)).toEqual(keys.map(() => undefined))
  })

  it('takes, counts and gives back thousands, and removes sets whole', async () => {
    const many = Array.from({ length: 2500 }, (_, i) => row(`k${i}`, i))
    expect(await write(4, ...many)).toBe(2500)
    await write(44, row('other', 1))
    const found = await store.read(4, [...many.map(({ key }) => key), 'none'])
    expect(found).toEqual([...many, undefined])
    expect(await store.count(4)).toBe(2500)
    await test.database.write((tx) => store.remove(tx, [4]))
    expect([await store.count(4), await store.count(44)]).toEqual([0, 1])
    expect(await store.read(4, ['k1'])).toEqual([undefined])
    expect(await store.read(4, [])).toEqual([])
  })

  it('answers whole rows while they are written', async () => {
    const wide = (at: number) => row('w', at, { cells: Array.from({ length: 200 }, () => at) })
    await write(5, wide(0))
    const writes = (async () => {
      for (let at = 1; at <= 50; at++) await write(5, wide(at))
    })()
    for (let i = 0; i < 100; i++) {
      const [found] = await store.read(5, ['w'])
      expect(new Set(found!.cells)).toEqual(new Set([found!.eventUs]))
    }
    await writes
  })

  it('holds views and aggregates as joins have them', async () => {
    const { features, jobs } = test.another(store)
    await using _jobs = jobs
    await jobs.start()
    const now = (agoMs: number) => new Date(test.clock.now() - agoMs).toISOString()
    await test.rows('o', `k,t,v\n1,${now(60_000)},5\n1,${now(7_200_000)},7\n2,${now(1000)},`)
    const aggregate = { function: 'sum', window: '1d' } as const
    await test.view({ name: 'o', features: [{ name: 'v', type: 'integer' }] })
    const source = { dataset: 'o', eventTime: { column: 't' } }
    await test.view({
      name: 'a',
      source,
      features: [{ name: 'v', type: 'integer', column: 'v', aggregate }],
    })
    for (const view of ['o', 'a']) {
      await features.materializer.request(systemActor, view)
      await jobs.settled()
      expect((await features.consistency.check(view, 10)).equal).toBe(2)
    }
    const plan = await features.reader.plan({ features: ['o:v', 'a:v'] })
    const given = new Map([['k', [1, 2, 3]]])
    const found = await features.reader.read(plan, given, test.clock.now() * 1000)
    expect(found.map((column) => column.map(({ value }) => value))).toEqual([
      [5, null, null],
      [12, 0, 0],
    ])
  })
})

describe('Redis as the online store', () => {
  if (!redisAvailable()) return it.skip(redisMissing, () => undefined)
  const opened = new AsyncDisposableStack()
  let redis: TestRedis
  let test: TestFeatures
  beforeAll(async () => {
    redis = opened.use(await startRedis(password))
    test = opened.use(await testFeatures())
  }, 60_000)
  afterAll(() => opened.disposeAsync())
  const open = (url: string, expires = true) =>
    opened.use(new RedisOnlineStore({ url, database: test.database, expires }))
  const rows = [{ key: 'k', eventUs: (Date.now() - 1000) * 1000, createdUs: null, cells: [1] }]
  const record = async () => undefined

  it('lets rows go when nobody may use them any more, unless the clock is no real one', async () => {
    const store = open(redis.url)
    const agoUs = Date.now() * 1000 - rows[0]!.eventUs
    await store.write({ set: 1, rows, keepUs: agoUs + 1_500_000, record })
    expect(await store.read(1, ['k'])).toEqual(rows)
    const still = open(`${redis.url}?prefix=replay`, false)
    await still.write({ set: 1, rows, keepUs: 1, record })
    await pause(1600)
    expect(await store.read(1, ['k'])).toEqual([undefined])
    expect(await still.read(1, ['k'])).toEqual(rows)
    expect(await open(`${redis.url}?prefix=other`).read(1, ['k'])).toEqual([undefined])
  })

  it('says that it is away, counts it, shows no secret, and answers again when it is back', async () => {
    const store = open(redis.url)
    await store.write({ set: 2, rows, keepUs: null, record })
    await redis.kill()
    for (const ask of [
      () => store.read(2, ['k']),
      () => store.write({ set: 2, rows, keepUs: null, record }),
      () => store.count(2),
    ]) {
      const failure = await ask().then(
        () => undefined,
        (error: unknown) => error as Error,
      )
      expect(failure).toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining(`redis://127.0.0.1:${redis.port}/3 does not answer`),
      })
      expect(JSON.stringify(failure) + failure?.message).not.toContain('secret')
    }
    expect(store.failures).toBe(3)
    await redis.restart()
    const back = performance.now()
    for (;;) {
      const found = await store.read(2, ['k']).catch(() => null)
      if (found) break
      expect(performance.now() - back).toBeLessThan(15_000)
      await pause(50)
    }
    expect(await store.write({ set: 2, rows, keepUs: null, record })).toBe(1)
  }, 40_000)

  it('refuses addresses that are none, and tells a wrong password without it', async () => {
    for (const url of ['http://127.0.0.1', 'redis://', 'redis://h?prefix=a*b', 'nonsense'])
      expect(() => open(url)).toThrow('--online-store: expected redis://')
    const store = open(`redis://:wrong-words@127.0.0.1:${redis.port}`)
    await expect(store.read(1, ['k'])).rejects.toThrow(/does not answer: .*(WRONGPASS|offline)/)
    await expect(store.read(1, ['k'])).rejects.not.toThrow('wrong-words')
  })
})
