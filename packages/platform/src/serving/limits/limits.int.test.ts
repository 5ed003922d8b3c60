import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EndpointView } from '@kaizen/contracts'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { addingModel, editor, TestModels, type TestServing, testServing } from '../test-serving.ts'

let test: TestServing
beforeEach(async () => {
  test = await testServing()
  await test.deploy('hires', await test.register('bike', addingModel(1)))
})
afterEach(async () => {
  await test[Symbol.asyncDispose]()
})

const json = { 'content-type': 'application/json' }
const set = async (settings: unknown, at = test.url): Promise<Response> =>
  fetch(`${at}/api/v1/endpoints/hires/settings`, {
    method: 'PUT',
    headers: json,
    body: JSON.stringify(settings),
  })
const ask = (id: string, season = 'spring', headers: Record<string, string> = {}) =>
  test.post(
    '/endpoints/hires/invocations',
    { dataframe_records: [{ temp: 1, season }], kaizen: { inference_id: id } },
    { ...json, ...headers },
  )

it('turns away what goes over the rate, the size and the time, each in the shape of the protocol', async () => {
  expect((await set({ limits: { clientRate: 0.001, clientBurst: 2 } })).status).toBe(200)
  expect([(await ask('a')).status, (await ask('b')).status]).toEqual([200, 200])
  const refused = await ask('c')
  expect(refused.status).toBe(429)
  // One request in a thousand seconds: the next token comes then.
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(900)
  expect(await refused.json()).toMatchObject({ error_code: 'TEMPORARILY_UNAVAILABLE' })
  const oip = await test.post('/v2/models/hires/infer', { inputs: [] })
  expect(oip.status).toBe(429)
  expect(await oip.json()).toMatchObject({ error: expect.stringContaining('requests a second') })

  await set({ limits: { maxRequestBytes: 200 } })
  expect((await ask('d')).status).toBe(200)
  expect((await ask('e', 'x'.repeat(300))).status).toBe(413)

  await set({})
  expect((await ask('f', 'spring', { 'x-kaizen-timeout-ms': '5000' })).status).toBe(200)
  expect((await ask('g', 'spring', { 'x-kaizen-timeout-ms': 'soon' })).status).toBe(400)
})

it('takes no more bodies at once than memory is allowed for them, over every protocol, and gives it back', async () => {
  await using small = await testServing({ requestMemoryBytes: 300_000 })
  await small.deploy('hires', await small.register('bike', addingModel(1)))
  const record = { temp: 1, season: 'x'.repeat(100_000) }
  const flood = await Promise.all(
    Array.from({ length: 30 }, async (_, i) => {
      const answer =
        i % 2 === 0
          ? await small.post('/endpoints/hires/invocations', { dataframe_records: [record] }, json)
          : await small.post('/v2/models/hires/infer', {
              inputs: [
                { name: 'temp', datatype: 'FP32', shape: [1, 1], data: [1] },
                { name: 'season', datatype: 'BYTES', shape: [1, 1], data: [record.season] },
              ],
            })
      await answer.text()
      return { status: answer.status, again: answer.headers.get('retry-after') }
    }),
  )
  expect(flood.some(({ status }) => status === 200)).toBe(true)
  const refused = flood.filter(({ status }) => status !== 200)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.every(({ status, again }) => status === 503 && again === '1')).toBe(true)
  const after = await small.post('/v2/models/hires/infer', {
    inputs: [
      { name: 'temp', datatype: 'FP32', shape: [1, 1], data: [1] },
      { name: 'season', datatype: 'BYTES', shape: [1, 1], data: [record.season] },
    ],
  })
  expect(after.status).toBe(200)
})

it('answers what fits through a bounded queue and loses nothing of it', async () => {
  await set({ limits: { maxConcurrent: 1, maxQueue: 5 } })
  const statuses = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => (await ask(`q${i}`)).status),
  )
  expect(statuses.every((status) => status === 200 || status === 503)).toBe(true)
  const answered = statuses.filter((status) => status === 200).length
  expect(answered).toBeGreaterThan(5)
  const logged = await test.serving.predictions('hires', { from: 0, to: 1e15 })
  expect(logged.inferenceId.length).toBe(answered)
})

it('never writes redacted columns, yet computes with them', async () => {
  expect((await set({ log: { redact: ['season'] } })).status).toBe(200)
  const answer = await ask('secret', 'a-very-secret-season')
  expect(((await answer.json()) as { predictions: number[] }).predictions).toEqual([2])
  const { items } = await test.serving.reader.records('hires', { limit: 10 })
  expect(items[0]?.inputs).toEqual({ temp: 1, season: null })
  const folder = join(test.folder, 'predictions', 'hires')
  for (const name of await readdir(folder)) {
    expect((await readFile(join(folder, name))).includes('very-secret')).toBe(false)
  }
  const events = (await test.audit.list({ limit: 10 })).items.map(({ type }) => type)
  expect(events).toContain('serving.settings.set')
})

it('logs the share that it is asked to, and keeps settings over a restart', async () => {
  const folder = test.folder
  const models = new TestModels()
  const again = join(folder, 'again')
  await mkdir(again)
  await using first = await testServing({ folder: again, models })
  await first.deploy('hires', await first.register('bike', addingModel(1)))
  expect((await set({ log: { sample: 0.5 } }, first.url)).status).toBe(200)
  for (let i = 0; i < 200; i++) {
    const body = { dataframe_records: [{ temp: 1, season: '' }], kaizen: { inference_id: `s${i}` } }
    expect((await first.post('/endpoints/hires/invocations', body, json)).status).toBe(200)
  }
  const { predictions } = await first.serving.view('hires')
  // Four standard deviations around a half of 200.
  expect(Math.abs(predictions - 100)).toBeLessThan(4 * 7.1)
  const items = Array.from({ length: 200 }, (_, i) => ({ inferenceId: `s${i}`, value: 1 }))
  const counts = await first.serving.feedback(editor, 'hires', items)
  expect(counts.accepted).toBe(predictions)
  await first[Symbol.asyncDispose]()
  await using second = await testServing({ folder: join(folder, 'again'), models })
  const view = (await (await fetch(`${second.url}/api/v1/endpoints/hires`)).json()) as EndpointView
  expect(view.settings).toEqual({ log: { sample: 0.5, redact: [] } })
})

it.each([
  { limits: { maxConcurrent: 0 } },
  { limits: { clientRate: -1 } },
  { limits: { speed: 1 } },
  { log: { sample: 2 } },
  { log: { redact: [''] } },
])('refuses %j', async (settings) => {
  expect((await set(settings)).status).toBe(400)
})
