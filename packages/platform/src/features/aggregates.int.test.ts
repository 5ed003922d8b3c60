import { type Aggregate, aggregateFunctions, type JsonValue } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor } from '../kernel/index.ts'
import { testDialects } from '../storage/test-databases.ts'
import { noon, type TestFeatures, testFeatures } from './test-features.ts'

const windows = ['1h', '24h', '7d', '30d']
const typeOf = (made: Aggregate['function']) =>
  made === 'count' || made === 'distinct' ? 'integer' : made === 'last' ? 'string' : 'number'
const features = windows.flatMap((window) =>
  aggregateFunctions.map((made) => ({
    name: `${made}_${window}`,
    type: typeOf(made) as 'number',
    column: made === 'last' || made === 'distinct' ? 'what' : 'v',
    aggregate: { function: made, window },
  })),
)
const names = features.map(({ name }) => `e:${name}`)
const minute = 60_000

/** Events of a few keys, many in the last hour and few long ago; the same every time. */
function events(count: number, seed: number): readonly string[] {
  let state = seed
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
  return Array.from({ length: count }, () => {
    const ago = Math.floor(random() ** 6 * 40 * 86_400_000)
    const time = new Date(noon - 1 - ago).toISOString()
    const value = random() < 0.1 ? '' : String((random() - 0.3) * 1000)
    return `${Math.floor(random() * 8)},${time},${value},w${Math.floor(random() ** 2 * 900)}`
  })
}
const header = 'k,t,v,what'

describe.each(testDialects)('aggregates over windows on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let test: TestFeatures
  beforeAll(async () => {
    test = await testFeatures(dialect)
    await test.rows('e', [header, ...events(4000, 7)].join('\n'))
    await test.view({ name: 'e', features })
  })
  afterAll(() => test[Symbol.asyncDispose]())

  /** What a join answers for now, and what stands online. */
  const bothSides = async () => {
    const now = new Date(test.clock.now()).toISOString()
    const keys = Array.from({ length: 9 }, (_, k) => k)
    const csv = `k,at\n${keys.map((k) => `${k},${now}`).join('\n')}`
    const { rows } = await test.join(csv, { features: names })
    const online = await test.read(names, { k: keys })
    return {
      offline: rows.map((row) => row.slice(2)),
      online: keys.map((_, row) => online.map((column) => column[row]!.value)),
    }
  }
  const expectEqual = (sides: Awaited<ReturnType<typeof bothSides>>) => {
    for (const [row, cells] of sides.offline.entries()) {
      for (const [i, cell] of cells.entries()) {
        const said = sides.online[row]![i] as JsonValue
        const isSum = /^(sum|mean)/.test(features[i]!.name) && typeof said === 'number'
        // Sums of fractions add in another order: they agree but for the last bits.
        if (isSum) expect(said).toBeCloseTo(cell as number, 8)
        else expect([features[i]!.name, row, said]).toEqual([features[i]!.name, row, cell])
      }
    }
  }

  it('are the same online and in joins at one instant, and stay so as time passes', async () => {
    expect(await test.materialize('e')).toMatchObject({ state: 'succeeded', rows: 8 })
    const first = await bothSides()
    expectEqual(first)
    expect(new Set(first.offline.flat()).size).toBeGreaterThan(100)
    // No new row, nothing brought in: windows move by themselves.
    for (const ms of [59_999, 20 * minute, 26 * 60 * minute]) {
      test.clock.moveTo(test.clock.now() + ms)
      expectEqual(await bothSides())
    }
    expect((await test.features.consistency.check('e', 100)).equal).toBe(8)
  })

  it('count by the clock of the events: late rows too, and rows that came twice once more', async () => {
    const before = await bothSides()
    const now = test.clock.now()
    const late = [5, 50, 1000, 9000].map(
      (ago, i) => `${i},${new Date(now - ago * minute).toISOString()},1000000,late`,
    )
    await test.rows('e', [header, ...late].join('\n'), 'append')
    expect(await test.materialize('e')).toMatchObject({ state: 'succeeded', rows: 4, written: 4 })
    const after = await bothSides()
    expectEqual(after)
    const place = features.findIndex(({ name }) => name === 'count_7d')
    for (const row of [0, 1, 2, 3])
      expect(after.online[row]![place]).toBe((before.online[row]![place] as number) + 1)
    expect(after.online[4]).toEqual(before.online[4])
    // The same again changes nothing.
    await test.materialize('e', { from: noon - 90 * 86_400_000 })
    expect(await bothSides()).toEqual(after)
  })

  it('are those of each row’s time in training, whatever came later', async () => {
    await test.rows(
      'p',
      'k,t,v,made\n1,2024-01-01T10:00:00Z,5,2024-01-01T10:00:00Z\n1,2024-01-01T10:30:30Z,7,2024-01-01T12:00:00Z\n1,2024-01-01T11:00:00Z,,2024-01-01T11:00:00Z\n2,2024-01-01T10:59:00Z,2,2024-01-01T10:59:00Z',
    )
    const one = (made: 'count' | 'sum' | 'last', column?: string) => ({
      name: made,
      type: 'integer' as const,
      ...(column === undefined ? {} : { column }),
      aggregate: { function: made, window: '1h' },
    })
    const source = { dataset: 'p', eventTime: { column: 't' }, created: 'made' }
    await test.view({
      name: 'p',
      source,
      features: [one('count'), one('sum', 'v'), one('last', 'v')],
    })
    const asked = { features: ['p:count', 'p:sum', 'p:last'] }
    const spine = `k,at\n1,2024-01-01T09:59:59Z\n1,2024-01-01T10:00:00Z\n1,2024-01-01T11:00:00Z\n1,2024-01-01T11:00:59.999Z\n1,2024-01-01T11:01:00Z\n1,2024-01-01T12:00:00Z\n3,2024-01-01T11:00:00Z\n,2024-01-01T11:00:00Z\n1,`
    const { rows, views } = await test.join(spine, asked)
    expect(rows.map((row) => row.slice(2))).toEqual([
      [0, 0, null],
      [1, 5, 5],
      // The window begins at the minute in which it begins: 10:00 is in it until 11:01.
      [3, 12, 7],
      [3, 12, 7],
      [2, 7, 7],
      [1, 0, null],
      [0, 0, null],
      [null, null, null],
      [null, null, null],
    ])
    expect(views[0]).toMatchObject({ matched: 5, unmatched: 4, knownLater: 3 })
    const known = await test.join(spine, { ...asked, asOf: 'available' })
    expect(known.rows[2]!.slice(2)).toEqual([2, 5, 5])
  })

  it('tell what is unknown, empty and never brought in apart', async () => {
    const statuses = async () =>
      (await test.read(['n:count', 'n:last'], { k: [1, 2, null] })).map((column) =>
        column.map(({ value, status }) => `${value} ${status}`),
      )
    await test.rows('n', 'k,t,v\n1,2024-04-30T00:00:00Z,5')
    const of = (made: 'count' | 'last') => ({
      name: made,
      type: 'integer' as const,
      column: 'v',
      aggregate: { function: made, window: '1h' },
    })
    await test.view({ name: 'n', features: [of('count'), of('last')] })
    expect(await statuses()).toEqual([
      Array(3).fill('null NOT_FOUND'),
      Array(3).fill('null NOT_FOUND'),
    ])
    await test.materialize('n')
    test.features.reader.forget()
    expect(await statuses()).toEqual([
      ['0 PRESENT', '0 PRESENT', 'null NOT_FOUND'],
      ['null NOT_FOUND', 'null NOT_FOUND', 'null NOT_FOUND'],
    ])
    const now = new Date(test.clock.now() - 1000).toISOString()
    const row = { k: 1, t: now, v: 9 }
    await expect(
      test.features.push(systemActor, 'n', { rows: [row], to: 'online' }),
    ).rejects.toMatchObject({ hint: 'Push to online_and_offline.' })
    await test.features.push(systemActor, 'n', { rows: [row, row], to: 'online_and_offline' })
    await test.jobs.settled()
    expect(await statuses()).toEqual([
      ['2 PRESENT', '0 PRESENT', 'null NOT_FOUND'],
      ['9 PRESENT', 'null NOT_FOUND', 'null NOT_FOUND'],
    ])
  })

  it('are refused where the dataset does not have what they count', async () => {
    const wrong = (change: object) =>
      test
        .view({ name: 'e', features: [{ ...features[0]!, ...change }] })
        .then(() => test.materialize('e'))
        .then(
          ({ error }) => error ?? 'taken',
          (failure: Error) => failure.message,
        )
    expect(await wrong({ name: 'x', column: 'nothing' })).toContain('no column "nothing"')
    expect(
      await wrong({
        name: 'x',
        type: 'number',
        column: 'what',
        aggregate: { function: 'sum', window: '1h' },
      }),
    ).toContain('"x" is the sum of "what" as number, but the column holds string values')
    expect(await wrong({ aggregate: { function: 'count', window: '1s' } })).toContain('from 1m')
    await expect(test.features.log.rows('e', { from: 0, to: 1 })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    })
  })
})
