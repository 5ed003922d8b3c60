import { categoricalColumn, fitModel, numericColumn, seededRandom, tableOf } from '@kaizen/ml'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Table } from '../../storage/index.ts'
import { type TestServing, testServing } from '../test-serving.ts'

const random = seededRandom(5)
const count = 300
const a = Float64Array.from({ length: count }, () => Math.fround(random() * 10))
const b = Float64Array.from({ length: count }, () => Math.fround(random() - 0.5))
const c = Array.from({ length: count }, () => `k${Math.floor(random() * 3)}`)
const columns = [numericColumn('a', a), numericColumn('b', b)]
const rowsOf = (from: number, to: number): Table => ({
  rowCount: to - from,
  columns: [
    { name: 'a', type: 'number', values: a.slice(from, to) },
    { name: 'b', type: 'number', values: b.slice(from, to) },
    { name: 'c', type: 'string', values: c.slice(from, to) },
    { name: 'unused', type: 'string', values: c.slice(from, to) },
  ],
})
const mean = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

let test: TestServing
beforeAll(async () => {
  test = await testServing()
})
afterAll(() => test[Symbol.asyncDispose]())

it('tells what each feature counts over more rows than one request explains', async () => {
  const y = numericColumn(
    'y',
    a.map((value, i) => 3 * value - 2 * b[i]!),
  )
  const model = fitModel({
    trainer: 'linear',
    table: tableOf([...columns, y]),
    target: 'y',
    options: {},
  })
  await test.deploy('lines', await test.register('lines', model.toOnnx()))
  const live = await test.serving.live('lines')
  const [rows, background] = [rowsOf(0, 150), rowsOf(150, 200)]
  const found = await live.attributions(1, { rows, background, budgetMs: 60_000 })
  expect(found).toMatchObject({ exact: true, rows: 150, features: ['a', 'b'] })
  // Of a line, which a little ridge flattens: the coefficient times the distance from the mean of the background.
  const expected = [
    [3, a],
    [-2, b],
  ].map(([coefficient, values]) => {
    const middle = mean((values as Float64Array).slice(150, 200))
    return mean(
      (values as Float64Array)
        .slice(0, 150)
        .map((value) => Math.abs((coefficient as number) * (value - middle))),
    )
  })
  expect(found.meanAbsolute[0]).toBeCloseTo(expected[0]!, 1)
  expect(found.meanAbsolute[1]).toBeCloseTo(expected[1]!, 1)
  const again = await live.attributions(1, { rows, background, budgetMs: 60_000 })
  expect([...again.meanAbsolute]).toEqual([...found.meanAbsolute])

  const spent = await live.attributions(1, { rows, background, budgetMs: 0 })
  expect(spent.rows).toBe(64)
  await expect(live.attributions(9, { rows, background, budgetMs: 9 })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
  const lacking = { ...rows, columns: rows.columns.slice(1) }
  await expect(
    live.attributions(1, { rows: lacking, background, budgetMs: 9 }),
  ).rejects.toMatchObject({ code: 'INVALID_DATA' })
})

it('adds the classes of trees over categories up', async () => {
  const label = categoricalColumn(
    'y',
    c.map((value, i) => (value === 'k1' || a[i]! > 8 ? 'yes' : 'no')),
  )
  const table = tableOf([...columns, categoricalColumn('c', c), label])
  const options = { iterations: 20 }
  const model = fitModel({ trainer: 'gradient-boosting', table, target: 'y', options })
  await test.deploy('trees', await test.register('trees', model.toOnnx()))
  const live = await test.serving.live('trees')
  const asked = { rows: rowsOf(0, 100), background: rowsOf(100, 130), budgetMs: 60_000 }
  const { features, meanAbsolute, rows } = await live.attributions(1, asked)
  expect(rows).toBe(100)
  const of = (name: string): number => meanAbsolute[features.indexOf(name)]!
  expect(of('c')).toBeGreaterThan(of('b'))
  expect(of('a')).toBeGreaterThan(of('b'))
})
