import { GraphBuilder } from '@kaizen/ml/onnx'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type TestFeatures, testFeatures } from '../../features/test-features.ts'
import { systemActor } from '../../kernel/index.ts'
import { startGrpcServer } from '../grpc/start.ts'
import { GrpcClient } from '../remote/grpc-client.ts'
import { addingModel, editor, squareModel, type TestServing, testServing } from '../test-serving.ts'
import { RequestMemory } from '../wire/request-memory.ts'

const json = { 'content-type': 'application/json' }
/** The moment at which the serving clock of tests stands. */
const day = '2025-12-31T12:00:00Z'

/** Sums an integer, a number and what a request brings itself. */
function sumModel(): Uint8Array {
  const graph = new GraphBuilder()
  const orders = graph.input({ name: 'orders', type: 'int64', shape: [1] })
  const spent = graph.input({ name: 'spent', type: 'double', shape: [1] })
  const amount = graph.input({ name: 'amount', type: 'double', shape: [1] })
  const sum = graph.add('Add', [graph.add('Add', [graph.cast(orders, 'double'), spent]), amount])
  graph.output(sum, { name: 'sum', type: 'double', shape: [1] })
  return graph.finish('sum', {})
}

let rooms: TestFeatures
let test: TestServing
beforeAll(async () => {
  rooms = await testFeatures()
  rooms.clock.moveTo(Date.UTC(2026, 0, 1))
  await rooms.rows(
    'c',
    `k,t,orders,spent,season\n7,${day},3,10.5,spring\n8,${day},4,,autumn\n9,2025-11-01T00:00:00Z,5,2,winter`,
  )
  await rooms.view({
    name: 'c',
    ttl: '30d',
    features: [
      { name: 'orders', type: 'integer' },
      { name: 'spent', type: 'number' },
      { name: 'season', type: 'string' },
    ],
  })
  await rooms.materialize('c')
  await rooms.features.defineService(systemActor, {
    name: 'money',
    description: '',
    owner: '',
    tags: {},
    views: [{ view: 'c', features: ['orders', 'spent'] }],
  })
  await rooms.onDemand(
    {
      name: 'now',
      inputs: [
        { from: 'request', name: 'fee', type: 'number' },
        { from: 'request', name: 'vip', type: 'boolean' },
        { from: 'view', name: 'spent', type: 'number', view: 'c', feature: 'spent' },
      ],
      features: [
        { name: 'spent', type: 'number' },
        { name: 'orders', type: 'integer' },
      ],
    },
    `({ fee, vip, spent }) => {
      if (fee < 0) throw new RangeError('a fee below nothing')
      return { spent: vip ? spent : fee + spent, orders: 1 }
    }`,
  )
  test = await testServing({ features: rooms.features.reader })
  await test.deploy('sum', await test.register('sum', sumModel()))
  await test.deploy('bike', await test.register('bike', addingModel(1)))
  await test.deploy('square', await test.register('square', squareModel()))
})
afterAll(async () => {
  await test[Symbol.asyncDispose]()
  await rooms[Symbol.asyncDispose]()
})

const set = async (settings: unknown, endpoint = 'sum') => {
  const answer = await fetch(`${test.url}/api/v1/endpoints/${endpoint}/settings`, {
    method: 'PUT',
    headers: json,
    body: JSON.stringify(settings),
  })
  return [answer.status, ((await answer.json()) as { error?: { message: string } }).error?.message]
}
const ask = async (body: unknown, endpoint = 'sum', headers = json) => {
  const answer = await test.post(`/endpoints/${endpoint}/invocations`, body, headers)
  const { predictions, message } = (await answer.json()) as Record<string, unknown>
  return [answer.status, predictions ?? message]
}
const rows = (...records: readonly object[]) => ask({ dataframe_records: records })

it('fills what a model takes from the online store, by the keys that a request names', async () => {
  expect(await set({ features: { service: 'money' } })).toEqual([200, undefined])
  expect(await rows({ k: 7, amount: 100 })).toEqual([200, [113.5]])
  expect(await rows({ k: 7, amount: 1 }, { k: 7, amount: 2 })).toEqual([200, [14.5, 15.5]])
  expect(await ask('k,amount\n7,0\n', 'sum', { 'content-type': 'text/csv' })).toEqual([200, [13.5]])
  expect(await ask({ inputs: { k: [7], amount: [1] } })).toEqual([200, [14.5]])
  const many = Array.from({ length: 2000 }, (_, i) => ({ k: 7, amount: i }))
  expect(await rows(...many)).toEqual([200, many.map(({ amount }) => amount + 13.5)])
  const tensor = (name: string, datatype: string, value: number) => ({
    name,
    datatype,
    shape: [1, 1],
    data: [value],
  })
  const v2 = await test.post('/v2/models/sum/infer', {
    inputs: [tensor('k', 'INT64', 7), tensor('amount', 'FP64', 1)],
  })
  expect(await v2.json()).toMatchObject({ outputs: [{ data: [14.5] }] })
  const metadata = await (await fetch(`${test.url}/v2/models/sum`)).json()
  expect((metadata as { inputs: { name: string }[] }).inputs.map(({ name }) => name)).toEqual([
    'k',
    'amount',
  ])
})

it('writes what the model saw into the log', async () => {
  await set({ features: { service: 'money' } })
  await rows({ k: 7, amount: 42 })
  const { items } = await test.serving.reader.records('sum', { limit: 1 })
  expect(items[0]?.inputs).toEqual({ orders: 3, spent: 10.5, amount: 42 })
})

it('refuses values that are missing or too old, or takes defaults or NaN for them, as it is set', async () => {
  await set({ features: { service: 'money' } })
  expect(await rows({ k: 8, amount: 1 })).toEqual([
    400,
    expect.stringContaining('no value of c__spent that may be used (NULL_VALUE)'),
  ])
  expect(await rows({ k: 9, amount: 1 })).toEqual([400, expect.stringContaining('OUTSIDE_MAX_AGE')])
  expect(await rows({ k: 1, amount: 1 })).toEqual([400, expect.stringContaining('NOT_FOUND')])
  await set({ features: { service: 'money' }, defaults: { spent: 1000, orders: 0 } })
  expect(await rows({ k: 8, amount: 1 }, { k: 9, amount: 1 })).toEqual([200, [1005, 1001]])
  await set({ features: { service: 'money', missing: 'nan' } })
  expect(await rows({ k: 8, amount: 1 })).toEqual([200, ['NaN']])
  // An integer cannot be NaN.
  expect(await rows({ k: 1, amount: 1 })).toEqual([400, expect.stringContaining('c__orders')])
})

it('refuses what a request brings of its own, or lets it stand, as it is set', async () => {
  await set({ features: { service: 'money' } })
  expect(await rows({ k: 7, amount: 1, spent: 5 })).toEqual([
    400,
    expect.stringContaining('the model has no input "spent"'),
  ])
  await set({ features: { service: 'money', given: 'use' } })
  expect(await rows({ k: 7, amount: 1, spent: 5 })).toEqual([200, [9]])
  expect(await ask({ inputs: { k: [7], amount: [1], spent: [6] } })).toEqual([200, [10]])
  const many = Array.from({ length: 2000 }, (_, i) => ({ k: 7, amount: i, spent: 0 }))
  expect(await rows(...many)).toEqual([200, many.map(({ amount }) => amount + 3)])
  const tensor = (name: string, datatype: string, value: number) => ({
    name,
    datatype,
    shape: [1, 1],
    data: [value],
  })
  const v2 = await test.post('/v2/models/sum/infer', {
    inputs: [tensor('k', 'INT64', 7), tensor('amount', 'FP64', 1), tensor('spent', 'FP64', 1)],
  })
  expect(await v2.json()).toMatchObject({ outputs: [{ data: [5] }] })
})

it('holds features against the signature as it is set, and fills matrices in the order of the features', async () => {
  await set({ features: { features: ['c:season'] } }, 'bike')
  const bike = (record: object) => ask({ dataframe_records: [record] }, 'bike')
  expect(await bike({ k: 7, temp: 3 })).toEqual([200, [4]])
  await set({ features: { features: ['c:season'] }, validation: 'strict' }, 'bike')
  expect(await bike({ k: 7, temp: 3 })).toEqual([200, [4]])
  await set({ features: { features: ['c:spent', 'c:orders'] } }, 'square')
  expect(await ask({ dataframe_records: [{ k: 7 }] }, 'square')).toEqual([200, [[110.25, 9]]])
})

it('says what is wrong with keys, and with settings that name what is not there', async () => {
  await set({ features: { service: 'money' } })
  expect(await rows({ amount: 1 })).toEqual([400, expect.stringContaining('"k" is missing')])
  expect(await rows({ k: 'seven', amount: 1 })).toEqual([400, expect.stringContaining('"k"[0]')])
  expect(await set({ features: { service: 'nobody' } })).toEqual([
    404,
    'there is no feature service named "nobody"',
  ])
  const both = await set({ features: { service: 'money', features: ['c:spent'] } })
  expect(both[0]).toBe(400)
  expect(await rows({ k: 7, amount: 1 })).toEqual([200, [14.5]])
  expect(await set({})).toEqual([200, undefined])
  expect(await rows({ orders: 1, spent: 2, amount: 3 })).toEqual([200, [6]])
  expect(test.faults).toEqual([])
})

it('looks features up for gRPC and for V1 as for the others, and refuses in their words', async () => {
  await set({ features: { service: 'money' } })
  const v1 = async (instance: object) => {
    const answer = await test.post('/v1/models/sum:predict', { instances: [instance] })
    const { predictions, error } = (await answer.json()) as Record<string, unknown>
    return [answer.status, predictions ?? error]
  }
  expect(await v1({ k: 7, amount: 1 })).toEqual([200, [14.5]])
  expect(await v1({ k: 1, amount: 1 })).toEqual([400, expect.stringContaining('NOT_FOUND')])
  expect(await v1({ amount: 1 })).toEqual([400, expect.stringContaining('"k"')])
  expect(await v1({ k: 7, amount: 1, spent: 5 })).toEqual([400, expect.stringContaining('"spent"')])

  await using server = await startGrpcServer({
    host: '127.0.0.1',
    port: 0,
    maxMessageBytes: 1_000_000,
    memory: new RequestMemory(),
    catalogue: test.catalogue,
    version: '0.0.0',
    authenticate: async () => editor,
    onDefect: (error) => test.faults.push(error),
  })
  const options = { allowPrivate: true, timeoutMs: 10_000 }
  const client = new GrpcClient(new URL(`http://${server.address}`), options)
  const column = (name: string, datatype: string, contents: object) => ({
    name,
    datatype,
    shape: [1, 1],
    contents,
  })
  const infer = async (...inputs: readonly object[]): Promise<unknown> => {
    type Answer = { outputs: { contents: { fp64_contents: number[] } }[] }
    const asked = { model_name: 'sum', inputs }
    const { outputs } = await client.ask<Answer>('ModelInfer', asked)
    return outputs[0]?.contents.fp64_contents
  }
  const amount = column('amount', 'FP64', { fp64_contents: [1] })
  const key = (k: number) => column('k', 'INT64', { int64_contents: [k] })
  expect(await infer(key(7), amount)).toEqual([14.5])
  await expect(infer(key(1), amount)).rejects.toThrow('NOT_FOUND')
  await expect(infer(amount)).rejects.toThrow('"k"')
  await expect(infer(column('k', 'FP64', { fp64_contents: [7] }), amount)).rejects.toThrow('k')
  const metadata = await client.ask<{ inputs: { name: string }[] }>('ModelMetadata', {
    name: 'sum',
  })
  expect(metadata.inputs.map(({ name }) => name)).toEqual(['k', 'amount'])
  client.close()
})

it('computes features on demand from values of the request, in every protocol', async () => {
  await set({ features: { features: ['now:spent', 'now:orders'] } })
  const fee = { k: 7, amount: 100, fee: 0.5 }
  expect(await rows({ ...fee, vip: false }, { ...fee, vip: true })).toEqual([200, [112, 111.5]])
  expect(await rows({ ...fee, vip: false, fee: -1 })).toEqual([
    400,
    expect.stringContaining('"now" refuses row 0: RangeError: a fee below nothing'),
  ])
  expect(await rows({ k: 7, amount: 1, vip: true })).toEqual([
    400,
    expect.stringContaining('"fee"'),
  ])
  const tensor = (name: string, datatype: string, value: unknown) => ({
    name,
    datatype,
    shape: [1, 1],
    data: [value],
  })
  const v2 = await test.post('/v2/models/sum/infer', {
    inputs: [
      tensor('k', 'INT64', 7),
      tensor('fee', 'FP64', 1),
      tensor('vip', 'BOOL', false),
      tensor('amount', 'FP64', 1),
    ],
  })
  expect(await v2.json()).toMatchObject({ outputs: [{ data: [13.5] }] })
  const metadata = await (await fetch(`${test.url}/v2/models/sum`)).json()
  expect(metadata).toMatchObject({
    inputs: [
      { name: 'k', datatype: 'INT64' },
      { name: 'fee', datatype: 'FP64' },
      { name: 'vip', datatype: 'BOOL' },
      { name: 'amount' },
    ],
  })
})
