import { KaizenError } from '@kaizen/contracts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addingModel, type TestServing, testServing } from '../test-serving.ts'

let test: TestServing
beforeAll(async () => {
  test = await testServing()
  await test.deploy('hires', await test.register('bike', addingModel(1)))
})
afterAll(() => test[Symbol.asyncDispose]())

const csv = { 'content-type': 'text/csv' }
const columns = ['season', 'temp']

it.each<[string, unknown, Record<string, string>]>([
  [
    'dataframe_split',
    {
      dataframe_split: {
        columns,
        data: [
          ['x', 1],
          [null, 2.5],
        ],
      },
    },
    {},
  ],
  [
    'dataframe_records',
    { dataframe_records: [{ temp: 1, season: 3 }, { temp: 2.5 }] },
    { 'content-type': 'application/json' },
  ],
  [
    'instances',
    {
      instances: [
        { temp: 1, season: 'x' },
        { temp: 2.5, season: '' },
      ],
    },
    {},
  ],
  ['inputs as columns', { inputs: { temp: [1, 2.5], season: ['x', 'y'] } }, {}],
  ['inputs as tensors', { inputs: { temp: [[1], [2.5]], season: [['x'], ['y']] } }, {}],
  ['CSV', 'temp,season\n1,"a ""quoted"", one"\r\n2.5,\n', csv],
])('scores %s', async (_name, body, headers) => {
  const response = await test.post('/endpoints/hires/invocations', body, headers)
  expect(await response.json()).toEqual({ predictions: [2, 3.5] })
  expect(response.headers.get('x-kaizen-model-version')).toBe('1')
})

it('answers on the default endpoint, names rows and takes event times', async () => {
  const response = await test.post('/invocations', {
    dataframe_split: {
      columns,
      data: [
        ['a', 1],
        ['b', 2],
      ],
    },
    kaizen: { inference_ids: ['p', 'q'], event_time: [5000, '1970-01-01T00:00:06Z'] },
  })
  expect(response.status).toBe(200)
  await test.post('/invocations', 'temp,season\n7,x\n', {
    ...csv,
    'x-kaizen-inference-id': 'from-csv',
    'x-kaizen-event-time': '7000',
  })
  const table = await test.serving.predictions('hires', { from: 4000, to: 8000 })
  expect(table.inferenceId).toEqual(['p', 'q', 'from-csv'])
  expect([...table.at]).toEqual([5000, 6000, 7000])
  const made = await test.post('/invocations', { inputs: { temp: [1, 2], season: ['a', 'b'] } })
  const id = made.headers.get('x-kaizen-inference-id')
  const { serving } = test
  const known = [`${id}:0`, `${id}:1`].map((inferenceId) => ({ inferenceId, value: 1 }))
  const actor = { name: 'user:test', role: 'editor' } as const
  expect(await serving.feedback(actor, 'hires', known)).toMatchObject({ accepted: 2, unknown: [] })
})

it.each<[string, unknown, Record<string, string>, RegExp]>([
  ['no form', {}, {}, /exactly one of/],
  ['two forms', { inputs: [], instances: [] }, {}, /exactly one of/],
  ['an unknown field', { dataframe: {} }, {}, /not a known field/],
  ['a missing column', { dataframe_records: [{ season: 'x' }] }, {}, /"temp" is missing/],
  [
    'an extra column',
    { dataframe_records: [{ temp: 1, season: 'x', cnt: 3 }] },
    {},
    /no input "cnt"/,
  ],
  ['text in a number', { dataframe_records: [{ temp: 'warm', season: 'x' }] }, {}, /"warm" is not/],
  ['a fraction as text', { dataframe_records: [{ temp: 1, season: 1.5 }] }, {}, /1.5 is not/],
  ['ragged rows', { dataframe_split: { columns, data: [['x']] } }, {}, /row 0 has 1 values/],
  ['a column twice', { dataframe_split: { columns: ['a', 'a'], data: [] } }, {}, /stands twice/],
  ['a list for several inputs', { instances: [[1, 2]] }, {}, /which of the 2 inputs/],
  ['unequal columns', { inputs: { temp: [1, 2], season: ['x'] } }, {}, /as many/],
  ['ragged tensors', { inputs: { temp: [[1], [2, 3]], season: ['x'] } }, {}, /same length/],
  [
    'lists without end',
    `{"inputs":{"season":["x"],"temp":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`,
    {},
    /nested more than 32 deep/,
  ],
  ['parameters', { inputs: {}, params: { beam: 4 } }, {}, /takes no parameter "beam"/],
  ['ragged CSV', 'temp,season\n1\n', csv, /row 1 of the CSV has 1 fields/],
  ['an open quote', 'temp,season\n1,"x\n', csv, /never closes/],
  ['words in a CSV number', 'temp,season\nwarm,x\n', csv, /"warm" is not/],
  ['an empty CSV', '', csv, /empty/],
])('refuses %s and says why', async (_name, body, headers, why) => {
  const response = await test.post('/endpoints/hires/invocations', body, headers)
  expect(response.status).toBe(400)
  const { error_code, message } = (await response.json()) as Record<string, string>
  expect(error_code).toBe('BAD_REQUEST')
  expect(message).toMatch(why)
})

it('answers 404 for an endpoint that is not there', async () => {
  const response = await test.post('/endpoints/nobody/invocations', { inputs: {} })
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ error_code: 'RESOURCE_DOES_NOT_EXIST' })
})

it('reads a CSV without header as the inputs in their order, as SageMaker clients send it', async () => {
  const headless = { 'content-type': 'text/csv; header=absent' }
  const response = await test.post('/invocations', '1,x\n2.5,y\n', headless)
  expect(await response.json()).toEqual({ predictions: [2, 3.5] })
  const wide = await test.post('/invocations', '1,x,3\n', headless)
  expect(wide.status).toBe(400)
})

it('reads one record a line', async () => {
  const lines = '{"temp": 1, "season": "x"}\n\n{"temp": 2.5, "season": ""}\n'
  const type = { 'content-type': 'application/jsonlines' }
  const response = await test.post('/invocations', lines, type)
  expect(await response.json()).toEqual({ predictions: [2, 3.5] })
  expect((await test.post('/invocations', '{"temp": 1}\n[1]\n', type)).status).toBe(400)
})

it('speaks the V1 protocol of KServe', async () => {
  const get = async (path: string) => {
    const response = await fetch(test.url + path)
    return [response.status, await response.json()] as const
  }
  expect(await get('/v1/models')).toEqual([200, { models: ['hires'] }])
  expect(await get('/v1/models/hires')).toEqual([200, { name: 'hires', ready: true }])
  expect((await get('/v1/models/nobody'))[0]).toBe(404)
  const instances = [{ temp: 1, season: 'x' }]
  const predicted = await test.post('/v1/models/hires:predict', { instances })
  expect(await predicted.json()).toEqual({ predictions: [2] })
  const inputs = { temp: [1], season: ['x'] }
  const columns = await test.post('/v1/models/hires:predict', { inputs })
  expect(await columns.json()).toEqual({ predictions: [2] })
  for (const [path, status, words] of [
    ['nobody:predict', 404, /nobody/],
    ['hires:delete', 404, /names no operation/],
    ['hires', 404, /names no operation/],
  ] as const) {
    const response = await test.post(`/v1/models/${path}`, { instances })
    expect(response.status).toBe(status)
    expect(((await response.json()) as { error: string }).error).toMatch(words)
  }
  const ragged = await test.post('/v1/models/hires:predict', { instances: [{ temp: 'warm' }] })
  expect(ragged.status).toBe(400)
})

it('tells SageMaker that it is alive, and when an endpoint does not answer', async () => {
  const ping = async () => (await fetch(`${test.url}/ping`)).status
  expect(await ping()).toBe(200)
  const live = await test.serving.live('hires')
  live.failure = new KaizenError('UNAVAILABLE', 'its models could not be loaded')
  expect(await ping()).toBe(503)
  live.failure = undefined
  expect(await ping()).toBe(200)
})
