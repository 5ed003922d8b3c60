import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addingModel, echoModel, editor, type TestServing, testServing } from '../test-serving.ts'
import { isRemote, parseRemoteUri } from './remote-uri.ts'

const json = { 'content-type': 'application/json' }

let near: TestServing
let far: TestServing
beforeEach(async () => {
  near = await testServing({ remote: { allowPrivate: true, timeoutMs: 400 } })
  far = await testServing()
  await near.serving.create(editor, { name: 'hires', description: '', model: 'bike', target: null })
})
afterEach(async () => {
  await near[Symbol.asyncDispose]()
  await far[Symbol.asyncDispose]()
})

const route = async (model: string, at = near): Promise<Response> =>
  fetch(`${at.url}/api/v1/endpoints/hires/route`, {
    method: 'PUT',
    headers: json,
    body: JSON.stringify({ arms: [{ name: 'far', model }] }),
  })
const ask = async (): Promise<readonly [number, unknown]> => {
  const records = [
    { temp: 1, season: 'x' },
    { temp: 2.5, season: 'y' },
  ]
  const answer = await near.post(
    '/endpoints/hires/invocations',
    { dataframe_records: records },
    json,
  )
  const { predictions, message } = (await answer.json()) as Record<string, unknown>
  return [answer.status, predictions ?? message]
}
const closedPort = 'http://127.0.0.1:9'

describe('a model of another server as an arm', () => {
  it('answers under the name of the endpoint, is logged, and gives every datatype as it is', async () => {
    await far.deploy('bike', await far.register('bike', addingModel(1)))
    expect((await route(`${far.url}/v2/models/bike`)).status).toBe(200)
    expect(await ask()).toEqual([200, [2, 3.5]])
    const { items } = await near.serving.reader.records('hires', { limit: 1 })
    expect(items[0]).toMatchObject({
      arm: 'far',
      model: 'bike',
      version: 1,
      outputs: { variable: 3.5 },
    })
    await far.deploy('echo', await far.register('echo', echoModel()))
    expect((await route(`${far.url}/v2/models/echo/versions/1`)).status).toBe(200)
    const inputs = [
      { name: 'float', datatype: 'FP32', shape: [1, 2], data: [1.5, -2] },
      { name: 'double', datatype: 'FP64', shape: [1, 2], data: [0.1, 1e300] },
      { name: 'int64', datatype: 'INT64', shape: [1, 2], data: [9007199254740992, -3] },
      { name: 'uint8', datatype: 'UINT8', shape: [1, 2], data: [0, 255] },
      { name: 'string', datatype: 'BYTES', shape: [1, 2], data: ['ä', ''] },
    ]
    const answer = await near.post('/v2/models/hires/infer', { inputs }, json)
    const { outputs } = (await answer.json()) as { outputs: { data: unknown }[] }
    expect(outputs.map(({ data }) => data)).toEqual(inputs.map(({ data }) => data))
  })

  it('takes part in rollouts: as the baseline, as the candidate, and as what is gone back to', async () => {
    await far.deploy('bike', await far.register('bike', addingModel(1)))
    await far.deploy('next', await far.register('next', addingModel(5)))
    const [old, next] = [`${far.url}/v2/models/bike`, `${far.url}/v2/models/next`]
    await route(old)
    const start = (model: string, more = {}) =>
      near.post('/api/v1/endpoints/hires/rollouts', { ...spec, ...more, model }, json)
    const spec = { steps: [{ weight: 1, duration: '0s', minSamples: 2 }] }
    const same = await start(old)
    expect([same.status, await same.json()]).toMatchObject([
      409,
      { error: { message: expect.stringContaining('answers on "hires" already') } },
    ])
    const started = await start(next)
    expect([started.status, await started.json()]).toMatchObject([
      201,
      { baseline: { uri: old }, candidate: { model: 'next', uri: next } },
    ])
    expect(await ask()).toEqual([200, [6, 7.5]])
    await near.serving.tick(near.clock.now() + 1)
    const shown = async (number: number) =>
      (await fetch(`${near.url}/api/v1/endpoints/hires/rollouts/${number}`)).json()
    expect(await shown(1)).toMatchObject({ state: 'promoted' })
    expect(await ask()).toEqual([200, [6, 7.5]])

    // A version of the registry is held against it, watching only, and taken back.
    const watching = await start(await near.register('bike', addingModel(2)), { dryRun: true })
    expect(await watching.json()).toMatchObject({ candidate: { uri: 'models:/bike/1' } })
    expect(await ask()).toEqual([200, [6, 7.5]])
    await near.serving.settled()
    expect(await shown(2)).toMatchObject({ samples: 2 })
    const back = { action: 'rollback', reason: 'enough' }
    const path = '/api/v1/endpoints/hires/rollouts/2/actions'
    expect(await (await near.post(path, back, json)).json()).toMatchObject({ state: 'rolled_back' })
    const { arms } = await near.serving.view('hires')
    expect(arms.map(({ name, model }) => [name, model])).toEqual([['far', next]])
  })

  it('is refused where there is none, where its address may not be asked, and where it is no address', async () => {
    expect(await (await route(`${far.url}/v2/models/nobody`)).json()).toMatchObject({
      error: { code: 'NOT_FOUND' },
    })
    expect((await route(`${closedPort}/v2/models/bike`)).status).toBe(503)
    for (const uri of [
      `${far.url}/models/bike`,
      'https://a:b@example.org/v2/models/m',
      `${far.url}/v2/models/m?x=1`,
    ]) {
      expect((await route(uri)).status).toBe(400)
    }
    await using closed = await testServing()
    await closed.serving.create(editor, {
      name: 'hires',
      description: '',
      model: 'b',
      target: null,
    })
    for (const uri of [
      `${far.url}/v2/models/bike`,
      'https://127.0.0.1:1/v2/models/m',
      'https://[::1]/v2/models/m',
    ]) {
      const answer = await route(uri, closed)
      expect(answer.status).toBe(400)
      expect(JSON.stringify(await answer.json())).toContain('--remote-models-to-private')
    }
  })

  it('comes back after the other server does, also over a restart of this one', async () => {
    const model = await far.register('bike', addingModel(1))
    await far.deploy('bike', model)
    await route(`${far.url}/v2/models/bike`)
    await far.serving.remove(editor, 'bike')
    expect((await ask())[0]).toBe(400)
    await near.serving[Symbol.asyncDispose]()
    await using again = await testServing({
      folder: near.folder,
      models: near.models,
      remote: { allowPrivate: true, timeoutMs: 400 },
    })
    expect((await again.serving.view('hires')).state).toBe('failed')
    await far.deploy('bike', model)
    await again.serving.tick(Date.now())
    expect((await again.serving.view('hires')).state).toBe('ready')
  })
})

describe('another server that is not as it should be', () => {
  const metadata = {
    name: 'bike',
    versions: ['7'],
    platform: 'x',
    inputs: [
      { name: 'temp', datatype: 'FP32', shape: [-1, 1] },
      { name: 'season', datatype: 'BYTES', shape: [-1, 1] },
    ],
    outputs: [{ name: 'variable', datatype: 'FP32', shape: [-1, 1] }],
  }
  const output = (fields: object) => ({
    outputs: [{ name: 'variable', datatype: 'FP32', shape: [2, 1], data: [1, 2], ...fields }],
  })
  let infer: (response: ServerResponse) => void
  let described: unknown

  async function withServer(
    work: (url: string, asked: () => number) => Promise<void>,
  ): Promise<void> {
    let inferences = 0
    const server = createServer((request: IncomingMessage, response) => {
      request.resume()
      const path = request.url ?? ''
      const send = (body: unknown) => response.end(JSON.stringify(body))
      if (path.endsWith('/infer')) {
        inferences++
        infer(response)
      } else if (path.endsWith('/ready')) send({ ready: true })
      else if (path === '/v2') send({ name: 'other', extensions: [] })
      else send(described)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    try {
      await work(`http://127.0.0.1:${port}/v2/models/bike`, () => inferences)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  it('answers in JSON where it knows no binary tensors; what does not fit its metadata is not passed on', async () => {
    described = metadata
    await withServer(async (url) => {
      infer = (response) => response.end(JSON.stringify(output({})))
      expect((await route(url)).status).toBe(200)
      expect(await ask()).toEqual([200, [1, 2]])
      expect((await near.serving.view('hires')).arms[0]?.version).toBe(7)
      for (const fields of [
        { datatype: 'INT32' },
        { shape: [2] },
        { data: [1] },
        { data: ['x', 2] },
        { name: 'other' },
      ]) {
        infer = (response) => response.end(JSON.stringify(output(fields)))
        expect(await ask()).toEqual([503, expect.stringContaining('cannot be used')])
      }
      for (const body of ['', '<html>', '{"outputs": 1}', '[]']) {
        infer = (response) => response.end(body)
        expect((await ask())[0]).toBe(503)
      }
    })
  })

  it('is not asked twice once it may have computed; refusals, lateness and hang-ups are told apart', async () => {
    described = metadata
    await withServer(async (url, asked) => {
      infer = (response) => response.end(JSON.stringify(output({})))
      await route(url)
      const outcome = async (how: typeof infer) => {
        const before = asked()
        infer = how
        return [...(await ask()), asked() - before]
      }
      const status = (code: number, body: unknown) => (response: ServerResponse) =>
        void response.writeHead(code).end(JSON.stringify(body))
      expect(await outcome(status(400, { error: 'too warm' }))).toEqual([
        400,
        expect.stringContaining('too warm'),
        1,
      ])
      expect((await outcome(status(503, { error: 'busy' }))).toSpliced(1, 1)).toEqual([503, 1])
      expect((await outcome(status(302, {}))).toSpliced(1, 1)).toEqual([503, 1])
      expect((await outcome((response) => response.destroy())).toSpliced(1, 1)).toEqual([503, 1])
      expect((await outcome(() => undefined)).toSpliced(1, 1)).toEqual([503, 1])
    })
  })

  it.each([
    ['unknown datatypes', { ...metadata, outputs: [{ name: 'y', datatype: 'BF16', shape: [-1] }] }],
    ['no inputs', { ...metadata, inputs: [] }],
    ['something else', { hello: 1 }],
  ])('is refused with metadata of %s', async (_what, body) => {
    described = body
    await withServer(async (url) => {
      const answer = await route(url)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ error: { code: 'INVALID_MODEL' } })
    })
  })
})

it('addresses of models', () => {
  expect(isRemote('models:/a/1')).toBe(false)
  expect(parseRemoteUri('https://h/triton/v2/models/a%20b/versions/x', false)).toMatchObject({
    model: 'a b',
    version: 'x',
  })
  expect(() => parseRemoteUri('http://h/v2/models/a', false)).toThrow('only https')
  expect(() => parseRemoteUri('https://h/v2/models/%FF', false)).toThrow('not well-formed')
})
