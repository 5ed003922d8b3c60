import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor } from '../kernel/index.ts'
import { testDialects } from '../storage/test-databases.ts'
import { dayMs, hourMs, start, TestMonitoring, TestStore, tableOf } from './test-monitoring.ts'

describe.each(testDialects)('reading monitors on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  beforeAll(async () => {
    store = await TestStore.open(dialect)
  })
  afterAll(() => store[Symbol.asyncDispose]())

  const days = Array.from({ length: 12 }, (_, day) => day)
  const watched = async (name: string): Promise<TestMonitoring> => {
    const world = new TestMonitoring(store, name)
    await world.declare({ performance: { metrics: ['mae'], window: '7d' } })
    await world.trainedOn(tableOf({ temp: days }))
    for (const day of days)
      world.log.add({ at: start + day * dayMs, inputs: { temp: day }, answer: 1 })
    await world.advance(start + days.length * dayMs)
    return world
  }

  it('shows what people mark, at its time', async () => {
    await using world = await watched('marked')
    const mark = { at: start, kind: 'incident', text: 'sensor replaced' }
    const { reader } = world.service
    const made = await reader.annotate(systemActor, world.name, mark)
    expect(await reader.annotations(world.name, { from: 0, to: start })).toEqual([made])
    expect(await reader.annotations(world.name, { from: 0, to: start - 1 })).toEqual([])
  })

  it('pages windows and refuses what is not there', async () => {
    await using world = await watched('paged')
    const { reader } = world.service
    const first = await reader.windows(world.name, { before: null, limit: 9 })
    const rest = await reader.windows(world.name, { before: first.at(-1)!, limit: 100 })
    expect(new Set([...first, ...rest].map(({ id }) => id)).size).toBe(24)
    await expect(reader.view('nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(reader.window('nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const metrics = await reader.metrics(world.name)
    expect(metrics.map(({ metric }) => metric)).toContain('drift:temp:psi')
  })

  it('thins long series to what a chart can show, and loses no excess', async () => {
    await using world = await watched('thinned')
    const whole = { from: 0, to: Number.MAX_SAFE_INTEGER }
    const { reader } = world.service
    const all = await reader.series(world.name, 'freshness:seconds', whole)
    expect(all).toHaveLength(12)
    const thin = await reader.series(world.name, 'volume:rows', { ...whole, points: 4 })
    expect(thin.map(({ at, rows, value, range }) => [at, rows, value, range])).toEqual(
      [3, 6, 9, 12].map((day) => [start + day * dayMs, 3, 1, [1, 1]]),
    )
  })

  it('reads years of hours as days, which say what the hours say, also after a restatement', async () => {
    await using world = new TestMonitoring(store, 'hourly')
    await world.declare({
      window: '1h',
      performance: { metrics: ['mae'], window: '1h', minSamples: 1 },
    })
    const hours = Array.from({ length: 24 * 12 }, (_, hour) => hour)
    for (const hour of hours) {
      const rows = 1 + (hour % 5)
      for (let row = 0; row < rows; row++)
        world.log.add({ at: start + hour * hourMs + row, inputs: { temp: 1 }, answer: 2 })
      world.log.label(start + hour * hourMs, 1)
    }
    await world.advance(start + 12 * dayMs + hourMs)
    const { reader } = world.service
    const whole = { from: 0, to: Number.MAX_SAFE_INTEGER }
    const all = await reader.series(world.name, 'volume:rows', whole)
    const days = await reader.series(world.name, 'volume:rows', { ...whole, points: 40 })
    expect(days).toHaveLength(13)
    const ofDay = all.filter(({ at }) => at > start + dayMs && at <= start + 2 * dayMs)
    const values = ofDay.map(({ value }) => value ?? Number.NaN)
    expect(ofDay).toHaveLength(24)
    expect(days[1]).toMatchObject({
      at: start + 2 * dayMs,
      value: expect.closeTo(values.reduce((sum, value) => sum + value, 0) / 24, 12),
      range: [Math.min(...values), Math.max(...values)],
      rows: ofDay.reduce((sum, { rows }) => sum + rows, 0),
    })
    // A span that cuts days keeps what is left of them.
    const cut = { from: start + dayMs + 5 * hourMs, to: start + 11 * dayMs - 3 * hourMs }
    const part = await reader.series(world.name, 'volume:rows', { ...cut, points: 40 })
    const inside = all.filter(({ at }) => at >= cut.from && at <= cut.to)
    expect(part.reduce((sum, { rows }) => sum + rows, 0)).toBe(
      inside.reduce((sum, { rows }) => sum + rows, 0),
    )
    world.log.label(start + dayMs, 9)
    await world.advance(start + 12 * dayMs + 2 * hourMs)
    const mae = await reader.series(world.name, 'performance:mae', whole)
    const restated = await reader.series(world.name, 'performance:mae', { ...whole, points: 40 })
    const hoursOf = mae.filter(({ at }) => at > start + dayMs && at <= start + 2 * dayMs)
    expect(restated[1]).toMatchObject({
      revision: 2,
      value: expect.closeTo(hoursOf.reduce((sum, { value }) => sum + (value ?? 0), 0) / 24, 12),
      range: [1, 7],
    })
  })

  it('lists windows without their statistics', async () => {
    await using world = await watched('light')
    const { reader } = world.service
    const all = { before: null, limit: 100 }
    const [light, full] = [
      await reader.summaries(world.name, all),
      await reader.windows(world.name, all),
    ]
    expect(light.map(({ metrics, ...window }) => window)).toEqual(
      full.map(({ statistics, ...window }) => window),
    )
    expect(light.map(({ metrics }) => metrics)).toEqual(
      full.map(({ statistics }) => ({
        judged: statistics.filter(({ drifted }) => drifted !== null).length,
        drifted: statistics.filter(({ drifted }) => drifted).length,
      })),
    )
  })
})
