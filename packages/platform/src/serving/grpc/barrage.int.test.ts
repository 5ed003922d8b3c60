import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'
import { gzipSync } from 'node:zlib'
import grpc from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addingModel, echoModel, editor, type TestServing, testServing } from '../test-serving.ts'
import { slowModel } from '../test-slow-model.ts'
import { RequestMemory } from '../wire/request-memory.ts'
import type { RunningGrpcServer } from './server.ts'
import { startGrpcServer } from './start.ts'
import { clientOf, type Failed } from './test-grpc.ts'

const { OK, INTERNAL, INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED, UNIMPLEMENTED } = grpc.status
const mostBytes = 1_000_000
const service = '/inference.GRPCInferenceService'

let test: TestServing
let server: RunningGrpcServer
let client: grpc.Client
beforeAll(async () => {
  test = await testServing()
  await test.deploy('hires', await test.register('bike', addingModel(1)))
  await test.deploy('echo', await test.register('echo', echoModel()))
  server = await startGrpcServer({
    host: '127.0.0.1',
    port: 0,
    maxMessageBytes: mostBytes,
    memory: new RequestMemory(),
    catalogue: test.catalogue,
    version: '0.0.0',
    authenticate: async () => ({ name: 'user:test', role: 'editor' }),
    onDefect: (error) => test.faults.push(error),
  })
  client = clientOf('open-inference.proto', 'inference.GRPCInferenceService', server.address)
})
afterAll(async () => {
  client.close()
  await server[Symbol.asyncDispose]()
  await test[Symbol.asyncDispose]()
})

interface Answer {
  readonly id: string
  readonly outputs: { readonly contents: { readonly fp32_contents: number[] } }[]
  readonly raw_output_contents: Buffer[]
}
interface Reply {
  readonly code: grpc.status
  readonly details: string
  readonly metadata?: grpc.Metadata
  readonly answer?: Answer
}

const infer = (
  request: object,
  { deadline, metadata }: { deadline?: Date; metadata?: Record<string, string> } = {},
): Promise<Reply> =>
  new Promise((resolve) => {
    const sent = new grpc.Metadata()
    for (const [name, value] of Object.entries(metadata ?? {})) sent.set(name, value)
    const methods = client as unknown as Record<string, (...args: unknown[]) => void>
    methods['ModelInfer']!(
      request,
      sent,
      deadline ? { deadline } : {},
      (failure: Failed | null, answer: Answer) =>
        resolve(failure ?? { code: OK, details: '', answer }),
    )
  })

const float = (value: number): Buffer => Buffer.from(Float32Array.of(value).buffer)
const text = (value: string, lie = 0): Buffer => {
  const head = Buffer.alloc(4)
  head.writeUInt32LE(Buffer.byteLength(value) + lie)
  return Buffer.concat([head, Buffer.from(value)])
}
const temp = { name: 'temp', datatype: 'FP32', shape: [1, 1] }
const season = { name: 'season', datatype: 'BYTES', shape: [1, 1] }
const raw = (value: number, more: object = {}, other: object = {}): object => ({
  model_name: 'hires',
  inputs: [{ ...temp, ...more }, season],
  raw_input_contents: [float(value), text('spring')],
  ...other,
})
const typed = (value: number): object => ({
  model_name: 'hires',
  inputs: [
    { ...temp, contents: { fp32_contents: [value] } },
    { ...season, contents: { bytes_contents: [Buffer.from('spring')] } },
  ],
})

/** A call of raw HTTP/2: the frame of a message may say what it likes. */
function rawCall(
  session: ClientHttp2Session,
  frame: Uint8Array,
  headers: IncomingHttpHeaders = {},
  method = 'ModelInfer',
): Promise<string> {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': `${service}/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    })
    let status: string | undefined
    const look = (found: IncomingHttpHeaders): void => {
      status = (found['grpc-status'] as string | undefined) ?? status
      const http = found[':status'] as number | undefined
      if (http !== undefined && http !== 200) status = `HTTP ${http}`
    }
    stream.on('response', look)
    stream.on('trailers', look)
    stream.on('error', () => undefined)
    stream.on('close', () => resolve(status ?? 'reset'))
    stream.resume()
    stream.end(frame)
  })
}
const framed = (bytes: Uint8Array, { flag = 0, length = bytes.length } = {}): Buffer => {
  const head = Buffer.alloc(5)
  head.writeUInt8(flag, 0)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, bytes])
}
async function withSession<T>(ask: (session: ClientHttp2Session) => Promise<T>): Promise<T> {
  const session = connect(`http://${server.address}`)
  session.on('error', () => undefined)
  try {
    return await ask(session)
  } finally {
    session.destroy()
  }
}

const hostile: readonly [string, () => Promise<grpc.status>, readonly grpc.status[]][] = (
  [
    ['a wrong rank', raw(1, { shape: [1] }), INVALID_ARGUMENT],
    ['a wrong fixed dimension', raw(1, { shape: [1, 2] }), INVALID_ARGUMENT],
    ['a wrong datatype', raw(1, { datatype: 'FP64' }), INVALID_ARGUMENT],
    ['a datatype of the prototype', raw(1, { datatype: 'constructor' }), INVALID_ARGUMENT],
    ['rows that are not there', raw(1, { shape: [2, 1] }), INVALID_ARGUMENT],
    ['a trillion rows', raw(1, { shape: ['1000000000000', 1] }), INVALID_ARGUMENT],
    ['a dimension of -1', raw(1, { shape: [-1, 1] }), INVALID_ARGUMENT],
    ['an unknown input', raw(1, { name: '__proto__' }), INVALID_ARGUMENT],
    [
      'bytes that are cut off',
      raw(1, {}, { raw_input_contents: [float(1).subarray(1), text('x')] }),
      INVALID_ARGUMENT,
    ],
    [
      'a text longer than its bytes',
      raw(1, {}, { raw_input_contents: [float(1), text('spring', 1000)] }),
      INVALID_ARGUMENT,
    ],
    [
      'a text shorter than its bytes',
      raw(1, {}, { raw_input_contents: [float(1), text('spring', -2)] }),
      INVALID_ARGUMENT,
    ],
    [
      'contents for another input',
      raw(1, {}, { raw_input_contents: [text('spring'), float(1)] }),
      INVALID_ARGUMENT,
    ],
    ['an unknown version', raw(1, {}, { model_version: '99' }), NOT_FOUND],
    ['a version that is no number', raw(1, {}, { model_version: '1e0' }), NOT_FOUND],
    ['an unknown model', raw(1, {}, { model_name: 'constructor' }), NOT_FOUND],
    ['no model', raw(1, {}, { model_name: '' }), NOT_FOUND],
    [
      'a message beyond the limit',
      raw(1, {}, { raw_input_contents: [Buffer.alloc(mostBytes), text('x')] }),
      RESOURCE_EXHAUSTED,
    ],
    [
      'an event time that is none',
      raw(1, {}, { parameters: { event_time: { string_param: 'soon' } } }),
      INVALID_ARGUMENT,
    ],
  ] as const
).map(([what, request, code]) => [what, async () => (await infer(request)).code, [code]])

describe('a barrage over gRPC', () => {
  it.each(hostile)('refuses %s', async (_what, send, codes) => {
    expect(codes).toContain(await send())
    expect(test.faults).toEqual([])
  })

  it('gives each request its own answer while hostile ones come over gRPC and HTTP', async () => {
    const json = (value: number, more: object = {}) => ({
      inputs: [
        { ...temp, data: [value], ...more },
        { ...season, data: ['spring'] },
      ],
    })
    const overHttp = async (body: unknown): Promise<[number, number | undefined]> => {
      const answer = await test.post('/v2/models/hires/infer', body)
      const { outputs } = (await answer.json()) as { outputs?: { data: number[] }[] }
      return [answer.status, outputs?.[0]?.data[0]]
    }
    const wrong = [
      json(1, { shape: [3, 1] }),
      json(1, { datatype: 'INT8' }),
      json(1, { data: [1, 2] }),
      '{"inputs": [',
    ]
    const asked = Array.from({ length: 300 }, async (_, i) => {
      const own = i * 3
      const [, send, codes] = hostile[i % hostile.length]!
      const [rawly, typedly, http, refused, bad] = await Promise.all([
        infer(raw(own)),
        infer(typed(own + 1)),
        overHttp(json(own + 2)),
        send(),
        overHttp(wrong[i % wrong.length]),
      ])
      expect(rawly.answer?.raw_output_contents[0]?.readFloatLE(0)).toBe(own + 1)
      expect(typedly.answer?.outputs[0]?.contents.fp32_contents).toEqual([own + 2])
      expect(http).toEqual([200, own + 3])
      expect(codes).toContain(refused)
      expect(bad).toEqual([400, undefined])
    })
    await Promise.all(asked)
    expect(test.faults).toEqual([])
  })

  it('answers others while metadata, frames and compression lie', async () => {
    const message = Buffer.from('0a056869726573', 'hex')
    const bomb = gzipSync(Buffer.alloc(200_000_000))
    const gzip = { 'grpc-encoding': 'gzip' }
    const many = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [`x-${i}`, 'x'.repeat(10)]),
    )
    const before = process.memoryUsage().rss
    type Case = readonly [string, Uint8Array, IncomingHttpHeaders, string, string?]
    const cases: readonly Case[] = [
      ['a value of 200 kB', framed(message), { 'x-big': 'x'.repeat(200_000) }, 'reset'],
      ['5,000 entries', framed(message), many, 'reset'],
      ['a gzip bomb', framed(bomb, { flag: 1 }), gzip, `${RESOURCE_EXHAUSTED}`],
      ['gzip that is none', framed(message, { flag: 1 }), gzip, `${INTERNAL}`],
      [
        'an unknown compression',
        framed(message, { flag: 1 }),
        { 'grpc-encoding': 'br' },
        `${UNIMPLEMENTED}`,
      ],
      ['a frame of 4 GB', framed(message, { length: 2 ** 32 - 1 }), {}, `${RESOURCE_EXHAUSTED}`],
      ['a frame that says more', framed(message, { length: 100 }), {}, `${UNIMPLEMENTED}`],
      ['no frame', new Uint8Array(0), {}, `${UNIMPLEMENTED}`],
      ['two messages', Buffer.concat([framed(message), framed(message)]), {}, `${UNIMPLEMENTED}`],
      ['another content', framed(message), { 'content-type': 'text/plain' }, 'HTTP 415'],
      ['a deadline that is none', framed(message), { 'grpc-timeout': 'soon' }, `${INTERNAL}`],
      ['an unknown method', framed(message), {}, `${UNIMPLEMENTED}`, '__proto__'],
    ]
    for (const [what, frame, headers, wanted, method] of cases) {
      const status = await withSession((session) => rawCall(session, frame, headers, method))
      expect([what, status]).toEqual([what, wanted])
      expect((await infer(raw(41))).answer?.raw_output_contents[0]?.readFloatLE(0)).toBe(42)
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000)
    expect(test.faults).toEqual([])
  })
})

describe('a slow model over gRPC', () => {
  const slow = (id: string): object => ({ ...typed(1), model_name: 'slow', id })
  const soon = (ms: number) => ({ deadline: new Date(Date.now() + ms) })
  const logged = async (): Promise<readonly string[]> =>
    (await test.serving.predictions('slow', { from: 0, to: 1e15 })).inferenceId
  beforeAll(async () => {
    await test.deploy('slow', await test.register('slow', slowModel(40)))
  })

  it('computes nothing for a caller whose deadline passes while others are computed', async () => {
    const limits = { maxConcurrent: 1, maxQueue: 10, clientBurst: 1 }
    await test.serving.configure(editor, 'slow', { limits })
    const first = infer(slow('first'))
    const late = await Promise.all(['a', 'b', 'c'].map((id) => infer(slow(id), soon(30))))
    expect(late.map(({ code }) => code)).toEqual(new Array(3).fill(grpc.status.DEADLINE_EXCEEDED))
    expect((await first).code).toBe(OK)
    expect((await infer(slow('last'), soon(60_000))).code).toBe(OK)
    expect(await logged()).toEqual(['first', 'last'])
  })

  it('takes no message that is larger than its endpoint allows', async () => {
    const limits = { maxRequestBytes: 300, maxQueue: 10, clientBurst: 1 }
    await test.serving.configure(editor, 'slow', { limits })
    expect((await infer(slow('small'))).code).toBe(OK)
    const large = await infer(slow('x'.repeat(250)))
    expect([large.code, large.details]).toEqual([
      RESOURCE_EXHAUSTED,
      expect.stringContaining('the limit of 300 bytes'),
    ])
  })

  it('says when to come again', async () => {
    const one = { maxConcurrent: 1, maxQueue: 0, clientBurst: 1 }
    await test.serving.configure(editor, 'slow', { limits: one })
    const both = await Promise.all([infer(slow('x')), infer(slow('y'))])
    const refused = both.find(({ code }) => code !== OK)
    expect(refused?.code).toBe(grpc.status.UNAVAILABLE)
    expect(refused?.metadata?.get('retry-after')).toEqual(['1'])
    expect(refused?.metadata?.get('grpc-retry-pushback-ms')).toEqual(['1000'])
    const limits = { clientRate: 0.001, clientBurst: 1, maxQueue: 1000 }
    await test.serving.configure(editor, 'slow', { limits })
    expect((await infer(slow('z'))).code).toBe(OK)
    const rated = await infer(slow('over'))
    expect(rated.code).toBe(RESOURCE_EXHAUSTED)
    expect(Number(rated.metadata?.get('grpc-retry-pushback-ms')[0])).toBeGreaterThan(900_000)
  })
})
