import { KaizenError, monitorDeclaration } from '@kaizen/contracts'
import { linearShap } from '@kaizen/ml/explanations'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Table } from '../../storage/index.ts'
import { testDialects } from '../../storage/test-databases.ts'
import { hourMs, start, TestMonitoring, TestStore, tableOf } from '../test-monitoring.ts'
import type { AttributionSource } from './explanation-drift.ts'

const count = (length: number): number[] => Array.from({ length }, (_, index) => index)
const names = ['temp', 'wind', 'age'] as const
/** What each counts, where all vary alike. */
const coefficients = [6, 3, 1]
const at = (index: number, column: number): number => ((index + 7 * column) * 37) % 101
const trained = tableOf(
  Object.fromEntries(names.map((name, k) => [name, count(500).map((i) => at(i, k))])),
)

/** A model of a line on the endpoint, explained by the formula for lines; and how often it is asked. */
class LineOnEndpoint implements AttributionSource {
  asked: number[] = []
  failure: KaizenError | undefined

  async attributions(
    _endpoint: string,
    _version: number,
    { rows, background }: { readonly rows: Table; readonly background: Table },
  ) {
    if (this.failure) throw this.failure
    this.asked.push(rows.rowCount)
    const { values } = linearShap({ intercept: 0, coefficients }, rowsOf(rows), rowsOf(background))
    const meanAbsolute = Float64Array.from(
      names,
      (_, k) =>
        count(rows.rowCount).reduce((sum, i) => sum + Math.abs(values[i]![k]!), 0) / rows.rowCount,
    )
    return {
      method: 'linear-shap',
      exact: true,
      features: names,
      meanAbsolute,
      rows: rows.rowCount,
    }
  }
}

const rowsOf = (table: Table): Float64Array[] =>
  count(table.rowCount).map((row) =>
    Float64Array.from(names, (name) =>
      Number(table.columns.find((column) => column.name === name)!.values[row]),
    ),
  )

describe.each(testDialects)('what features count, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  beforeAll(async () => {
    store = await TestStore.open(dialect)
  })
  afterAll(() => store[Symbol.asyncDispose]())

  const hourOf = (world: TestMonitoring, from: number, scale: readonly number[]): void => {
    for (const minute of count(60)) {
      const inputs = Object.fromEntries(names.map((name, k) => [name, scale[k]! * at(minute, k)]))
      world.log.add({ at: from + minute * 60_000, inputs, answer: 1 })
    }
  }

  it('is compared with the reference, alerted on, and asked of the reference once', async () => {
    const model = new LineOnEndpoint()
    await using world = new TestMonitoring(store, 'counts', { attributions: model })
    await world.declare({
      window: '1h',
      drift: ['psi'],
      explanations: { rows: 50, background: 20 },
      alerts: [
        { name: 'order', metric: 'explanation:ndcg' },
        { name: 'age-counts', metric: 'attribution:age', above: 0.4 },
      ],
    })
    await world.trainedOn(trained)
    hourOf(world, start, [1, 1, 1])
    hourOf(world, start + hourMs, [0.05, 0.3, 20])
    await world.advance(start + 2 * hourMs)
    // Once of the reference, and of each window.
    expect(model.asked).toEqual([50, 50, 50])
    const [calm, changed] = await world.series('explanation:ndcg')
    expect(calm).toMatchObject({ drifted: false, lower: 0.9 })
    expect(calm?.value).toBeGreaterThan(0.98)
    expect(changed?.drifted).toBe(true)
    const shares = await world.series('attribution:temp')
    expect(shares[0]?.value).toBeCloseTo(0.6, 1)
    const metrics = await world.metrics()
    expect(metrics.get('attribution:age')?.value).toBeGreaterThan(0.6)
    expect(metrics.get('explanation:shift')?.value).toBeGreaterThan(0.5)
    expect(metrics.get('explanation:ndcg')?.note).toMatch(
      /^age .* % to .* %, temp .*; linear-shap of 50 and 50 rows$/,
    )
    const alerts = await world.service.alerts.list({
      monitor: world.name,
      limit: 5,
      before: null,
    })
    expect(alerts.map(({ rule }) => rule).sort()).toEqual(['age-counts', 'order'])
  })

  it('is a value that is missing, with the reason, where nobody can tell', async () => {
    const model = new LineOnEndpoint()
    await using world = new TestMonitoring(store, 'untold', { attributions: model })
    const declared = { window: '1h', drift: ['psi'] }
    await world.declare(declared)
    await world.trainedOn(trained)
    // The reference was made before.
    await world.declare({ ...declared, explanations: {} })
    const lackOf = async () => {
      const found = (await world.metrics()).get('explanation:ndcg')
      expect(found).toMatchObject({ value: null, drifted: null })
      return found?.note
    }
    hourOf(world, start, [1, 1, 1])
    await world.advance(start + hourMs)
    expect(await lackOf()).toContain('made before attributions were compared')
    await world.trainedOn(trained)
    await world.advance(start + 2 * hourMs)
    expect(await lackOf()).toBe('not enough data: 0 of 30 answered rows')
    model.failure = new KaizenError('UNSUPPORTED', 'the model is none of rows')
    hourOf(world, start + 2 * hourMs, [1, 1, 1])
    await world.advance(start + 3 * hourMs)
    expect(await lackOf()).toBe('no attributions: the model is none of rows')
    const dataset = { name: 'x', endpoint: null, dataset: 'd', explanations: {} }
    expect(() => monitorDeclaration.parse(dataset)).toThrow('only the model of an endpoint')
  })
})
