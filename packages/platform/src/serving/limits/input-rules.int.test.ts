import { afterEach, beforeEach, expect, it } from 'vitest'
import { addingModel, editor, type TestServing, testServing } from '../test-serving.ts'

let test: TestServing
beforeEach(async () => {
  test = await testServing()
  await test.deploy('hires', await test.register('bike', addingModel(1)))
})
afterEach(async () => {
  await test[Symbol.asyncDispose]()
})

const json = { 'content-type': 'application/json' }
const set = async (settings: unknown): Promise<number> =>
  (
    await fetch(`${test.url}/api/v1/endpoints/hires/settings`, {
      method: 'PUT',
      headers: json,
      body: JSON.stringify(settings),
    })
  ).status
const ask = async (body: unknown): Promise<readonly [number, unknown]> => {
  const answer = await test.post('/endpoints/hires/invocations', body, json)
  const { predictions, message } = (await answer.json()) as Record<string, unknown>
  return [answer.status, predictions ?? message]
}
const rows = (...records: readonly object[]) => ask({ dataframe_records: records })

it('strict takes only values of the type itself, and names the column of any other', async () => {
  expect(await rows({ temp: 1, season: 7 })).toEqual([200, [2]])
  expect(await set({ validation: 'strict' })).toBe(200)
  expect(await rows({ temp: 1, season: 'x' })).toEqual([200, [2]])
  const [status, message] = await rows({ temp: 1, season: 7 })
  expect([status, message]).toEqual([400, expect.stringContaining('"season"[0]: 7 is not')])
  expect(await rows({ temp: '1', season: 'x' })).toEqual([
    400,
    expect.stringContaining('"temp"[0]: "1" is not a number'),
  ])
})

it('coerce takes what spells or means the same, and refuses the rest', async () => {
  expect(await set({ validation: 'coerce' })).toBe(200)
  const season = 'x'
  const answer = await rows(
    { temp: '1.5', season },
    { temp: ' -2e1 ', season: 7.5 },
    { temp: true, season: false },
  )
  expect(answer).toEqual([200, [2.5, -19, 2]])
  expect(await ask({ inputs: { temp: ['3'], season: [1] } })).toEqual([200, [4]])
  for (const temp of ['warm', '0x10', '1,5', [1]]) {
    expect(await rows({ temp, season })).toEqual([400, expect.stringContaining('temp')])
  }
})

it('fills what is missing with defaults, row by row or as a whole', async () => {
  expect(await rows({ temp: 1 })).toEqual([400, expect.stringContaining('"season" is missing')])
  expect(await set({ defaults: { temp: 10, season: 'spring' } })).toBe(200)
  expect(await rows({ temp: 1 }, { temp: 2 })).toEqual([200, [2, 3]])
  expect(await rows({ temp: null, season: 'x' }, { season: 'x' })).toEqual([200, [11, 11]])
  expect(await ask({ inputs: { season: ['a', 'b'] } })).toEqual([200, [11, 11]])
  const csv = { 'content-type': 'text/csv' }
  const answer = await test.post('/endpoints/hires/invocations', 'temp\n1\n', csv)
  expect(await answer.json()).toEqual({ predictions: [2] })
  // What is neither sent nor known stays refused.
  expect(await rows({ temp: 1, wind: 3 })).toEqual([400, expect.stringContaining('"wind"')])
  const { items } = await test.serving.reader.records('hires', { limit: 1 })
  expect(items[0]?.inputs).toHaveProperty('season')
})

it('takes up settings that a project declares at the next tick', async () => {
  const { database, serving } = test
  const declared = { name: 'hires', description: '', model: 'bike', target: null }
  const settings = { defaults: { season: 'spring' } }
  await database.write((tx) => serving.declare(tx, editor, { ...declared, settings }, 'project'))
  await serving.tick(0)
  expect(await rows({ temp: 1 })).toEqual([200, [2]])
  await database.write((tx) => serving.declare(tx, editor, declared, 'project'))
  await serving.tick(0)
  expect((await serving.view('hires')).settings).toEqual(settings)
})
