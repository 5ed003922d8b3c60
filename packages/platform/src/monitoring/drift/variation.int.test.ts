import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import { count, heat, hourOf, trained } from '../test-hours.ts'
import { hourMs, start, TestMonitoring, TestStore, tableOf } from '../test-monitoring.ts'
import { driftOf } from './drift.ts'
import { profileOf } from './reference.ts'
import { variationOf } from './variation.ts'

const thresholds = [{ metric: 'drift:*', deviations: 3, baseline: 'reference' }]

describe('variationOf', () => {
  it('compares consecutive parts of the rows with the whole', () => {
    const profile = profileOf(trained, null)
    const { values } = variationOf(profile, { table: trained, prediction: null }, ['psi', 'ks'])
    expect(values['drift:temp:psi']).toHaveLength(10)
    const third = tableOf({ temp: count(200).map((row) => heat(400 + row)) })
    const { statistics } = driftOf({
      reference: profile,
      inputs: third,
      prediction: null,
      methods: ['psi'],
      columns: ['temp'],
    })
    expect(values['drift:temp:psi']?.[2]).toBe(
      statistics.find(({ metric }) => metric === 'drift:temp:psi')?.value,
    )
  })

  it.each([
    ['no rows', []],
    ['one row', [1]],
    ['fewer rows than a part needs', count(19)],
    ['nothing but missing values', count(100).map(() => Number.NaN)],
  ])('tells nothing of %s, and no NaN', (_what, temp) => {
    const table = tableOf({ temp })
    const { values } = variationOf(profileOf(table, null), { table, prediction: null }, ['psi'])
    expect(values['drift:temp:psi']).toBeUndefined()
    expect(Object.values(values).flat().every(Number.isFinite)).toBe(true)
  })
})

describe.each(testDialects)(
  'thresholds by the variation of the reference, on $dialect',
  ({ dialect, available }) => {
    let store: TestStore
    beforeAll(async () => {
      expect(available).toBe(true)
      store = await TestStore.open(dialect)
    })
    afterAll(() => store[Symbol.asyncDispose]())

    it('bounds a metric by mean and deviations of the parts, whatever the method is used to', async () => {
      await using world = new TestMonitoring(store, 'strays')
      await world.declare({ window: '1h', drift: ['js'], thresholds })
      await world.trainedOn(trained)
      hourOf(world, start)
      hourOf(world, start + hourMs, { temp: (minute) => 60 + minute })
      await world.advance(start + 2 * hourMs)
      const profile = profileOf(trained, null)
      const parts = variationOf(profile, { table: trained, prediction: null }, ['js'])
      const values = parts.values['drift:temp:js']!
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      const deviation = Math.sqrt(
        values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length,
      )
      const [calm, warm] = await world.series('drift:temp:js')
      expect(calm?.threshold).toBeCloseTo(mean + 3 * deviation, 12)
      expect(warm).toMatchObject({ threshold: calm?.threshold, drifted: true })
    })

    it('makes a declared reference again that was made without, and says where there is no variation', async () => {
      await using world = new TestMonitoring(store, 'strays-later')
      const reference = { kind: 'window', from: start, to: start + 4 * hourMs }
      for (const hour of count(8)) hourOf(world, start + hour * hourMs)
      await world.declare({ window: '1h', drift: ['psi'], reference })
      await world.advance(start + 4 * hourMs)
      await world.declare({ window: '1h', drift: ['psi'], reference, thresholds })
      await world.advance(start + 8 * hourMs)
      const last = (await world.metrics()).get('drift:temp:psi')
      expect(last).toMatchObject({ drifted: false, threshold: expect.any(Number) })
      const set = { type: 'monitoring.reference.set', subject: `monitor:${world.name}`, limit: 10 }
      expect((await world.audit.list(set)).items).toHaveLength(2)

      await using few = new TestMonitoring(store, 'strays-little')
      hourOf(few, start)
      hourOf(few, start + hourMs)
      await few.declare({
        window: '1h',
        drift: ['psi'],
        reference: { kind: 'window', from: start, to: start + 50 * 60_000 },
        thresholds,
      })
      await few.advance(start + 2 * hourMs)
      expect((await few.metrics()).get('drift:temp:psi')).toMatchObject({
        drifted: null,
        threshold: null,
        note: 'no bound: 2 of 3 parts of the reference with a value',
      })
    })
  },
)
