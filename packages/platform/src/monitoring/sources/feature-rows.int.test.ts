import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestFeatures, testFeatures } from '../../features/test-features.ts'
import { systemActor } from '../../kernel/index.ts'
import { testDialects } from '../../storage/test-databases.ts'
import { dayMs, hourMs, TestMonitoring, TestStore } from '../test-monitoring.ts'
import { FeatureRows } from './feature-rows.ts'

/** A Wednesday on which the features of the tests begin. */
const first = Date.UTC(2024, 4, 1)
const iso = (ms: number): string => new Date(ms).toISOString()

/** Hourly orders of twenty customers; from a day on amounts triple, a tenth of cities is missing, and one is new. */
function orders(days: number, badFrom: number): string {
  const lines = ['customer,at,known,amount,city']
  for (let hour = 0; hour < days * 24; hour++) {
    const at = first + hour * hourMs
    const isBad = hour >= badFrom * 24
    for (let customer = 0; customer < 20; customer++) {
      const place = hour * 20 + customer
      const amount = ((place * 37) % 101) * (isBad ? 3 : 1)
      const city =
        isBad && place % 10 === 0 ? '' : isBad && place % 10 === 1 ? 'Z' : 'AB'[place % 2]
      lines.push(`${customer},${iso(at)},${iso(at)},${amount},${city}`)
    }
  }
  return lines.join('\n')
}

describe.each(testDialects)('monitors of feature views, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  let given: TestFeatures
  beforeAll(async () => {
    store = await TestStore.open(dialect)
    given = await testFeatures(dialect)
  })
  afterAll(async () => {
    await given[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  })

  const viewOf = (name: string) =>
    given.view(
      {
        name,
        source: { dataset: name, eventTime: { column: 'at' }, created: 'known' },
        features: [
          { name: 'spent', type: 'number', column: 'amount' },
          { name: 'city', type: 'string' },
        ],
      },
      { customer: 'integer' },
    )
  const world = (name: string) =>
    new TestMonitoring(store, name, { features: new FeatureRows(given.features.log) })
  const declared = (name: string) => ({
    endpoint: null,
    featureView: name,
    reference: { kind: 'rolling', length: '7d' },
    drift: ['auto'],
  })

  it('see drift, missing and new values by feature, with alerts, and how far the online store is behind', async () => {
    await given.rows('orders', orders(10, 9))
    await viewOf('orders')
    given.clock.moveTo(first + 8 * dayMs)
    expect(await given.materialize('orders')).toMatchObject({ state: 'succeeded' })
    await using test = world('orders-watch')
    await test.declare({
      ...declared('orders'),
      thresholds: [{ metric: 'freshness:online', above: 36 * 3600 }],
      alerts: [
        { name: 'stale', metric: 'freshness:online' },
        { name: 'holes', metric: 'missing:city' },
      ],
    })
    await test.advance(first + 9 * dayMs)
    expect(await test.service.alerts.active(test.name)).toEqual([])
    expect((await test.metrics()).get('drift:any:auto')).toMatchObject({ drifted: false })
    await test.advance(first + 10 * dayMs)
    const metrics = await test.metrics()
    const value = (metric: string) => metrics.get(metric)?.value
    expect(value('volume:rows')).toBe(480)
    expect(value('volume:entities')).toBe(20)
    expect(value('freshness:seconds')).toBe(3600)
    expect(metrics.get('freshness:online')).toMatchObject({ value: 48 * 3600, drifted: true })
    expect(metrics.get('drift:spent:auto')).toMatchObject({ drifted: true })
    expect(value('missing:city')).toBeCloseTo(0.1)
    expect(value('new:city')).toBeCloseTo(0.1)
    // Join keys are not features: a new customer is no drift.
    expect([...metrics.keys()].filter((metric) => metric.includes('customer'))).toEqual([])
    const active = await test.service.alerts.active(test.name)
    expect(active.map(({ rule }) => rule).sort()).toEqual(['holes', 'stale'])
    expect((await test.service.reader.overview(10)).items[0]).toMatchObject({
      featureView: 'orders',
      state: 'alerting',
    })
    const online = await test.series('freshness:online')
    // Nothing had been brought in before the eighth day: no value, and the reason.
    expect(online.slice(0, 7).map((point) => point.value)).toEqual(Array(7).fill(null))
    expect(online[0]?.note).toMatch(/nothing had been brought/)
    expect(online.slice(7).map((point) => point.value)).toEqual([0, 24 * 3600, 48 * 3600])
  })

  it('count a row that came twice once, take what became known last, and leave out rows without key or time', async () => {
    const at = iso(first + hourMs)
    await given.rows(
      'twice',
      [
        'customer,at,known,amount,city',
        `1,${at},${iso(first + 3 * hourMs)},30,B`,
        `1,${at},${iso(first + 2 * hourMs)},20,A`,
        `2,${at},${at},7,A`,
        `2,${at},${at},8,A`,
        `,${at},${at},9,A`,
        `3,,${at},9,A`,
      ].join('\n'),
    )
    await viewOf('twice')
    const found = await given.features.log.rows('twice', { from: first, to: first + dayMs })
    const [spent, city] = found.features.columns
    expect([...(spent?.values ?? [])].sort()).toEqual([30, 8])
    expect([...(city?.values ?? [])].sort()).toEqual(['A', 'B'])
    expect(found.entities).toBe(2)
    expect([...found.at]).toEqual([first + hourMs, first + hourMs])
    expect(await given.features.log.span('twice')).toEqual({
      from: first + hourMs,
      to: first + hourMs + 1,
    })
  })

  it('have windows without rows, and rows that came late once they are recomputed', async () => {
    const csv = (hour: number, known: number) =>
      `customer,at,known,amount,city\n1,${iso(first + hour * hourMs)},${iso(first + known * hourMs)},5,A`
    await given.rows('gaps', csv(1, 1))
    await given.rows('gaps', csv(50, 50), 'append')
    await viewOf('gaps')
    await using test = world('gaps-watch')
    await test.declare({ ...declared('gaps'), columns: ['spent'] })
    await test.advance(first + 3 * dayMs)
    const rows = async () =>
      (await test.series('volume:rows')).map(({ value, revision }) => [value, revision])
    expect(await rows()).toEqual([
      [1, 1],
      [0, 1],
      [1, 1],
    ])
    const entities = await test.series('volume:entities')
    expect(entities.map(({ value }) => value)).toEqual([1, 0, 1])
    expect((await test.series('drift:spent:auto')).at(-1)).toMatchObject({
      value: null,
      drifted: null,
      note: expect.stringMatching(/^not enough data: 1 of 20 rows for /),
    })
    await given.rows('gaps', csv(30, 70), 'append')
    await test.service.recomputation.run(test.name, { from: first, to: first + 3 * dayMs })
    expect(await rows()).toEqual([
      [1, 1],
      [1, 2],
      [1, 1],
    ])
  })

  it('refuse what a view has not, and wait while it has no rows', async () => {
    const performance = { metrics: ['mae'], window: '1d' }
    await using test = world('refused')
    await expect(test.declare({ ...declared('orders'), performance })).rejects.toThrow(
      'a feature view has no answers to be judged',
    )
    await expect(test.declare({ ...declared('orders'), dataset: 'x' })).rejects.toThrow('not both')
    await given.data.create(systemActor, { name: 'empty' })
    await viewOf('empty')
    await test.declare(declared('empty'))
    await test.advance(first + dayMs)
    expect((await test.service.reader.view(test.name)).windows).toBe(0)
    await test.declare(declared('nobody'))
    await expect(test.service.tick(first + dayMs)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
