import type { ReplayView } from '@kaizen/contracts'
import { GraphBuilder } from '@kaizen/ml/onnx'
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
async function replay(body: object): Promise<{ status: number; view: ReplayView }> {
  const response = await test.post('/api/v1/endpoints/hires/replays', body, json)
  return { status: response.status, view: (await response.json()) as ReplayView }
}
async function ask(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const body = {
      dataframe_records: [{ temp: i / 4, season: i % 2 === 0 ? '' : 'spring' }],
      kaizen: { inference_id: `r${i}` },
    }
    expect((await test.post('/endpoints/hires/invocations', body, json)).status).toBe(200)
  }
}

it('tells how a candidate would have answered, and whether that had been better', async () => {
  await ask(30)
  const items = Array.from({ length: 30 }, (_, i) => ({ inferenceId: `r${i}`, value: i / 4 + 3 }))
  await test.serving.feedback(editor, 'hires', items)
  const candidate = await test.register('bike', addingModel(3))
  const before = await test.serving.view('hires')
  const { status, view } = await replay({ model: candidate, reward: { kind: 'absolute_error' } })
  expect(status).toBe(200)
  expect(view).toMatchObject({
    model: 'bike',
    version: 2,
    rows: 30,
    answered: 30,
    incomplete: 0,
    failed: 0,
    same: 0,
    rewarded: 30,
    loggedReward: -2,
    candidateReward: expect.closeTo(0, 9),
  })
  expect(view.meanDifference).toBeCloseTo(2, 6)
  expect(view.examples.length).toBe(20)
  expect(view.examples[0]).toMatchObject({ actual: expect.any(Number) })
  // Nothing of it is answered, logged or counted.
  expect(await test.serving.view('hires')).toEqual(before)
})

it('finds the model that answered to be the same, in as many rows as asked', async () => {
  await ask(12)
  const same = await replay({ model: 'models:/bike/1', limit: 10 })
  expect(same.view).toMatchObject({ rows: 10, same: 10, meanDifference: 0, examples: [] })
  expect((await replay({ model: 'models:/bike/1', to: 1 })).view.rows).toBe(0)
})

it('counts what lacks an input, and refuses what it cannot ask', async () => {
  await ask(5)
  const graph = new GraphBuilder()
  const temp = graph.input({ name: 'temp', type: 'float', shape: [1] })
  const wind = graph.input({ name: 'wind', type: 'float', shape: [1] })
  graph.output(graph.add('Add', [temp, wind]), { name: 'variable', type: 'float', shape: [1] })
  const needing = await test.register('needing', graph.finish('needing', {}))
  expect((await replay({ model: needing })).view).toMatchObject({ incomplete: 5, answered: 0 })
  await test.serving.configure(editor, 'hires', { log: { sample: 1, redact: ['season'] } })
  expect((await replay({ model: 'models:/bike/1' })).view).toMatchObject({
    incomplete: 5,
    answered: 0,
  })
  expect((await replay({ model: 'models:/nobody/1' })).status).toBe(404)
  expect((await replay({ model: needing, limit: 0 })).status).toBe(400)
  expect((await replay({})).status).toBe(400)
})
