import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor } from '../kernel/index.ts'
import { testDialects } from '../storage/test-databases.ts'
import { dayMs, start, TestMonitoring, TestStore, tableOf } from './test-monitoring.ts'

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
})
