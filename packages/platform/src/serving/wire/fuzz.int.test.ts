import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addingModel, echoModel, type TestServing, testServing } from '../test-serving.ts'

let test: TestServing
beforeAll(async () => {
  test = await testServing()
  await test.deploy('hires', await test.register('bike', addingModel(1)))
  await test.deploy('echo', await test.register('echo', echoModel()))
})
afterAll(() => test[Symbol.asyncDispose]())

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const echoRequest = (): Json => ({
  id: 'a',
  parameters: {},
  inputs: [
    { name: 'float', datatype: 'FP32', shape: [1, 2], data: [1.5, 2] },
    { name: 'double', datatype: 'FP64', shape: [1, 2], data: [[1.5, 2]] },
    { name: 'int64', datatype: 'INT64', shape: [1, 2], data: [1, 2] },
    { name: 'uint8', datatype: 'UINT8', shape: [1, 2], data: [[1, 255]] },
    { name: 'string', datatype: 'BYTES', shape: [1, 2], data: ['a', ''] },
  ],
  outputs: [],
})
const scoringRequest = (): Json => ({
  dataframe_split: {
    columns: ['temp', 'season'],
    data: [
      [1, 'x'],
      [2.5, null],
    ],
  },
  params: null,
})

/** Values that servers are known to wrap, cut, reshape or die of. */
const strange = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    -1,
    0.5,
    256,
    1e39,
    1e300,
    -0,
    2 ** 53,
    '1',
    'NaN',
    '',
    '\u0000',
    '\ud800',
    '../x',
    '__proto__',
    'constructor',
    [],
    {},
    [[]],
    [null],
    [1, [2]],
    { a: 1 },
    'FP16',
    'BF16',
    'INT8',
    [-1, 2],
    [1e12, 20],
    [4294967296, 4294967296],
    [0, 2],
    [2, 1],
    [1],
    '@deep',
    '@big',
  ),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
)

/** Every place in a value, as paths. */
function places(value: Json, at: readonly (string | number)[] = []): (string | number)[][] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return [[...at], ...inner.flatMap(([key, item]) => places(item, [...at, key]))]
}

function put(value: Json, path: readonly (string | number)[], strangeValue: Json): Json {
  const [key, ...rest] = path
  if (key === undefined) return strangeValue
  const copy = structuredClone(value) as Record<string, Json>
  if (rest.length === 0 && strangeValue === '' && !Array.isArray(copy)) delete copy[key]
  else copy[key] = put(copy[key]!, rest, strangeValue)
  return copy
}

/** What JSON cannot say in JavaScript: a bomb of brackets, and an integer beyond 64 bits. */
const written = (value: Json): string =>
  JSON.stringify(value)
    .replaceAll('"@deep"', `${'['.repeat(50_000)}${']'.repeat(50_000)}`)
    .replaceAll('"@big"', '123456789012345678901234567890')

const mutated = (request: Json) =>
  fc
    .array(fc.tuple(fc.constantFrom(...places(request)), strange), { minLength: 1, maxLength: 3 })
    .map((changes) => {
      let value = request
      for (const [path, change] of changes) {
        const known = places(value).some((place) => place.join('/') === path.join('/'))
        if (known) value = put(value, path, change)
      }
      return written(value)
    })

async function refusalOrAnswer(response: Response, text: string): Promise<unknown> {
  const body = JSON.parse(await response.text()) as Record<string, unknown>
  if (response.status === 200) return body
  expect(
    [400, 404, 413, 422],
    `${response.status} ${JSON.stringify(body)} to ${text.slice(0, 400)}`,
  ).toContain(response.status)
  const words = body['error'] ?? body['message']
  expect(typeof words).toBe('string')
  expect((words as string).length).toBeLessThan(2000)
  return undefined
}

const asSent = (datatype: string, value: unknown): unknown => {
  if (typeof value !== 'number') return value
  return datatype === 'FP32' ? Math.fround(value) : value
}

it('answers whatever Open Inference JSON comes by the very values sent, or refuses it', async () => {
  await fc.assert(
    fc.asyncProperty(mutated(echoRequest()), async (text) => {
      const response = await test.post('/v2/models/echo/infer', text)
      const body = (await refusalOrAnswer(response, text)) as
        | { outputs: { name: string; datatype: string; shape: number[]; data: unknown[] }[] }
        | undefined
      if (!body) return
      const { inputs } = JSON.parse(text) as {
        inputs: { name: string; datatype: string; shape: number[]; data: unknown[] }[]
      }
      for (const output of body.outputs) {
        const input = inputs.find(({ name }) => `${name}_out` === output.name)!
        expect(output.shape).toEqual(input.shape)
        const sent = input.data.flat(40).map((value) => asSent(input.datatype, value))
        const found = output.data.map((value) => asSent(input.datatype, value))
        expect(found.map(Number.isNaN)).toEqual(sent.map(Number.isNaN))
        expect(found.map((v) => (v === 0 ? 0 : v))).toEqual(sent.map((v) => (v === 0 ? 0 : v)))
      }
    }),
    { numRuns: 400 },
  )
  expect(test.faults).toEqual([])
})

it.each(['/endpoints/hires/invocations', '/v1/models/hires:predict'])(
  'answers or refuses whatever JSON comes to %s',
  async (path) => {
    await fc.assert(
      fc.asyncProperty(mutated(scoringRequest()), async (text) => {
        await refusalOrAnswer(await test.post(path, text), text)
      }),
      { numRuns: 150 },
    )
    expect(test.faults).toEqual([])
  },
)

it('answers or refuses whatever bytes come as binary tensors', async () => {
  const sizes = { float: 8, double: 16, int64: 16, uint8: 2, string: 13 }
  const types = { float: 'FP32', double: 'FP64', int64: 'INT64', uint8: 'UINT8', string: 'BYTES' }
  const binary = Buffer.alloc(55)
  binary.set([2, 0, 0, 0, 0x68, 0x69, 3, 0, 0, 0, 0x61, 0x62, 0x63], 42)
  const head = JSON.stringify({
    parameters: { binary_data_output: true },
    inputs: Object.entries(sizes).map(([name, size]) => ({
      name,
      datatype: types[name as keyof typeof types],
      shape: [1, 2],
      parameters: { binary_data_size: size },
    })),
  })
  const whole = Buffer.concat([Buffer.from(head), binary])
  const change = fc.record({
    at: fc.nat(whole.length - 1),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    cut: fc.oneof(fc.constant(0), fc.nat(80)),
    lie: fc.oneof(fc.constant(0), fc.integer({ min: -20, max: 20 })),
  })
  let answered = 0
  await fc.assert(
    fc.asyncProperty(change, async ({ at, bytes, cut, lie }) => {
      const body = Buffer.from(whole)
      body.set(bytes.subarray(0, whole.length - at), at)
      const sent = body.subarray(0, whole.length - cut)
      const headers = { 'inference-header-content-length': String(head.length + lie) }
      const response = await test.post('/v2/models/echo/infer', new Uint8Array(sent), headers)
      if (response.status !== 200) {
        await refusalOrAnswer(response, sent.toString('latin1'))
        return
      }
      answered++
      const answer = Buffer.from(await response.arrayBuffer())
      const length = response.headers.get('inference-header-content-length')
      // Without the request for binary outputs (a changed letter in the JSON) the answer is JSON.
      if (length !== null)
        expect(answer.subarray(Number(length)).equals(sent.subarray(head.length))).toBe(true)
    }),
    { numRuns: 300, examples: [[{ at: 0, bytes: Uint8Array.of(0x7b), cut: 0, lie: 0 }]] },
  )
  expect(answered).toBeGreaterThan(0)
  expect(test.faults).toEqual([])
})

it.each([
  '\u0000',
  '%00',
  '../hires',
  'hires\u0000',
  'hires/../echo',
  'ç',
  'x'.repeat(900),
  '🚲',
  ' ',
])('finds no model by the name %j under any protocol', async (name) => {
  const path = encodeURIComponent(name)
  for (const url of [
    `/v2/models/${path}/infer`,
    `/v2/models/hires/versions/${path}/infer`,
    `/endpoints/${path}/invocations`,
    `/v1/models/${path}:predict`,
  ]) {
    const response = await test.post(url, '{"inputs": []}')
    expect(response.status, url).toBe(404)
  }
})
