import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer } from './test-server.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers of many routes, of which single fields are read
type Answer = any

describe("requests as MLflow's client of R writes them", () => {
  let server: TestServer
  beforeAll(async () => {
    server = await testServer('sqlite')
  })
  afterAll(() => server[Symbol.asyncDispose]())

  async function send(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(`${server.url}/api/2.0/mlflow/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const told = await answer.json()
    expect({ path, status: answer.status, told }).toMatchObject({ status: 200 })
    return told
  }

  it('values of metrics are texts, what is not said is null, runs have both of their ids', async () => {
    const { experiment_id } = await send('POST', 'experiments/create', {
      name: 'of R',
      artifact_location: null,
      tags: null,
    })
    const started = { experiment_id, user_id: 'ann', start_time: 1.7e12, tags: null }
    const { run } = await send('POST', 'runs/create', started)
    const ids = { run_uuid: run.info.run_uuid, run_id: run.info.run_uuid }
    for (const [step, value] of ['0.5', 'NaN', 'Infinity', '-Infinity', '1e-05'].entries()) {
      const point = { key: 'loss', value, timestamp: 1.7e12, step }
      await send('POST', 'runs/log-metric', { ...ids, ...point })
    }
    await send('POST', 'runs/log-batch', {
      run_id: ids.run_id,
      metrics: [{ key: 'acc', value: '0.25', step: 0, timestamp: 1.7e12 }],
      params: null,
      tags: [{ key: 't', value: 'v' }],
    })
    const history = await send(
      'GET',
      `metrics/get-history?run_uuid=${ids.run_id}&run_id=${ids.run_id}&metric_key=loss`,
    )
    expect(history.metrics.map(({ value }: Answer) => value)).toEqual([
      0.5,
      'NaN',
      Number.MAX_VALUE,
      -Number.MAX_VALUE,
      1e-5,
    ])
    const found = await send('POST', 'runs/search', {
      experiment_ids: [experiment_id],
      filter: null,
      run_view_type: 'ACTIVE_ONLY',
      order_by: [],
    })
    expect(found.runs).toMatchObject([{ data: { tags: expect.anything() } }])
    const listed = await send('GET', 'experiments/list?view_type=ACTIVE_ONLY')
    expect(listed.experiments.map(({ name }: Answer) => name)).toContain('of R')
  })

  it('models are searched by POST, and versions may be numbers', async () => {
    await send('POST', 'registered-models/create', { name: 'r', tags: null, description: null })
    await send('POST', 'model-versions/create', { name: 'r', source: 's3://b/m', run_id: null })
    const { registered_models } = await send('POST', 'registered-models/search', {
      filter: "name = 'r'",
      max_results: 100,
      order_by: [],
      page_token: null,
    })
    expect(registered_models).toMatchObject([{ name: 'r' }])
    await send('PATCH', 'model-versions/update', { name: 'r', version: '1', description: 'd' })
    await send('POST', 'registered-models/alias', { name: 'r', alias: 'a', version: '1' })
    const { model_version } = await send('GET', 'registered-models/alias?name=r&alias=a')
    expect(model_version).toMatchObject({ version: '1', description: 'd' })
  })
})
