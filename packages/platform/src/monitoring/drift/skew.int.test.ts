import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor } from '../../kernel/index.ts'
import { testDialects } from '../../storage/test-databases.ts'
import { dayMs, hourMs, start, TestMonitoring, TestStore, tableOf } from '../test-monitoring.ts'

const heat = (index: number): number => (index * 37) % 101
const rowsOf = (scale: number) =>
  tableOf({ temp: Array.from({ length: 2000 }, (_, i) => heat(i) * scale) })

describe.each(testDialects)('training/serving skew, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  beforeAll(async () => {
    store = await TestStore.open(dialect)
  })
  afterAll(() => store[Symbol.asyncDispose]())

  const promote = async (world: TestMonitoring, modelVersion: number, scale: number) => {
    const rows = { table: rowsOf(scale), prediction: null }
    const prepared = await world.service.prepareReference(world.name, rows)
    const reference = { modelVersion, prepared, performance: {} }
    await store.opened.database.write((tx) =>
      world.service.setReference(tx, systemActor, world.name, reference),
    )
  }
  /** A day of rows, one every ten minutes. */
  const day = (
    world: TestMonitoring,
    at: number,
    { version, scale }: { readonly version: number; readonly scale: number },
  ) =>
    world.log.add(
      ...Array.from({ length: 144 }, (_, i) => ({
        at: at + (i * hourMs) / 6,
        inputs: { temp: heat(i + at / hourMs) * scale },
        answer: 1,
        version,
      })),
    )

  it('is seen while a rolling reference has become used to it, for each version by its own training rows', async () => {
    await using world = new TestMonitoring(store, 'skewed')
    await world.declare({
      window: '1d',
      drift: ['psi'],
      reference: { kind: 'rolling', length: '3d' },
      skew: {},
      alerts: [{ name: 'skewed', metric: 'skew:any' }],
    })
    // Serving computes the feature in another unit than training did.
    await promote(world, 1, 1)
    for (const index of [0, 1, 2, 3]) day(world, start + index * dayMs, { version: 1, scale: 25 })
    await world.advance(start + 4 * dayMs)
    const before = await world.metrics()
    expect(before.get('drift:temp:psi')).toMatchObject({ drifted: false })
    expect(before.get('skew:temp')).toMatchObject({ drifted: true, threshold: 0.3 })
    expect(before.get('skew:temp')?.value).toBeGreaterThan(0.5)
    const active = await world.service.alerts.active(world.name)
    expect(active.map(({ rule }) => rule)).toEqual(['skewed'])

    // The next version was trained on what is served.
    await promote(world, 2, 25)
    day(world, start + 4 * dayMs, { version: 2, scale: 25 })
    await world.advance(start + 5 * dayMs)
    const after = await world.metrics()
    expect(after.get('skew:temp')).toMatchObject({ drifted: false })
    expect(after.get('skew:temp')?.value).toBeLessThan(0.05)
    expect(await world.service.alerts.active(world.name)).toEqual([])

    // Earlier windows keep to the version that answered them, also when they are computed again.
    const whole = { from: 0, to: Number.MAX_SAFE_INTEGER }
    expect(await world.service.recomputation.run(world.name, whole)).toMatchObject({ changed: 0 })
  })

  it('has no value, and no green light, where the training rows are not known or nobody answered', async () => {
    await using world = new TestMonitoring(store, 'unknown')
    await world.declare({ window: '1d', skew: { above: 0.1 } })
    day(world, start, { version: 7, scale: 1 })
    await world.advance(start + 2 * dayMs)
    const points = await world.series('skew:any')
    expect(points).toHaveLength(2)
    for (const point of points) {
      expect(point).toMatchObject({ value: null, drifted: null })
      expect(point.note).toMatch(/training rows of the served version are not known/)
    }
    await expect(world.declare({ endpoint: null, dataset: 'd', skew: {} })).rejects.toThrow(
      'only the model of an endpoint',
    )
  })
})
