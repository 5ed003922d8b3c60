import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import { hourMs, start, TestMonitoring, TestStore, tableOf } from '../test-monitoring.ts'

const count = (length: number): number[] => Array.from({ length }, (_, index) => index)
const heat = (index: number): number => (index * 37) % 101
const said = (index: number): string =>
  `the ${['train', 'bus', 'tram'][index % 3]} was ${['late', 'full', 'slow', 'old'][index % 4]}`
const vector = (index: number, shift = 0): string =>
  JSON.stringify(count(4).map((k) => heat(index + 13 * k) / 100 + shift))
const rows = count(300)

describe.each(testDialects)('texts and embeddings, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  beforeAll(async () => {
    store = await TestStore.open(dialect)
  })
  afterAll(() => store[Symbol.asyncDispose]())

  it('are compared by their content, not as categories, and alerted on', async () => {
    await using world = new TestMonitoring(store, 'content')
    const declaration = { window: '1h', drift: ['psi'], texts: ['body'], embeddings: ['emb'] }
    await world.declare({
      ...declaration,
      alerts: [{ name: 'topics', metric: 'text:body:classifier' }],
    })
    await world.trainedOn(
      tableOf({ temp: rows.map(heat), body: rows.map(said), emb: rows.map((i) => vector(i)) }),
    )
    for (const minute of count(120)) {
      const changed = minute >= 60
      const inputs = {
        temp: heat(minute),
        body: changed ? `my parcel ${minute} never came` : said(minute),
        emb: vector(minute, changed ? 1 : 0),
      }
      world.log.add({ at: start + minute * 60_000, inputs, answer: 1 })
    }
    await world.advance(start + 2 * hourMs)
    for (const metric of ['text:body:classifier', 'embedding:emb:mmd'])
      expect((await world.series(metric)).map(({ drifted }) => drifted)).toEqual([false, true])
    const metrics = await world.metrics()
    expect(metrics.has('drift:temp:psi')).toBe(true)
    expect(
      [...metrics.keys()].filter((metric) => /^(drift|new|missing):(body|emb)/.test(metric)),
    ).toEqual([])
    const [alert] = await world.service.alerts.list({ monitor: world.name, limit: 5, before: null })
    expect(alert?.message).toMatch(/outside its bound .*: less "/)
  })

  it('make a declared reference again that was made before them', async () => {
    await using world = new TestMonitoring(store, 'content-later')
    const reference = { kind: 'window', from: start, to: start + 2 * hourMs }
    const declaration = { window: '2h', drift: ['psi'], reference }
    for (const minute of count(360))
      world.log.add({ at: start + minute * 60_000, inputs: { body: said(minute) }, answer: 1 })
    await world.declare(declaration)
    await world.advance(start + 2 * hourMs)
    await world.declare({ ...declaration, texts: ['body'] })
    await world.advance(start + 6 * hourMs)
    const found = await world.series('text:body:classifier')
    expect(found.map(({ value, drifted }) => [value !== null, drifted])).toEqual([
      [true, false],
      [true, false],
    ])
  })
})
