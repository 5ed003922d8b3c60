import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { KaizenError, type Role } from '@kaizen/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Datatype, Tensor } from '../../runtime/index.ts'
import { addingModel, echoModel, type TestServing, testServing } from '../test-serving.ts'
import { RequestMemory } from '../wire/request-memory.ts'
import { encodeBinaryTensor } from '../wire/tensor-binary.ts'
import { elementsOf } from '../wire/tensor-json.ts'
import { encodeContents } from './contents.ts'
import type { RunningGrpcServer } from './server.ts'
import { startGrpcServer } from './start.ts'
import { clientOf, type Failed } from './test-grpc.ts'

const options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true }
const file = fileURLToPath(new URL('open-inference.proto', import.meta.url))
const inference = loadSync(file, options)

const roles: Record<string, Role> = { 'Bearer look': 'viewer', 'Bearer work': 'editor' }
let test: TestServing
let server: RunningGrpcServer
let client: grpc.Client

beforeAll(async () => {
  test = await testServing()
  await test.deploy('hires', await test.register('bike', addingModel(1)))
  await test.deploy('echo', await test.register('echo', echoModel()))
  await test.serving.create(
    { name: 'user:test', role: 'editor' },
    { name: 'empty', description: '', model: 'models:/bike/1', target: null },
  )
  server = await startGrpcServer({
    host: '127.0.0.1',
    port: 0,
    maxMessageBytes: 1_000_000,
    memory: new RequestMemory(),
    catalogue: test.catalogue,
    version: '0.0.0',
    authenticate: async (authorization) => {
      if (authorization === undefined) return { name: 'user:test', role: 'editor' }
      const role = roles[authorization]
      if (!role) throw new KaizenError('UNAUTHENTICATED', 'the token is unknown')
      return { name: 'token:test', role }
    },
    onDefect: (error) => test.faults.push(error),
  })
  client = clientOf('open-inference.proto', 'inference.GRPCInferenceService', server.address)
})
afterAll(async () => {
  client.close()
  await server[Symbol.asyncDispose]()
  await test[Symbol.asyncDispose]()
})

type Answered = Record<string, never> & {
  readonly outputs: { name: string; shape: string[]; contents: Record<string, unknown[]> }[]
  readonly raw_output_contents: Buffer[]
}

const call = (
  method: string,
  request: object,
  { from = client, token, deadline }: { from?: grpc.Client; token?: string; deadline?: Date } = {},
): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const metadata = new grpc.Metadata()
    if (token !== undefined) metadata.set('authorization', token)
    const methods = from as unknown as Record<string, (...args: unknown[]) => void>
    methods[method]!(
      request,
      metadata,
      deadline ? { deadline } : {},
      (failure: Failed | null, answer: Answered) => (failure ? reject(failure) : resolve(answer)),
    )
  })

const refusal = async (...args: Parameters<typeof call>): Promise<Failed> => {
  try {
    await call(...args)
  } catch (failure) {
    return failure as Failed
  }
  throw new Error('expected a refusal')
}

const temp = {
  name: 'temp',
  datatype: 'FP32',
  shape: [1, 1],
  contents: { fp32_contents: [1] },
} as Record<string, unknown>
const season = {
  name: 'season',
  datatype: 'BYTES',
  shape: [1, 1],
  contents: { bytes_contents: [Buffer.from('x')] },
}
const hires = (more: object = {}, other: object = {}): object => ({
  model_name: 'hires',
  inputs: [{ ...temp, ...more }, season],
  ...other,
})

describe('equal answers', () => {
  const rows = 3
  const element: Record<string, [Datatype, fc.Arbitrary<never>]> = {
    float: ['FP32', fc.float() as never],
    double: ['FP64', fc.double() as never],
    int64: ['INT64', fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n) as never],
    uint8: ['UINT8', fc.integer({ min: 0, max: 255 }) as never],
    string: ['BYTES', fc.string({ unit: 'grapheme' }).filter((t) => !t.includes('\0')) as never],
  }
  const list = (of: fc.Arbitrary<never>): fc.Arbitrary<never[]> =>
    fc.array(of, { minLength: rows * 2, maxLength: rows * 2 })
  const record = fc.record(
    Object.fromEntries(Object.entries(element).map(([name, [, of]]) => [name, list(of)])),
  ) as fc.Arbitrary<Record<string, (number | bigint | string)[]>>

  const wire = (values: readonly (number | bigint | string)[]): string =>
    `[${values
      .map((value) =>
        typeof value === 'string' || (typeof value === 'number' && !Number.isFinite(value))
          ? JSON.stringify(String(value))
          : Object.is(value, -0)
            ? '-0'
            : String(value),
      )
      .join()}]`
  const nested = (values: readonly (number | bigint | string)[]): string =>
    `[${Array.from({ length: rows }, (_, i) => wire(values.slice(i * 2, i * 2 + 2))).join()}]`

  it('come from flat and nested JSON, binary, raw and typed gRPC for the same tensors', async () => {
    await fc.assert(
      fc.asyncProperty(record, async (values) => {
        const tensors = Object.entries(values).map(([name, items]) => {
          const [datatype] = element[name]!
          const written = items.map((item) =>
            typeof item === 'number' && !Number.isFinite(item) ? String(item) : item,
          )
          const data = elementsOf(name, datatype, written)
          return { name, tensor: { datatype, shape: [rows, 2], data } satisfies Tensor }
        })
        const head = ({ name, tensor }: (typeof tensors)[number]): string =>
          `"name":"${name}","datatype":"${tensor.datatype}","shape":[${rows},2]`
        const json = (render: typeof wire): string =>
          `{"inputs":[${tensors.map((t) => `{${head(t)},"data":${render(values[t.name]!)}}`).join()}]}`
        const binary = tensors.map(({ tensor }) => encodeBinaryTensor(tensor))
        const described = `{"parameters":{"binary_data_output":true},"inputs":[${tensors
          .map((t, i) => `{${head(t)},"parameters":{"binary_data_size":${binary[i]!.length}}}`)
          .join()}]}`
        const outputsOf = async (response: Response): Promise<unknown> => {
          expect(response.status).toBe(200)
          const body = (await response.json()) as { outputs: unknown }
          return body.outputs
        }
        const path = '/v2/models/echo/infer'
        const flat = await outputsOf(await test.post(path, json(wire)))
        expect(await outputsOf(await test.post(path, json(nested)))).toEqual(flat)

        const answered = await test.post(path, Buffer.concat([Buffer.from(described), ...binary]), {
          'inference-header-content-length': String(Buffer.byteLength(described)),
        })
        const length = Number(answered.headers.get('inference-header-content-length'))
        const bytes = Buffer.from(await answered.arrayBuffer()).subarray(length)
        expect(bytes.equals(Buffer.concat(binary))).toBe(true)

        const heads = tensors.map(({ name, tensor }) => ({
          name,
          datatype: tensor.datatype,
          shape: tensor.shape,
        }))
        const raw = await call('ModelInfer', {
          model_name: 'echo',
          inputs: heads,
          raw_input_contents: binary,
        })
        expect(Buffer.concat(raw.raw_output_contents).equals(Buffer.concat(binary))).toBe(true)

        const contents = tensors.map(({ tensor }) => encodeContents(tensor))
        const typed = await call('ModelInfer', {
          model_name: 'echo',
          inputs: heads.map((each, i) => ({ ...each, contents: contents[i] })),
        })
        expect(typed.raw_output_contents).toEqual([])
        for (const [i, { contents: found }] of typed.outputs.entries()) {
          for (const [field, wanted] of Object.entries(contents[i]!)) {
            expect(found[field]).toEqual(wanted)
          }
        }
      }),
      { numRuns: 25 },
    )
  })
})

it.each<[string, object, RegExp]>([
  ['too few elements', hires({ contents: { fp32_contents: [] } }), /holds 1 elements.*there are 0/],
  ['too many', hires({ contents: { fp32_contents: [1, 2] } }), /holds 1 elements.*there are 2/],
  ['a negative dimension', hires({ shape: [-1, 1] }), /not a shape/],
  ['an overflowing shape', hires({ shape: ['9223372036854775807', 4] }), /not a shape/],
  ['another field', hires({ contents: { fp64_contents: [1] } }), /belongs in fp32_contents/],
  ['an unknown datatype', hires({ datatype: 'BF16' }), /not a known datatype/],
  ['a missing input', { model_name: 'hires', inputs: [temp] }, /"season" is missing/],
  ['an input twice', { model_name: 'hires', inputs: [temp, temp] }, /stands twice/],
  ['an unknown output', hires({}, { outputs: [{ name: 'nope' }] }), /no output "nope"/],
  [
    'raw for one input only',
    hires({}, { raw_input_contents: [Buffer.alloc(4)] }),
    /1 for 2 inputs/,
  ],
  [
    'raw beside contents',
    hires({}, { raw_input_contents: [Buffer.alloc(4), Buffer.alloc(5)] }),
    /beside raw_input_contents/,
  ],
  [
    'text that is not UTF-8',
    {
      model_name: 'hires',
      inputs: [temp, { ...season, contents: { bytes_contents: [Buffer.from([0xff])] } }],
    },
    /not UTF-8/,
  ],
  ['an id of 300 characters', hires({}, { id: 'x'.repeat(300) }), /at most 256/],
])('refuses %s as an invalid argument', async (_name, request, why) => {
  const { code, details } = await refusal('ModelInfer', request)
  expect(details).toMatch(why)
  expect(code).toBe(grpc.status.INVALID_ARGUMENT)
})

it('tells numbers beyond their datatype from those within', async () => {
  const inputs = [
    ['float', 'FP32', { fp32_contents: [1, 2] }],
    ['double', 'FP64', { fp64_contents: [1, 2] }],
    ['int64', 'INT64', { int64_contents: ['1', '2'] }],
    ['uint8', 'UINT8', { uint_contents: [1, 300] }],
    ['string', 'BYTES', { bytes_contents: [Buffer.from('a'), Buffer.from('b')] }],
  ].map(([name, datatype, contents]) => ({ name, datatype, shape: [1, 2], contents }))
  const { details } = await refusal('ModelInfer', { model_name: 'echo', inputs })
  expect(details).toMatch(/300 is not a whole number from 0 to 255/)
})

describe('statuses', () => {
  it('tells an unknown model or version from one that does not answer', async () => {
    const nobody = await refusal('ModelInfer', hires({}, { model_name: '../x\u0000' }))
    expect(nobody.code).toBe(grpc.status.NOT_FOUND)
    const version = await refusal('ModelInfer', hires({}, { model_version: 'latest' }))
    expect(version.code).toBe(grpc.status.NOT_FOUND)
    const empty = await refusal('ModelInfer', hires({}, { model_name: 'empty' }))
    expect(empty.code).toBe(grpc.status.UNAVAILABLE)
    expect(await call('ModelReady', { name: 'empty' })).toEqual({ ready: false })
  })

  it('asks for tokens as HTTP does', async () => {
    const unknown = await refusal('ModelInfer', hires(), { token: 'Bearer nobody' })
    expect(unknown.code).toBe(grpc.status.UNAUTHENTICATED)
    const load = { model_name: 'hires' }
    const viewer = await refusal('RepositoryModelLoad', load, { token: 'Bearer look' })
    expect(viewer.code).toBe(grpc.status.PERMISSION_DENIED)
    await call('ModelInfer', hires(), { token: 'Bearer work' })
    expect(await call('ServerLive', {}, { token: 'Bearer nobody' })).toEqual({ live: true })
  })

  it('keeps deadlines: what is too late is neither computed nor logged', async () => {
    const logged = async (): Promise<number> => (await test.serving.view('hires')).predictions
    const before = await logged()
    const late = await refusal('ModelInfer', hires(), { deadline: new Date(Date.now() - 1) })
    expect(late.code).toBe(grpc.status.DEADLINE_EXCEEDED)
    expect(await logged()).toBe(before)
  })

  it('refuses messages beyond the limit', async () => {
    const big = hires({ contents: { fp32_contents: new Array(300_000).fill(1) } })
    expect((await refusal('ModelInfer', big)).code).toBe(grpc.status.RESOURCE_EXHAUSTED)
  })

  it('tells bytes that are no message from a defect', async () => {
    const garbage = await new Promise<Failed>((resolve) => {
      client.makeUnaryRequest(
        '/inference.GRPCInferenceService/ModelInfer',
        (bytes: Buffer) => bytes,
        (bytes) => bytes,
        Buffer.from([0x0f, 0xff, 0xff]),
        (failure) => resolve(failure as unknown as Failed),
      )
    })
    expect(garbage.code).toBe(grpc.status.INVALID_ARGUMENT)
    expect(test.faults).toEqual([])
  })
})

it('answers or refuses whatever bytes come, and cuts nothing off', async () => {
  const path = '/inference.GRPCInferenceService/ModelInfer'
  const { requestSerialize } = (
    inference['inference.GRPCInferenceService'] as unknown as grpc.ServiceDefinition
  )['ModelInfer']!
  const whole = requestSerialize(hires({}, { id: 'request' }))
  const send = (bytes: Uint8Array): Promise<number> =>
    new Promise((resolve) => {
      client.makeUnaryRequest(
        path,
        (message: Buffer) => message,
        (message) => message,
        Buffer.from(bytes),
        (failure) => resolve(failure ? failure.code : grpc.status.OK),
      )
    })
  const { OK, INVALID_ARGUMENT, NOT_FOUND } = grpc.status
  expect(await send(whole)).toBe(OK)
  // The model's name is the first field; a length beyond the message must not end where the bytes end.
  expect(await send(Uint8Array.of(0x0a, 0x7f, ...Buffer.from('hires')))).toBe(INVALID_ARGUMENT)
  const change = fc.record({
    at: fc.nat(whole.length - 1),
    byte: fc.nat(255),
    cut: fc.oneof(fc.constant(0), fc.nat(whole.length)),
  })
  await fc.assert(
    fc.asyncProperty(change, async ({ at, byte, cut }) => {
      const bytes = Buffer.from(whole)
      bytes[at] = byte
      const code = await send(bytes.subarray(0, whole.length - cut))
      expect([OK, INVALID_ARGUMENT, NOT_FOUND, grpc.status.UNIMPLEMENTED]).toContain(code)
    }),
    { numRuns: 300 },
  )
  expect(test.faults).toEqual([])
})

it('answers the standard health service and reflection', async () => {
  const checked = clientOf('health.proto', 'grpc.health.v1.Health', server.address)
  expect(await call('Check', { service: '' }, { from: checked })).toEqual({ status: 'SERVING' })
  const unknown = await refusal('Check', { service: 'nobody' }, { from: checked })
  expect(unknown.code).toBe(grpc.status.NOT_FOUND)
  const watch = (
    checked as unknown as Record<string, (q: object) => grpc.ClientReadableStream<object>>
  )['Watch']!({ service: '' })
  const first = await new Promise((resolve) => watch.once('data', resolve))
  expect(first).toEqual({ status: 'SERVING' })
  watch.on('error', () => undefined)
  watch.cancel()
  checked.close()

  const require = createRequire(import.meta.url)
  const reflected = require
    .resolve('@grpc/reflection')
    .replace(/build.src.index\.js$/, 'build/proto/grpc/reflection/v1/reflection.proto')
  const name = 'grpc.reflection.v1.ServerReflection'
  const reflection = clientOf(reflected, name, server.address)
  const stream = (
    reflection as unknown as Record<string, () => grpc.ClientDuplexStream<object, object>>
  )['ServerReflectionInfo']!()
  const listed = new Promise((resolve) => stream.once('data', resolve))
  stream.write({ list_services: '' })
  const { list_services_response: services } = (await listed) as {
    list_services_response: { service: { name: string }[] }
  }
  stream.end()
  reflection.close()
  const names = services.service.map((each) => each.name)
  expect(names).toContain('inference.GRPCInferenceService')
  expect(names).toContain('grpc.health.v1.Health')
})
