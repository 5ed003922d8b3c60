import type { EndpointView } from '@kaizen/contracts'
import { expect, it } from 'vitest'
import { addingModel, testServing } from './test-serving.ts'

it('shares runs under load as the endpoint allows, answers each its own, and shows the sizes', async () => {
  await using test = await testServing()
  await test.deploy('hires', await test.register('bike', addingModel(1)))
  const api = `${test.url}/api/v1/endpoints/hires`
  const set = (settings: unknown) =>
    fetch(`${api}/settings`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(settings),
    })
  const view = async () => (await (await fetch(api)).json()) as EndpointView
  const ask = async (temp: number): Promise<void> => {
    const inputs = [
      { name: 'temp', datatype: 'FP32', shape: [1, 1], data: [temp] },
      { name: 'season', datatype: 'BYTES', shape: [1, 1], data: [`s${temp}`] },
    ]
    const response = await test.post('/v2/models/hires/infer', { inputs })
    const { outputs } = (await response.json()) as { outputs: { data: number[] }[] }
    expect(outputs[0]?.data).toEqual([temp + 1])
  }
  const load = async () => {
    const before = (await view()).arms[0]!.batching!
    for (let wave = 0; wave < 4; wave++) {
      await Promise.all(Array.from({ length: 100 }, (_, i) => ask(i)))
    }
    const after = (await view()).arms[0]!.batching!
    expect(after.queued).toBe(0)
    return { requests: after.requests - before.requests, runs: after.runs - before.runs }
  }

  expect((await set({ batching: { maxRows: 0 } })).status).toBe(400)
  expect((await set({ batching: { maxRows: 1 } })).status).toBe(200)
  expect(await load()).toEqual({ requests: 400, runs: 400 })
  expect((await set({ batching: { maxRows: 32, maxDelayMs: 1 } })).status).toBe(200)
  const shared = await load()
  expect(shared.requests).toBeGreaterThanOrEqual(400)
  expect(shared.runs).toBeLessThan(400)

  const { model_stats: stats } = (await (
    await fetch(`${test.url}/v2/models/hires/stats`)
  ).json()) as { model_stats: { inference_count: number; execution_count: number }[] }
  expect(stats[0]?.inference_count).toBe(800)
  expect(stats[0]?.execution_count).toBeLessThan(800)
  const logged = await test.serving.predictions('hires', { from: 0, to: 1e15 })
  expect(logged.inferenceId.length).toBe(800)
})
