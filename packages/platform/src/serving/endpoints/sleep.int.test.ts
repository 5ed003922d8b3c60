import { GraphBuilder } from '@kaizen/ml/onnx'
import { Registry } from 'prom-client'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { registerFolder, speakingModel } from '../streaming/test-speaking-model.ts'
import { addingModel, editor, type TestServing, testServing } from '../test-serving.ts'
import { registerServingMetrics } from '../traffic/metrics.ts'

let test: TestServing
/** An endpoint of each test. */
let name = ''
let tests = 0
beforeEach(() => {
  name = `hires-${++tests}`
})
beforeAll(async () => {
  test = await testServing({ python: process.env['KAIZEN_PYTHON'] ?? 'python3' })
})
afterEach(async () => {
  test.models.exampleOf = async () => undefined
  test.models.admit = async () => {}
  await test.serving.remove(editor, name)
})
afterAll(async () => {
  await test[Symbol.asyncDispose]()
})

const json = { 'content-type': 'application/json' }
const sleep = { afterMs: 60_000, wakeTimeoutMs: 20_000, maxWaiting: 256 }
const ask = (temp: number, headers: Record<string, string> = {}) =>
  test.post(
    `/endpoints/${name}/invocations`,
    { dataframe_records: [{ temp, season: 'spring' }] },
    { ...json, ...headers },
  )
const answerOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { predictions: unknown[] }).predictions[0]
const memory = async () => (await test.serving.view(name)).arms.map((arm) => arm.memory)
const later = async (ms: number): Promise<void> => {
  test.clock.moveTo(test.clock.now() + ms)
  await test.serving.tick(test.clock.now())
}
/** Lets an endpoint fall asleep. */
async function fallAsleep(): Promise<void> {
  await later(0)
  await later(sleep.afterMs)
}

it('unloads models that nobody asks, and answers all who come while they load again', async () => {
  await test.deploy(name, await test.register('bike', addingModel(1)))
  await test.serving.configure(editor, name, { sleep })
  expect((await ask(1)).status).toBe(200)
  await later(0)
  await later(sleep.afterMs - 1)
  expect(await memory()).toEqual(['loaded'])
  await ask(1)
  await later(1)
  await later(sleep.afterMs - 1)
  expect(await memory()).toEqual(['loaded'])
  await later(1)
  expect(await test.serving.view(name)).toMatchObject({
    state: 'asleep',
    arms: [{ memory: 'unloaded', requests: 2, waking: { count: 0, lastMs: null } }],
  })
  // What protocols tell of it needs no model.
  const described = await (await fetch(`${test.url}/v2/models/${name}`)).json()
  expect(described).toMatchObject({ properties: { kaizen_memory_champion: 'unloaded' } })
  expect((await fetch(`${test.url}/v2/models/${name}/ready`)).status).toBe(200)
  const index = await (await test.post('/v2/repository/index', {})).json()
  expect(index).toMatchObject([
    { name, state: 'READY', reason: 'asleep: the next request loads it' },
  ])

  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => answerOf(await ask(i))),
  )
  expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  expect(await test.serving.view(name)).toMatchObject({
    state: 'ready',
    arms: [{ memory: 'loaded', requests: 22, errors: 0, waking: { count: 1 } }],
  })
  const registry = new Registry()
  registerServingMetrics(registry, test.serving)
  const metrics = await registry.metrics()
  expect(metrics).toMatch(/kaizen_inference_model_loaded\{endpoint="hires-1".*\} 1\n/)
  expect(metrics).toMatch(/kaizen_inference_model_wakes_total\{endpoint="hires-1".*\} 1\n/)
  expect(metrics).toMatch(/kaizen_inference_model_wake_seconds\{endpoint="hires-1".*\} 0\.\d/)
})

it('stops the process of a Python model and starts it again, answers in parts too', async () => {
  const model = await registerFolder(test, 'speaker', speakingModel)
  await test.deploy(name, model)
  await test.serving.configure(editor, name, { sleep })
  const say = (prompt: string, headers = {}) =>
    test.post(
      `/endpoints/${name}/invocations`,
      { inputs: { prompt: [prompt] } },
      { ...json, ...headers },
    )
  expect(await (await say('one')).json()).toMatchObject({ predictions: ['ONE'] })
  await fallAsleep()
  expect(await memory()).toEqual(['unloaded'])
  expect(await (await say('two')).json()).toMatchObject({ predictions: ['TWO'] })
  await fallAsleep()
  const parts = await (await say('a b', { accept: 'text/event-stream' })).text()
  expect(parts.match(/^data: /gm)?.length).toBe(2)
  expect((await test.serving.view(name)).arms[0]?.waking.count).toBe(2)
})

it('holds to deadlines and to the number of those who may wait', async () => {
  const slow = { ...speakingModel }
  slow['code/speaking.py'] = `import time\ntime.sleep(1.2)\n${speakingModel['code/speaking.py']}`
  await test.deploy(name, await registerFolder(test, 'speaker', slow))
  await test.serving.configure(editor, name, { sleep: { ...sleep, maxWaiting: 2 } })
  await fallAsleep()
  const say = (headers = {}) =>
    test.post(
      `/endpoints/${name}/invocations`,
      { inputs: { prompt: ['x'] } },
      { ...json, ...headers },
    )
  const all = await Promise.all([say(), say({ 'x-kaizen-timeout-ms': '200' }), say(), say()])
  const late = all[1]!
  expect(late.status).toBe(503)
  expect(late.headers.get('retry-after')).not.toBeNull()
  expect(await late.text()).toContain('within 200 ms')
  expect(all.map(({ status }) => status).sort()).toEqual([200, 503, 503, 503])
  await test.serving.configure(editor, name, { sleep: { ...sleep, wakeTimeoutMs: 300 } })
  await fallAsleep()
  const early = await say()
  expect([early.status, await early.text()]).toEqual([
    503,
    expect.stringContaining('goes on loading'),
  ])
  // It has gone on loading.
  await expect.poll(async () => (await say()).status, { timeout: 10_000 }).toBe(200)
})

it('says why a model does not come back, without trying at every request', async () => {
  await test.deploy(name, await test.register('bike', addingModel(1)))
  await test.serving.configure(editor, name, { sleep })
  await fallAsleep()
  let tries = 0
  test.models.admit = async () => {
    tries++
    throw new Error('its key is gone')
  }
  for (const response of [await ask(1), await ask(1)]) {
    expect([response.status, await response.text()]).toEqual([
      503,
      expect.stringContaining('could not be loaded again: its key is gone'),
    ])
  }
  expect(tries).toBe(1)
  expect((await test.serving.view(name)).arms[0]).toMatchObject({
    errors: 2,
    memory: 'unloaded',
  })
})

/** Looks a text up in a table of one entry; others are an error of the model. */
function pickyModel(): Uint8Array {
  const graph = new GraphBuilder()
  const temp = graph.input({ name: 'temp', type: 'float', shape: [1] })
  const season = graph.input({ name: 'season', type: 'string', shape: [1] })
  graph.add('Identity', [season])
  // Fails for all but whole places of a list of two.
  const place = graph.cast(temp, 'int64')
  const value = graph.add('Gather', [graph.doubles([5, 6]), place])
  graph.output(graph.cast(value, 'float'), { name: 'variable', type: 'float', shape: [1] })
  return graph.finish('picky', {})
}

it('tries a version with recorded requests before it answers, and refuses one that fails on them', async () => {
  await test.deploy(name, await test.register('bike', addingModel(1)))
  for (let i = 0; i < 40; i++) await ask(i)
  await test.serving.configure(editor, name, { warmUp: { rows: 25 }, sleep })
  const route = (model: string) =>
    fetch(`${test.url}/api/v1/endpoints/${name}/route`, {
      method: 'PUT',
      headers: json,
      body: JSON.stringify({ arms: [{ name: 'champion', model }], reason: 'next' }),
    })
  const refused = await route(await test.register('bike', pickyModel()))
  expect([refused.status, await refused.text()]).toEqual([
    400,
    expect.stringContaining('fails on recorded requests'),
  ])
  expect(await answerOf(await ask(1))).toEqual(2)
  expect((await route(await test.register('bike', addingModel(2)))).status).toBe(200)
  const view = await test.serving.view(name)
  expect(view.arms[0]?.warmedUp).toEqual({ source: 'log', rows: 25 })
  expect(view.predictions).toBe(41)
  // Waking does not judge: what answered goes on.
  await fallAsleep()
  expect(await answerOf(await ask(1))).toEqual(3)
  // What fits no recorded request is taken as before.
  const text = new GraphBuilder()
  const other = text.input({ name: 'other', type: 'double', shape: [1] })
  text.output(text.add('Identity', [other]), { name: 'y', type: 'double', shape: [1] })
  expect((await route(await test.register('bike', text.finish('other', {})))).status).toBe(200)
  expect((await test.serving.view(name)).arms[0]?.warmedUp).toBeNull()
})

it('takes the example of a model where the log is empty', async () => {
  const model = await test.register('bike', addingModel(1))
  test.models.exampleOf = async () =>
    Buffer.from(
      JSON.stringify({
        dataframe_split: {
          columns: ['temp', 'season'],
          data: [
            [1, 'a'],
            [2, 'b'],
          ],
        },
      }),
    )
  await test.serving.create(editor, { name: name, description: '', model, target: null })
  await test.serving.configure(editor, name, { warmUp: { rows: 32 } })
  const arms = [{ name: 'champion', model, mode: 'live' as const, weight: 1 }]
  const view = await test.serving.setRoute(editor, name, { arms }, 'first')
  expect(view.arms[0]?.warmedUp).toEqual({ source: 'example', rows: 2 })
  for (const example of ['no json', '{"inputs": [[1]]}']) {
    test.models.exampleOf = async () => Buffer.from(example)
    expect(
      (await test.serving.setRoute(editor, name, { arms }, 'again')).arms[0]?.warmedUp,
    ).toBeNull()
  }
})

it('refuses settings that mean nothing', async () => {
  await test.deploy(name, await test.register('bike', addingModel(1)))
  const set = (settings: unknown) =>
    fetch(`${test.url}/api/v1/endpoints/${name}/settings`, {
      method: 'PUT',
      headers: json,
      body: JSON.stringify(settings),
    })
  for (const wrong of [
    { sleep: {} },
    { sleep: { afterMs: 10 } },
    { sleep: { afterMs: 1e12 } },
    { warmUp: { rows: 0 } },
    { warmUp: { from: 'x' } },
  ]) {
    expect((await set(wrong)).status).toBe(400)
  }
  const kept = await (await set({ sleep: { afterMs: 5000 }, warmUp: {} })).json()
  expect(kept).toMatchObject({
    settings: {
      sleep: { afterMs: 5000, wakeTimeoutMs: 30_000, maxWaiting: 256 },
      warmUp: { rows: 32 },
    },
  })
})
