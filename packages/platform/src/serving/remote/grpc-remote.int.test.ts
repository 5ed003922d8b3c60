import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunningGrpcServer } from '../grpc/server.ts'
import { startGrpcServer } from '../grpc/start.ts'
import { addingModel, echoModel, editor, type TestServing, testServing } from '../test-serving.ts'
import { RequestMemory } from '../wire/request-memory.ts'

const json = { 'content-type': 'application/json' }
const python = process.env['KAIZEN_PYTHON'] ?? 'python3'

let near: TestServing
let far: TestServing
let server: RunningGrpcServer
beforeAll(async () => {
  near = await testServing({ remote: { allowPrivate: true, timeoutMs: 1000 } })
  far = await testServing()
  await near.serving.create(editor, { name: 'hires', description: '', model: 'bike', target: null })
  await far.deploy('bike', await far.register('bike', addingModel(1)))
  await far.deploy('echo', await far.register('echo', echoModel()))
  server = await grpcOf(far)
})
afterAll(async () => {
  await near[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await far[Symbol.asyncDispose]()
})

const grpcOf = ({ catalogue, faults }: TestServing, port = 0): Promise<RunningGrpcServer> =>
  startGrpcServer({
    host: '127.0.0.1',
    port,
    maxMessageBytes: 1_000_000,
    memory: new RequestMemory(),
    catalogue,
    version: '0.0.0',
    authenticate: async () => editor,
    onDefect: (error) => faults.push(error),
  })
const route = async (model: string, at = near): Promise<readonly [number, string]> => {
  const answer = await fetch(`${at.url}/api/v1/endpoints/hires/route`, {
    method: 'PUT',
    headers: json,
    body: JSON.stringify({ arms: [{ name: 'far', model }] }),
  })
  return [answer.status, await answer.text()]
}
const ask = async (season = 'x'): Promise<readonly [number, unknown]> => {
  const records = [1, 2.5].map((temp) => ({ temp, season }))
  const body = { dataframe_records: records }
  const answer = await near.post('/endpoints/hires/invocations', body, json)
  const { predictions, message } = (await answer.json()) as Record<string, unknown>
  return [answer.status, predictions ?? message]
}

describe('a model of another Kaizen, over gRPC', () => {
  it('answers under the name of the endpoint, is logged, and gives every datatype as it is', async () => {
    expect((await route(`grpc://${server.address}/v2/models/bike`))[0]).toBe(200)
    expect(await ask()).toEqual([200, [2, 3.5]])
    const { items } = await near.serving.reader.records('hires', { limit: 1 })
    expect(items[0]).toMatchObject({ model: 'bike', version: 1, outputs: { variable: 3.5 } })
    expect((await route(`grpc://${server.address}/v2/models/echo/versions/1`))[0]).toBe(200)
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

  it('is refused where there is none, where its address may not be asked, and where it is no address', async () => {
    const at = server.address
    for (const path of ['nobody', 'bike/versions/9', 'bike/versions/x']) {
      const [status, text] = await route(`grpc://${at}/v2/models/${path}`)
      expect([path, status, text]).toEqual([
        path,
        404,
        expect.stringContaining('there is no model'),
      ])
    }
    expect((await route('grpc://127.0.0.1:9/v2/models/bike'))[0]).toBe(503)
    for (const uri of [
      `grpc://${at}/models/bike`,
      `grpc://${at}/v2/models/m?x=1`,
      'grpcs://a:b@example.org/v2/models/m',
      'grpcx://example.org/v2/models/m',
      'grpc:///v2/models/m',
    ])
      expect([uri, [400, 404].includes((await route(uri))[0])]).toEqual([uri, true])
    await using closed = await testServing()
    const plain = { name: 'hires', description: '', model: 'b', target: null }
    await closed.serving.create(editor, plain)
    for (const uri of [
      `grpc://${at}/v2/models/bike`,
      `grpcs://${at}/v2/models/bike`,
      'grpcs://[::1]/v2/models/m',
      'grpcs://0x7f.1:8001/v2/models/m',
      'grpcs://2130706433/v2/models/m',
      'grpcs://localhost:1/v2/models/m',
    ]) {
      const [status, text] = await route(uri, closed)
      expect([uri, status, text]).toEqual([
        uri,
        400,
        expect.stringContaining('--remote-models-to-private'),
      ])
    }
  })

  it('fails while that server is away, and answers when it is back', async () => {
    const other = await grpcOf(far)
    const port = Number(other.address.split(':').at(-1))
    expect((await route(`grpc://${other.address}/v2/models/bike`))[0]).toBe(200)
    expect(await ask()).toEqual([200, [2, 3.5]])
    await other[Symbol.asyncDispose]()
    expect(await ask()).toEqual([503, expect.stringContaining('is not reached')])
    await using _again = await grpcOf(far, port)
    await expect.poll(async () => (await ask())[0], { timeout: 5000 }).toBe(200)
  })

  it('is asked by TLS, of the name in its certificate and of no other', async () => {
    const [key, certificate] = ['key', 'certificate'].map((name) => join(far.folder, name)) as [
      string,
      string,
    ]
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    const files = ['-out', certificate, '-keyout', key]
    execFileSync('openssl', ['req', ...kind, '-days', '2', ...subject, ...files], {
      stdio: 'ignore',
    })
    const secured = createServer(
      { key: await readFile(key), cert: await readFile(certificate), ALPNProtocols: ['h2'] },
      (socket) => {
        const inner = connect(Number(server.address.split(':').at(-1)), '127.0.0.1')
        socket.on('error', () => inner.destroy())
        inner.on('error', () => socket.destroy())
        socket.pipe(inner).pipe(socket)
      },
    )
    secured.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve) => secured.listen(0, '127.0.0.1', resolve))
    const { port } = secured.address() as AddressInfo
    const trusted = getCACertificates('default')
    try {
      const unknown = await route(`grpcs://localhost:${port}/v2/models/bike`)
      expect(unknown[0]).toBe(503)
      setDefaultCACertificates([...trusted, await readFile(certificate, 'utf8')])
      expect(await route(`grpcs://localhost:${port}/v2/models/bike`)).toMatchObject([200, {}])
      expect(await ask()).toEqual([200, [2, 3.5]])
      // The certificate is not that of the address, and the server speaks nothing plain.
      expect((await route(`grpcs://127.0.0.1:${port}/v2/models/bike`))[0]).toBe(503)
      expect((await route(`grpc://localhost:${port}/v2/models/bike`))[0]).toBe(503)
    } finally {
      setDefaultCACertificates(trusted)
      secured.close()
    }
  })
})

describe("a server of tritonclient's own stubs", () => {
  let child: ChildProcess
  let address: string
  beforeAll(async () => {
    child = spawn(python, [join(import.meta.dirname, 'test-triton.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [port] = await once(createInterface(child.stdout!), 'line')
    address = `grpc://127.0.0.1:${port}/v2/models`
    expect(await route(`${address}/bike`)).toMatchObject([200, expect.anything()])
  }, 30_000)
  afterAll(() => void child.kill())

  it('answers in raw and in typed contents, under the newest version that it names', async () => {
    expect(await ask('raw')).toEqual([200, [2, 3.5]])
    expect(await ask('typed')).toEqual([200, [2, 3.5]])
    expect((await near.serving.view('hires')).arms[0]?.version).toBe(4)
  })

  it('is told apart where it refuses, is busy, late, broken or no longer has the model', async () => {
    expect(await ask('invalid')).toEqual([400, expect.stringContaining('refuses it: too warm')])
    expect(await ask('busy')).toEqual([503, expect.stringContaining('no instance is free')])
    expect(await ask('broken')).toEqual([503, expect.stringContaining('a defect')])
    expect(await ask('gone')).toEqual([503, expect.stringContaining('unloaded')])
    expect(await ask('slow')).toEqual([
      503,
      expect.stringContaining('did not answer within 1000 ms'),
    ])
    expect(await ask('raw')).toEqual([200, [2, 3.5]])
  })

  it.each(['type', 'shape', 'name', 'short', 'many', 'none', 'stray'])(
    'passes nothing on that does not fit its metadata: %s',
    async (how) => {
      expect(await ask(how)).toEqual([503, expect.stringContaining('cannot be used')])
    },
  )

  it('serves no model that it does not know or that has datatypes of its own', async () => {
    expect((await route(`${address}/nobody`))[0]).toBe(404)
    const [status, text] = await route(`${address}/odd`)
    expect([status, text]).toEqual([503, expect.stringContaining('not ready')])
  })
})
