import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  addingModel,
  echoModel,
  squareModel,
  type TestServing,
  testServing,
} from '../test-serving.ts'

let test: TestServing
beforeAll(async () => {
  test = await testServing()
  await test.deploy('hires', await test.register('bike', addingModel(1)))
  await test.deploy('echo', await test.register('echo', echoModel()))
})
afterAll(() => test[Symbol.asyncDispose]())

const infer = '/v2/models/hires/infer'
const season = { name: 'season', datatype: 'BYTES', shape: [1, 1], data: ['x'] }
const temp = { name: 'temp', datatype: 'FP32', shape: [1, 1], data: [1] }
const withTemp = (more: object) => ({ inputs: [{ ...temp, ...more }, season] })
const withEcho = (name: string, more: object) => ({
  inputs: echoInputs.map((input) => (input.name === name ? { ...input, ...more } : input)),
})
const echoInputs = [
  { name: 'float', datatype: 'FP32', shape: [1, 2], data: [1.5, 2] },
  { name: 'double', datatype: 'FP64', shape: [1, 2], data: [1.5, 2] },
  { name: 'int64', datatype: 'INT64', shape: [1, 2], data: [1, 2] },
  { name: 'uint8', datatype: 'UINT8', shape: [1, 2], data: [1, 2] },
  { name: 'string', datatype: 'BYTES', shape: [1, 2], data: ['a', 'b'] },
]

const error = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: string }).error

it.each<[string, unknown, RegExp]>([
  ['text that is no JSON', '{"inputs": [', /not well-formed JSON/],
  ['an empty body', '', /not well-formed JSON/],
  ['a list', [], /expected an object/],
  ['no inputs', {}, /inputs: expected an array/],
  ['a missing input', { inputs: [temp] }, /"season" is missing/],
  ['an unknown input', { inputs: [temp, season, { ...temp, name: 'windy' }] }, /no input "windy"/],
  ['an input twice', { inputs: [temp, temp, season] }, /stands twice/],
  ['a wrong datatype', withTemp({ datatype: 'FP64' }), /datatype is FP32, not FP64/],
  ['an invented datatype', withTemp({ datatype: 'FP128' }), /not a known datatype/],
  ['a prototype name as datatype', withTemp({ datatype: 'constructor' }), /not a known datatype/],
  ['text in a float', withTemp({ data: ['1'] }), /"1" is not a number/],
  ['null in a float', withTemp({ data: [null] }), /null is not a number/],
  ['a truth value in a float', withTemp({ data: [true] }), /true is not a number/],
  ['a float beyond 32 bits', withTemp({ data: [1e39] }), /32-bit float/],
  ['too few elements', withTemp({ data: [] }), /holds 1 elements, but there are 0/],
  ['too many elements', withTemp({ data: [1, 2] }), /holds 1 elements, but there are 2/],
  ['ragged arrays', withTemp({ shape: [2, 1], data: [[1], [2, 3]] }), /follow the shape/],
  ['arrays nested too deep', withTemp({ data: [[[1]]] }), /nested/],
  ['a half nested array', withTemp({ shape: [2, 1], data: [[1], 2] }), /nested/],
  ['a negative dimension', withTemp({ shape: [-1, 1] }), /not a shape/],
  ['a fractional dimension', withTemp({ shape: [0.5, 2] }), /not a shape/],
  ['a dimension beyond memory', withTemp({ shape: [1e12, 20] }), /not a shape/],
  ['dimensions that overflow', withTemp({ shape: [2 ** 32, 2 ** 32] }), /not a shape/],
  ['a text dimension', withTemp({ shape: ['1', 1] }), /whole numbers/],
  ['a wrong rank', withTemp({ shape: [1] }), /shape is \[-1, 1\]/],
  ['a wrong fixed dimension', withTemp({ shape: [1, 2], data: [1, 2] }), /shape is \[-1, 1\]/],
  [
    'inputs of different length',
    { inputs: [{ ...temp, shape: [2, 1], data: [1, 2] }, season] },
    /all inputs must have as many/,
  ],
  ['ill-formed text', { inputs: [temp, { ...season, data: ['\ud800'] }] }, /well-formed text/],
  ['text with a NUL', { inputs: [temp, { ...season, data: ['a\u0000b'] }] }, /without NUL/],
  ['an unknown output', { ...withTemp({}), outputs: [{ name: 'nope' }] }, /no output "nope"/],
  ['an id that is no text', { ...withTemp({}), id: 7 }, /id: expected text/],
  ['an id of 300 characters', { ...withTemp({}), id: 'x'.repeat(300) }, /at most 256/],
  [
    'a time that is none',
    { ...withTemp({}), parameters: { event_time: 'yesterday' } },
    /event_time: expected milliseconds/,
  ],
  [
    'ids that are too many',
    { ...withTemp({}), parameters: { inference_ids: 'a,b' } },
    /there are 2 for 1 rows/,
  ],
  ['data and a binary size', withTemp({ parameters: { binary_data_size: 4 } }), /both data/],
])('refuses %s and says why', async (_name, body, why) => {
  const response = await test.post(infer, body)
  expect(response.status).toBe(400)
  expect(await error(response)).toMatch(why)
})

it.each<[string, unknown]>([
  ['a fraction in an integer', withEcho('uint8', { data: [1.5, 2] })],
  ['300 in 8 bits', withEcho('uint8', { data: [300, 2] })],
  ['a negative unsigned', withEcho('uint8', { data: [-1, 2] })],
  ['a fraction in 64 bits', withEcho('int64', { data: [1.5, 2] })],
  [
    'an exponent beyond exact integers',
    '{"inputs":[{"name":"int64","datatype":"INT64","shape":[1,2],"data":[1e300,2]}]}',
  ],
  [
    '2^63 in a signed 64-bit integer',
    JSON.stringify(withEcho('int64', { data: ['@', 2] })).replace('"@"', '9223372036854775808'),
  ],
])('never wraps or rounds %s', async (_name, body) => {
  const response = await test.post('/v2/models/echo/infer', body)
  expect(response.status).toBe(400)
  expect(await error(response)).toMatch(/is not/)
})

it('keeps 64-bit integers, non-finite numbers and text exact', async () => {
  const body = JSON.stringify(withEcho('int64', { data: ['@1', '@2'] }))
    .replace('"@1"', '9223372036854775807')
    .replace('"@2"', '-9007199254740993')
    .replace('[1.5,2]', '[NaN,-Infinity]')
    .replace('["a","b"]', '["","é\\n\\"NaN"]')
  const response = await test.post('/v2/models/echo/infer', body)
  const text = await response.text()
  expect(response.status).toBe(200)
  expect(text).toContain('[9223372036854775807,-9007199254740993]')
  expect(text).toContain('["NaN","-Infinity"]')
  const outputs = (JSON.parse(text) as { outputs: { name: string; data: unknown[] }[] }).outputs
  expect(outputs.find(({ name }) => name === 'string_out')?.data).toEqual(['', 'é\n"NaN'])
})

/** A request in binary form, as stock clients send it. */
function binary(parts: readonly { head: object; bytes: Uint8Array }[], lie = 0): [Buffer, number] {
  const inputs = parts.map(({ head, bytes }) => ({
    ...head,
    parameters: { binary_data_size: bytes.length + lie },
  }))
  const json = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }))
  return [Buffer.concat([json, ...parts.map(({ bytes }) => bytes)]), json.length]
}
const text = (value: string): Buffer => {
  const bytes = Buffer.from(value)
  const head = Buffer.alloc(4)
  head.writeUInt32LE(bytes.length)
  return Buffer.concat([head, bytes])
}
const binaryParts = [
  {
    head: { name: 'temp', datatype: 'FP32', shape: [2, 1] },
    bytes: new Uint8Array(Float32Array.of(1, 41).buffer),
  },
  {
    head: { name: 'season', datatype: 'BYTES', shape: [2, 1] },
    bytes: Buffer.concat([text(''), text('été')]),
  },
]

it('speaks the binary form in both directions, compressed too', async () => {
  const [body, length] = binary(binaryParts)
  for (const [sent, encoding] of [
    [body, 'identity'],
    [gzipSync(body), 'gzip'],
  ] as const) {
    const response = await test.post(infer, new Uint8Array(sent), {
      'inference-header-content-length': String(length),
      'content-encoding': encoding,
    })
    expect(response.status).toBe(200)
    const answer = Buffer.from(await response.arrayBuffer())
    const head = Number(response.headers.get('inference-header-content-length'))
    const json = JSON.parse(answer.toString('utf8', 0, head)) as { outputs: unknown[] }
    expect(json.outputs).toEqual([
      { name: 'variable', datatype: 'FP32', shape: [2, 1], parameters: { binary_data_size: 8 } },
    ])
    expect([answer.readFloatLE(head), answer.readFloatLE(head + 4)]).toEqual([2, 42])
  }
})

it('refuses binary sizes that lie, lengths that lie and broken compression', async () => {
  const send = async (body: Uint8Array, headers: Record<string, string>) => {
    const response = await test.post(infer, body, headers)
    expect(response.status).toBe(400)
    return error(response)
  }
  const header = (length: number | string) => ({ 'inference-header-content-length': `${length}` })
  const [short, shortLength] = binary(binaryParts, -1)
  expect(await send(new Uint8Array(short), header(shortLength))).toMatch(/takes 8 bytes/)
  const [long, longLength] = binary(binaryParts, 1000)
  expect(await send(new Uint8Array(long), header(longLength))).toMatch(/bytes are left/)
  const [body, length] = binary(binaryParts)
  for (const lie of [-5, 1e9, 'x', '9'.repeat(30)]) {
    expect(await send(new Uint8Array(body), header(lie))).toMatch(/is not the length/)
  }
  expect(await send(new Uint8Array(body.subarray(0, -2)), header(length))).toMatch(/left/)
  const overrun = [
    binaryParts[0]!,
    { ...binaryParts[1]!, bytes: Buffer.concat([text('a'), Buffer.from([255, 255, 255, 255])]) },
  ]
  const [beyond, beyondLength] = binary(overrun)
  expect(await send(new Uint8Array(beyond), header(beyondLength))).toMatch(/beyond the data/)
  expect(await send(new Uint8Array([1, 2, 3]), { 'content-encoding': 'gzip' })).toMatch(/gzip/)
})

it('takes encodings by their names alone, in any case', async () => {
  const sent = new Uint8Array(gzipSync(JSON.stringify({ inputs: [temp, season] })))
  const send = (encoding: string) => test.post(infer, sent, { 'content-encoding': encoding })
  for (const encoding of ['gzip', 'GZIP', 'x-gzip']) expect((await send(encoding)).status).toBe(200)
  for (const encoding of ['constructor', 'toString', '__proto__', 'br', 'gzip, gzip']) {
    const refused = await send(encoding)
    expect(refused.status).toBe(400)
    expect(await error(refused)).toContain(`the encoding "${encoding}" is not known`)
  }
  expect(test.faults).toEqual([])
})

it.each([
  '/v2/models/nobody/infer',
  '/v2/models/%00/infer',
  '/v2/models/hires%00/infer',
  '/v2/models/..%2f..%2fetc%2fpasswd/infer',
  '/v2/models/constructor/infer',
  '/v2/models/hires/versions/2/infer',
  '/v2/models/hires/versions/-1/infer',
  '/v2/models/hires/versions/1e0/infer',
  '/v2/models/hires/versions/%00/infer',
])('answers 404 with an error text for %s', async (path) => {
  const response = await test.post(path, { inputs: [temp, season] })
  expect(response.status).toBe(404)
  expect(await error(response)).toMatch(/there is no|does not serve|NUL/)
})

it('tells metadata, readiness and the index of models', async () => {
  const get = async (path: string) => {
    const response = await fetch(test.url + path)
    return [response.status, await response.json()] as const
  }
  expect(await get('/v2')).toEqual([
    200,
    {
      name: 'kaizen',
      version: '0.0.0',
      extensions: [
        'binary_tensor_data',
        'generate',
        'model_configuration',
        'model_repository',
        'statistics',
      ],
    },
  ])
  expect(await get('/v2/health/live')).toEqual([200, { live: true }])
  expect(await get('/v2/health/ready')).toEqual([200, { ready: true }])
  expect(await get('/v2/models/hires/versions/1')).toEqual([
    200,
    {
      name: 'hires',
      versions: ['1'],
      platform: 'onnx_onnxv1',
      inputs: [
        { name: 'temp', datatype: 'FP32', shape: [-1, 1] },
        { name: 'season', datatype: 'BYTES', shape: [-1, 1] },
      ],
      outputs: [{ name: 'variable', datatype: 'FP32', shape: [-1, 1] }],
    },
  ])
  expect((await get('/v2/models/nobody/ready'))[0]).toBe(404)
  const index = await test.post('/v2/repository/index', '')
  expect(await index.json()).toEqual([
    { name: 'echo', version: '1', state: 'READY', reason: '' },
    { name: 'hires', version: '1', state: 'READY', reason: '' },
  ])
})

it('answers batches of no rows and of many, all outputs or those asked for', async () => {
  const rows = (count: number) => ({
    inputs: [
      { ...temp, shape: [count, 1], data: Array.from({ length: count }, (_, i) => i) },
      { ...season, shape: [count, 1], data: Array.from({ length: count }, () => 'x') },
    ],
    outputs: [{ name: 'variable' }],
  })
  for (const count of [0, 5000]) {
    const response = await test.post(infer, rows(count))
    const answer = (await response.json()) as { outputs: { shape: number[]; data: number[] }[] }
    expect(answer.outputs[0]?.shape).toEqual([count, 1])
    expect(answer.outputs[0]?.data).toEqual(Array.from({ length: count }, (_, i) => i + 1))
  }
})

it('takes a body of bare bytes as the only input of a model, and no other model', async () => {
  await test.deploy('square', await test.register('square', squareModel()))
  const raw = (bytes: Uint8Array, model = 'square') =>
    test.post(`/v2/models/${model}/infer`, bytes, { 'inference-header-content-length': '0' })
  const numbers = Float32Array.from([1, 2, 3, 4, 5, 6])
  const answered = await raw(new Uint8Array(numbers.buffer))
  const head = Number(answered.headers.get('inference-header-content-length'))
  const body = Buffer.from(await answered.arrayBuffer())
  expect(JSON.parse(body.subarray(0, head).toString())).toMatchObject({
    outputs: [{ shape: [3, 2], parameters: { binary_data_size: 24 } }],
  })
  expect([...new Float32Array(Uint8Array.from(body.subarray(head)).buffer)]).toEqual([
    ...numbers.map((value) => value * value),
  ])
  for (const bytes of [5, 12]) expect((await raw(new Uint8Array(bytes))).status).toBe(400)
  expect(await error(await raw(new Uint8Array(8), 'hires'))).toMatch(/a model of one input/)
})

it('refuses parameters that would change the data', async () => {
  const shared = withTemp({ parameters: { shared_memory_region: 'r' } })
  const classes = {
    ...withTemp({}),
    outputs: [{ name: 'variable', parameters: { classification: 1 } }],
  }
  for (const body of [shared, classes]) {
    const response = await test.post(infer, body)
    expect(response.status).toBe(422)
    expect(await error(response)).toMatch(/not supported/)
  }
})
