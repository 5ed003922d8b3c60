import { rm } from 'node:fs/promises'
import type { EndpointView, PredictionRecord } from '@kaizen/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addingModel, editor, type TestServing, testServing } from './test-serving.ts'

let test: TestServing
beforeEach(async () => {
  test = await testServing()
})
afterEach(async () => {
  await test[Symbol.asyncDispose]()
})

const row = (temp: number, more: Record<string, unknown> = {}) => ({
  inputs: [
    { name: 'temp', datatype: 'FP32', shape: [1, 1], data: [temp] },
    { name: 'season', datatype: 'BYTES', shape: [1, 1], data: ['spring'] },
  ],
  ...more,
})
const json = async <T>(response: Response): Promise<T> => (await response.json()) as T
type Infer = { outputs: { data: number[] }[]; model_version: string; id: string }

describe('an endpoint', () => {
  it('answers, logs what it answered, takes ground truth and shows it all', async () => {
    await test.deploy('hires', await test.register('bike', addingModel(10)))
    const at = Date.UTC(2026, 0, 1, 5)
    const response = await test.post(
      '/v2/models/hires/infer',
      row(0.24, { id: 'hour-5', parameters: { event_time: '2026-01-01T05:00:00Z' } }),
    )
    expect(response.status).toBe(200)
    expect(response.headers.get('x-kaizen-inference-id')).toBe('hour-5')
    const answer = await json<Infer>(response)
    expect(answer).toMatchObject({ id: 'hour-5', model_name: 'hires', model_version: '1' })
    expect(answer.outputs[0]).toMatchObject({ name: 'variable', datatype: 'FP32', shape: [1, 1] })
    expect(answer.outputs[0]?.data[0]).toBeCloseTo(10.24, 5)

    const items = [
      { inferenceId: 'hour-5', value: 12 },
      { inferenceId: 'nobody', value: 1 },
    ]
    const feedback = await test.post('/api/v1/endpoints/hires/feedback', { items })
    expect(await feedback.json()).toEqual({
      accepted: 1,
      corrected: 0,
      unchanged: 0,
      unknown: ['nobody'],
    })
    const table = await test.serving.predictions('hires', { from: at, to: at + 1 })
    expect(table.inferenceId).toEqual(['hour-5'])
    expect(table.actual).toEqual([12])
    expect(table.inputs.columns).toEqual([
      { name: 'temp', type: 'number', values: Float64Array.of(0.24) },
      { name: 'season', type: 'string', values: ['spring'] },
    ])
    expect(table.outputs.columns[0]?.values[0]).toBe(10.24)

    const page = await json<{ items: PredictionRecord[] }>(
      await fetch(`${test.url}/api/v1/endpoints/hires/predictions`),
    )
    expect(page.items[0]).toMatchObject({
      inferenceId: 'hour-5',
      arm: 'champion',
      version: 1,
      at,
      inputs: { temp: 0.24, season: 'spring' },
      outputs: { variable: 10.24 },
      actual: 12,
    })
    const view = await json<EndpointView>(await fetch(`${test.url}/api/v1/endpoints/hires`))
    expect(view).toMatchObject({ state: 'ready', revision: 1, predictions: 1, labelled: 1 })
    expect(view.arms[0]).toMatchObject({ version: 1, requests: 1, errors: 0 })
    const traffic = await fetch(`${test.url}/api/v1/endpoints/hires/traffic?buckets=1`)
    expect((await json<{ points: unknown[] }>(traffic)).points).toMatchObject([
      { arm: 'champion', requests: 1, errors: 0 },
    ])
    expect(test.faults).toEqual([])
  })

  it('is created with its route or not at all', async () => {
    const model = await test.register('bike', addingModel(10))
    const create = (name: string, uri: string): Promise<Response> =>
      test.post('/api/v1/endpoints', {
        name,
        model: 'bike',
        route: { arms: [{ name: 'champion', model: uri }] },
      })
    expect((await create('hires', 'models:/bike@nobody')).status).toBe(404)
    expect((await create('hires', 'models:/nothing/1')).status).toBe(404)
    expect((await fetch(`${test.url}/api/v1/endpoints/hires`)).status).toBe(404)
    const created = await create('hires', model)
    expect(created.status).toBe(201)
    expect(await created.json()).toMatchObject({ state: 'ready', revision: 1 })
    expect((await create('hires', 'models:/nothing/1')).status).toBe(409)
    expect((await fetch(`${test.url}/api/v1/endpoints/hires`)).status).toBe(200)
  })

  it('comes back after a restart with its route and log', async () => {
    const model = await test.register('bike', addingModel(10))
    await test.deploy('hires', model)
    await test.post('/v2/models/hires/infer', row(1, { id: 'before' }))
    await test.serving[Symbol.asyncDispose]()
    await using again = await testServing({ folder: test.folder })
    const answer = await json<Infer>(
      await again.post('/v2/models/hires/infer', row(2, { id: 'after' })),
    )
    expect(answer.outputs[0]?.data).toEqual([12])
    const { inferenceId } = await again.serving.predictions('hires', { from: 0, to: 1e14 })
    expect(inferenceId).toEqual(['before', 'after'])
  })

  it('says so when its model is gone, while others answer', async () => {
    await test.deploy('hires', await test.register('bike', addingModel(10)))
    await rm(`${test.folder}/blobs`, { recursive: true })
    await test.serving[Symbol.asyncDispose]()
    await using again = await testServing({ folder: test.folder })
    const refused = await again.post('/v2/models/hires/infer', row(2))
    expect(refused.status).toBe(503)
    expect((await json<{ error: string }>(refused)).error).toMatch(/could not be loaded/)
    expect((await fetch(`${again.url}/v2/health/ready`)).status).toBe(503)
    expect((await again.serving.view('hires')).state).toBe('failed')
  })

  it('splits live traffic by id, keeps shadows out of answers and logs both', async () => {
    const one = await test.register('bike', addingModel(1))
    const two = await test.register('bike', addingModel(2))
    const three = await test.register('bike', addingModel(3))
    await test.deploy('hires', one)
    const arms = [
      { name: 'champion', model: one, mode: 'live' as const, weight: 0.5 },
      { name: 'canary', model: two, mode: 'live' as const, weight: 0.5 },
      { name: 'shadow', model: three, mode: 'shadow' as const, weight: 1 },
    ]
    await test.serving.setRoute(editor, 'hires', { arms }, 'canary')
    const versions = new Map<string, string>()
    for (let i = 0; i < 60; i++) {
      const id = `id-${i % 30}`
      const answer = await json<Infer>(await test.post('/v2/models/hires/infer', row(0, { id })))
      expect(answer.outputs[0]?.data[0]).toBe(Number(answer.model_version))
      expect(versions.get(id) ?? answer.model_version).toBe(answer.model_version)
      versions.set(id, answer.model_version)
    }
    expect(new Set(versions.values())).toEqual(new Set(['1', '2']))
    const live = await test.serving.predictions('hires', { from: 0, to: 1e14 })
    const shadow = await test.serving.predictions(
      'hires',
      { from: 0, to: 1e14 },
      { mode: 'shadow' },
    )
    expect(live.inferenceId).toHaveLength(30)
    expect(new Set(shadow.inferenceId)).toEqual(new Set(live.inferenceId))
    expect(shadow.inferenceId).toHaveLength(30)
    expect([...(shadow.outputs.columns[0]?.values ?? [])]).toEqual(new Array(30).fill(3))
    const stats = await test.serving.armStats('hires', { from: 0, to: 1e14 })
    expect(stats.map(({ arm }) => arm).sort()).toEqual(['canary', 'champion', 'shadow'])
  })

  it('refuses routes that do not add up or name unknown models, and keeps the one in force', async () => {
    const model = await test.register('bike', addingModel(1))
    await test.deploy('hires', model)
    const put = (arms: unknown) =>
      fetch(`${test.url}/api/v1/endpoints/hires/route`, {
        method: 'PUT',
        body: JSON.stringify({ arms }),
      })
    expect((await put([{ name: 'a', model, weight: 0.4 }])).status).toBe(400)
    expect((await put([{ name: 'a', model, mode: 'shadow' }])).status).toBe(400)
    expect((await put([{ name: 'a', model: 'models:/bike/9' }])).status).toBe(404)
    expect((await test.post('/v2/models/hires/infer', row(1))).status).toBe(200)
    expect((await test.serving.view('hires')).revision).toBe(1)
  })
})

describe('ground truth', () => {
  it('corrects, repeats and comes by the thousand; readers see what changed', async () => {
    await test.deploy('hires', await test.register('bike', addingModel(0)))
    const count = 3000
    const inferenceIds = Array.from({ length: count }, (_, i) => `r${i}`)
    const eventTimes = inferenceIds.map((_, i) => 1_000_000 + i)
    const scored = await test.post('/endpoints/hires/invocations', {
      dataframe_split: {
        columns: ['temp', 'season'],
        data: inferenceIds.map((_, i) => [i, null]),
      },
      kaizen: { inference_ids: inferenceIds, event_time: eventTimes },
    })
    expect(await scored.json()).toMatchObject({ predictions: { length: count } })
    const items = inferenceIds.map((inferenceId, i) => ({ inferenceId, value: i }))
    expect(await test.serving.feedback(editor, 'hires', items)).toEqual({
      accepted: count,
      corrected: 0,
      unchanged: 0,
      unknown: [],
    })
    const first = await test.serving.feedbackChangedSince('hires', 0)
    expect(first.span).toEqual({ from: 1_000_000, to: 1_000_000 + count })
    expect(await test.serving.feedback(editor, 'hires', items)).toMatchObject({ unchanged: count })
    expect(await test.serving.feedbackChangedSince('hires', first.cursor)).toEqual({
      cursor: first.cursor,
      span: null,
    })
    const correction = [{ inferenceId: 'r7', value: 70 }]
    expect(await test.serving.feedback(editor, 'hires', correction)).toMatchObject({ corrected: 1 })
    const second = await test.serving.feedbackChangedSince('hires', first.cursor)
    expect(second.span).toEqual({ from: 1_000_007, to: 1_000_008 })
    expect(await test.serving.labelledCount('hires', 1_002_000)).toBe(1000)
    const startedAt = performance.now()
    const table = await test.serving.predictions('hires', { from: 1_000_000, to: 1_002_160 })
    expect(performance.now() - startedAt).toBeLessThan(1000)
    expect(table.actual[7]).toBe(70)
    expect(table.inferenceId).toHaveLength(2160)
    expect(
      (await test.audit.list({ type: 'serving.feedback.recorded', limit: 10 })).items,
    ).toHaveLength(2)
  })
})
