import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import { dayMs, start, TestMonitoring, TestStore } from '../test-monitoring.ts'

const minuteMs = 60_000
const count = (rows: number) => Array.from({ length: rows }, (_, row) => row)
/** Evenly spread over 0 to 1, in no order. */
const spread = (row: number, step: number) => ((row * step) % 997) / 997

describe.each(testDialects)('performance without labels on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  beforeAll(async () => {
    store = await TestStore.open(dialect)
  })
  afterAll(() => store[Symbol.asyncDispose]())

  const reference = { kind: 'window', from: start, to: start + dayMs }

  it('foresees the error of a regression from its inputs, with a band that holds what labels tell later', async () => {
    await using world = new TestMonitoring(store, 'losses')
    await world.declare({
      window: '1d',
      drift: ['psi'],
      reference,
      performance: { metrics: ['mae', 'rmse', 'mape', 'r2'], window: '1d', minSamples: 30 },
    })
    // The error of a row is as large as its load; the second day brings heavy loads alone.
    const row = (day: number, minute: number) => {
      const load = day === 0 ? 10 * spread(minute, 131) : 5 + 5 * spread(minute, 131)
      const truth = 100 + load + (minute % 2 === 0 ? load : -load)
      return { at: start + day * dayMs + minute * minuteMs, load, answer: 100 + load, truth }
    }
    const rows = [0, 1].map((day) => count(1440).map((minute) => row(day, minute)))
    for (const { at, load, answer } of rows.flat())
      world.log.add({ at, inputs: { load, sky: 'sun' }, answer })
    for (const { at, truth } of rows[0]!) world.log.label(at, truth)
    await world.advance(start + 2 * dayMs)
    const estimate = (await world.metrics()).get('estimated:mae')
    expect(estimate?.value).toBeCloseTo(7.5, 0)
    expect(estimate?.note).toBe('learned on 1440 labelled rows')
    expect((await world.metrics()).get('performance:mae')?.value).toBeNull()
    expect((await world.metrics()).has('estimated:r2')).toBe(false)
    for (const { at, truth } of rows[1]!) world.log.label(at, truth)
    world.log.add({ at: start + 2 * dayMs, inputs: { load: 1, sky: 'sun' }, answer: 1 })
    await world.advance(start + 3 * dayMs)
    for (const metric of ['mae', 'rmse']) {
      const realised = (await world.series(`performance:${metric}`))[1]
      const foreseen = (await world.series(`estimated:${metric}`))[1]
      expect(realised).toMatchObject({ revision: 2 })
      expect(foreseen?.band?.[0]).toBeLessThan(realised?.value ?? Number.NaN)
      expect(foreseen?.band?.[1]).toBeGreaterThan(realised?.value ?? Number.NaN)
      expect(realised?.band?.[0]).toBeLessThan(realised?.value ?? Number.NaN)
      expect(realised?.band?.[1]).toBeGreaterThan(realised?.value ?? Number.NaN)
    }
    // One row is too few to say anything.
    const newest = (await world.series('estimated:mae')).at(-1)
    expect(newest).toMatchObject({
      value: null,
      band: null,
      note: 'not enough data: 1 of 30 answered rows',
    })
  })

  it('learns nothing of a reference with few labels', async () => {
    await using world = new TestMonitoring(store, 'unlearned')
    await world.declare({
      window: '1d',
      drift: ['psi'],
      reference,
      performance: { metrics: ['mae'], window: '1d' },
    })
    for (const minute of count(1440)) {
      const at = start + minute * minuteMs
      world.log.add({ at, inputs: { load: minute }, answer: 1 })
      if (minute < 100) world.log.label(at, 2)
    }
    await world.advance(start + 2 * dayMs)
    expect((await world.metrics()).has('estimated:mae')).toBe(false)
  })

  it('gives estimates of a classifier the sampling error of its reference', async () => {
    await using world = new TestMonitoring(store, 'sampled')
    await world.declare({
      window: '1d',
      drift: ['psi'],
      reference,
      performance: { metrics: ['accuracy', 'auc', 'f1'], window: '1d' },
    })
    for (const minute of count(2880)) {
      const chance = spread(minute, 131)
      const outputs = {
        label: chance >= 0.5 ? 'yes' : 'no',
        'probabilities[0]': 1 - chance,
        'probabilities[1]': chance,
      }
      const at = start + minute * minuteMs
      world.log.add({ at, inputs: { load: minute % 7 }, answer: 0, outputs })
      if (minute < 1440) world.log.label(at, spread(minute, 389) < chance ? 'yes' : 'no')
    }
    await world.advance(start + 2 * dayMs)
    const metrics = await world.metrics()
    const accuracy = metrics.get('estimated:accuracy')
    const [low, high] = accuracy?.band ?? [Number.NaN, Number.NaN]
    // By definition: 1.96 times the deviation of right and wrong in the reference over the root of the rows.
    const right = (await world.series('performance:accuracy'))[0]?.value ?? Number.NaN
    const reach = (1.959963984540054 * Math.sqrt(right * (1 - right))) / Math.sqrt(1440)
    expect((high - low) / 2).toBeCloseTo(reach, 10)
    expect((high + low) / 2).toBeCloseTo(accuracy?.value ?? Number.NaN, 10)
    for (const metric of ['estimated:auc', 'estimated:f1'])
      expect(metrics.get(metric)?.band?.[1]).toBeGreaterThan(metrics.get(metric)?.value ?? 9)
  })

  it('tells drift of labels from drift of the concept, and neither without labels', async () => {
    await using world = new TestMonitoring(store, 'truths')
    await world.declare({
      window: '1d',
      drift: ['psi', 'ks'],
      reference,
      performance: { metrics: ['mae'], window: '1d' },
    })
    // The second day brings other inputs that are answered as well as ever, the third the first's, answered worse.
    const row = (day: number, minute: number) => {
      const load = spread(minute, 131) + (day === 1 ? 3 : 0)
      const noise = spread(minute, 389) - 0.5 + (day === 2 ? 1 : 0)
      return { at: start + day * dayMs + minute * minuteMs, load, truth: load + noise }
    }
    const label = (day: number): void => {
      for (const minute of count(1440)) {
        const { at, truth } = row(day, minute)
        world.log.label(at, truth)
      }
    }
    for (const day of [0, 1, 2, 3]) {
      for (const minute of count(day === 3 ? 1 : 1440)) {
        const { at, load } = row(day, minute)
        world.log.add({ at, inputs: { load }, answer: load })
      }
    }
    label(0)
    await world.advance(start + 3 * dayMs)
    const third = (await world.series('concept:psi'))[2]
    expect(third).toMatchObject({ value: null, drifted: null })
    label(1)
    label(2)
    await world.advance(start + 4 * dayMs)
    const verdicts = async (metric: string) =>
      (await world.series(metric)).map(({ drifted }) => drifted)
    for (const method of ['psi', 'ks']) {
      expect(await verdicts(`label:${method}`)).toEqual([false, true, true, null])
      expect(await verdicts(`concept:${method}`)).toEqual([false, false, true, null])
    }
  })
})
