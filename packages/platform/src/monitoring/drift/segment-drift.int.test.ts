import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import { count, hourOf, trained } from '../test-hours.ts'
import { hourMs, start, TestMonitoring, TestStore } from '../test-monitoring.ts'

describe.each(testDialects)('drift within segments, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  beforeAll(async () => {
    store = await TestStore.open(dialect)
  })
  afterAll(() => store[Symbol.asyncDispose]())

  it('compares each segment with its own part of the reference, and tells alerts of one', async () => {
    await using world = new TestMonitoring(store, 'within')
    const declaration = {
      window: '1h',
      drift: ['psi'],
      segments: ['sky'],
      segmentDrift: { minRows: 20, minGap: 0.3 },
      alerts: [{ name: 'sunny', metric: 'drift:temp:gap@sky=sun' }],
    }
    await world.declare(declaration)
    await world.trainedOn(trained)
    const warm = (from: number) => ({ sky: () => 'sun', temp: (minute: number) => from + minute })
    hourOf(world, start)
    hourOf(world, start + hourMs, warm(150))
    await world.advance(start + 2 * hourMs)
    const gaps = await world.series('drift:temp:gap@sky=sun')
    expect(gaps.map(({ value, drifted }) => [(value ?? 1) > 0.3, drifted])).toEqual([
      [false, false],
      [true, true],
    ])
    const rain = await world.series('drift:temp:gap@sky=rain')
    expect(rain.map(({ value }) => value)).toEqual([null])
    const [alert] = await world.service.alerts.list({ monitor: world.name, limit: 5, before: null })
    expect(alert).toMatchObject({ rule: 'sunny', state: 'open' })
    expect(alert?.message).toContain('corrected over 1 tests')

    // A threshold may name a segment, and the worst of all follows its verdict.
    const thresholds = [{ metric: 'drift:*@sky=sun', above: 2 }]
    await world.declare({ ...declaration, thresholds })
    hourOf(world, start + 2 * hourMs, warm(150))
    await world.advance(start + 3 * hourMs)
    const metrics = await world.metrics()
    expect(metrics.get('drift:temp:gap@sky=sun')).toMatchObject({ threshold: 2, drifted: false })
    expect(metrics.get('drift:any:gap@any')?.drifted).toBe(false)
  })

  it('makes a declared reference again when segments are compared that it does not hold', async () => {
    await using world = new TestMonitoring(store, 'within-later')
    const reference = { kind: 'window', from: start, to: start + 4 * hourMs }
    const declaration = { window: '4h', drift: ['psi'], reference, segments: ['sky'] }
    for (const hour of count(12)) hourOf(world, start + hour * hourMs)
    await world.declare(declaration)
    await world.advance(start + 4 * hourMs)
    await world.declare({ ...declaration, segmentDrift: { minRows: 30 } })
    await world.advance(start + 12 * hourMs)
    const gaps = await world.series('drift:temp:gap@sky=rain')
    expect(gaps.map(({ value }) => value !== null)).toEqual([true, true])
    const set = { type: 'monitoring.reference.set', subject: `monitor:${world.name}`, limit: 10 }
    expect((await world.audit.list(set)).items).toHaveLength(2)
  })
})
