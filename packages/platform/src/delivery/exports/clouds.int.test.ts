import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import type { ExportTarget } from '@kaizen/contracts'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { OnnxRuntime } from '../../runtime/index.ts'
import { exportBundle } from './exporter.ts'
import type { GoldenSet, GoldenTensor } from './golden-set.ts'
import { type FileMap, tarOf } from './tar.ts'
import { models } from './test-models.ts'
import { rawModel } from './test-raw-model.ts'

const run = promisify(execFile)
const trees = models.find(([name]) => name === 'two classes of trees')![1]
let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kaizen-clouds-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

interface Bundle {
  readonly files: FileMap
  readonly folder: string
  readonly golden: GoldenSet
}
async function bundle(target: ExportTarget, content: Uint8Array): Promise<Bundle> {
  await using runtime = new OnnxRuntime({ threads: 1 })
  const source = { name: 'Good loans', version: 3, description: '', content }
  const files = await exportBundle(runtime, target, source)
  const folder = await mkdtemp(join(root, 'bundle-'))
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
  return { files, folder, golden: JSON.parse(String(files['golden.json'])) }
}

function expectGolden(found: readonly GoldenTensor[], { outputs }: GoldenSet): void {
  expect(found.map(({ name, shape }) => [name, shape])).toEqual(
    outputs.map(({ name, shape }) => [name, shape]),
  )
  for (const [i, { data }] of outputs.entries()) {
    for (const [at, value] of data.entries()) {
      if (typeof value === 'number') expect(found[i]!.data[at]).toBeCloseTo(value, 5)
      else expect(found[i]!.data[at]).toBe(value)
    }
  }
}

/** A stand-in of the runtime interface of AWS Lambda: hands one event out at a time and takes what comes back. */
async function lambdaService(): Promise<{
  readonly address: string
  invoke(event: unknown): Promise<{ kind: string; body: Record<string, unknown> }>
  close(): void
}> {
  type Answer = { kind: string; body: Record<string, unknown> }
  const waiting: { event: unknown; answered: (answer: Answer) => void }[] = []
  const open = new Map<string, (answer: Answer) => void>()
  let wake = (): void => undefined
  let next = 0
  const read = async (request: IncomingMessage): Promise<Record<string, unknown>> =>
    JSON.parse(await text(request))
  const server = createServer(async (request, response) => {
    const [, id, kind] = /\/invocation\/([^/]+)\/(response|error)$/.exec(request.url!) ?? []
    if (id !== undefined) {
      open.get(id)?.({ kind: kind!, body: await read(request) })
      response.writeHead(202).end('{}')
      return
    }
    while (waiting.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    const { event, answered } = waiting.shift()!
    const requestId = `request-${next++}`
    open.set(requestId, answered)
    response.setHeader('lambda-runtime-aws-request-id', requestId)
    response.end(JSON.stringify(event))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    invoke: (event) =>
      new Promise((answered) => {
        waiting.push({ event, answered })
        wake()
      }),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

describe.each([
  ['source', () => trees().toOnnx()],
  ['onnxruntime', rawModel],
] as const)('a function of AWS Lambda, of %s', (_, content) => {
  let made: Bundle
  let service: Awaited<ReturnType<typeof lambdaService>>
  let stop: () => void
  beforeAll(async () => {
    made = await bundle('lambda', content())
    service = await lambdaService()
    const folder = join(made.folder, 'unzipped')
    await run('python3', ['-m', 'zipfile', '-e', 'function.zip', folder], { cwd: made.folder })
    const child = spawn(process.execPath, ['lambda-runtime.js'], {
      cwd: folder,
      env: { AWS_LAMBDA_RUNTIME_API: service.address },
      stdio: 'ignore',
    })
    stop = () => child.kill()
  })
  afterAll(() => {
    stop()
    service.close()
  })

  const http = async (event: unknown) => {
    const { kind, body } = await service.invoke(event)
    expect(kind).toBe('response')
    return { status: body['statusCode'], body: JSON.parse(body['body'] as string) }
  }
  const event = (): Record<string, unknown> => JSON.parse(String(made.files['event.json']))

  it('answers the golden set to an event of API Gateway, and to a bare request', async () => {
    const { status, body } = await http(event())
    expect(status).toBe(200)
    expectGolden(body.outputs, made.golden)
    const bare = await service.invoke({ inputs: made.golden.inputs, id: 'a' })
    expect(bare).toMatchObject({ kind: 'response', body: { id: 'a', model_version: '3' } })
    expectGolden(bare.body['outputs'] as GoldenTensor[], made.golden)
  })

  it('takes events of the older format, stages and bodies in base64', async () => {
    const { body, rawPath } = event() as { body: string; rawPath: string }
    const old = await http({ httpMethod: 'POST', path: decodeURI(rawPath), body })
    expect(old.status).toBe(200)
    const staged = await http({
      rawPath: `/prod${rawPath}`,
      requestContext: { stage: 'prod', http: { method: 'POST' } },
      body: Buffer.from(body).toString('base64'),
      isBase64Encoded: true,
    })
    expectGolden(staged.body.outputs, made.golden)
    const ready = { httpMethod: 'GET', path: '/v2/health/ready', body: null }
    expect(await http(ready)).toEqual({ status: 200, body: { ready: true } })
  })

  it.each([
    ['what is not JSON', { body: '{' }, 400],
    ['no body', { body: undefined }, 400],
    ['no inputs', { body: '{}' }, 400],
    ['another path', { rawPath: '/v2/models/other/infer' }, 404],
  ])('refuses %s and answers on', async (_what, change, status) => {
    expect(await http({ ...event(), ...change })).toEqual({
      status,
      body: { error: expect.any(String) },
    })
    expect(await service.invoke({ inputs: 1 })).toMatchObject({
      kind: 'error',
      body: { errorType: 'Refusal' },
    })
  })

  it('verifies where it lies', async () => {
    const { stdout } = await run(process.execPath, ['function/verify.js'], { cwd: made.folder })
    expect(stdout).toMatch(/^64 golden rows, 0 (?:answers|outputs) differ\n$/)
  })
})

describe('a module of Terraform', () => {
  let files: FileMap
  let module: Record<string, Record<string, Record<string, unknown>>>
  beforeAll(async () => {
    files = (await bundle('terraform', trees().toOnnx())).files
    module = JSON.parse(String(files['main.tf.json']))
  })

  it('refers to nothing that it does not declare', () => {
    const texts = JSON.stringify(module)
    const references = [...texts.matchAll(/(?<=[{(/ -])(aws_\w+|var)\.(\w+)/g)]
    expect(references.length).toBeGreaterThan(15)
    for (const [, type, name] of references) {
      const declared = type === 'var' ? module['variable'] : module['resource']![type!]
      expect(declared, `${type}.${name}`).toHaveProperty(name!)
    }
    const { model } = module['resource']!['aws_lambda_function'] as Record<string, never>
    for (const one of model!['depends_on'] as string[]) {
      const [type, name] = one.split('.')
      expect(module['resource']![type!]).toHaveProperty(name!)
    }
  })

  it('uploads the function that is beside it, and asks who calls unless told otherwise', () => {
    const { model } = module['resource']!['aws_lambda_function'] as Record<string, never>
    expect(model).toMatchObject({
      filename: expect.stringMatching(/^..path\.module.\/function\.zip$/),
      handler: 'handler.handler',
      source_code_hash: createHash('sha256')
        .update(files['function.zip'] as Uint8Array)
        .digest('base64'),
    })
    expect(module['variable']!['authorization']).toMatchObject({ default: 'AWS_IAM' })
    expect(Object.keys(files)).toContain('function/handler.js')
  })
})

describe.each([
  ['source', () => trees().toOnnx()],
  ['onnxruntime', rawModel],
] as const)('the container of Amazon SageMaker, of %s', (kind, content) => {
  let made: Bundle
  let url: string
  let stop: () => Promise<unknown>
  beforeAll(async () => {
    made = await bundle('sagemaker', content())
    const rootfs = join(made.folder, 'rootfs')
    const opt = join(rootfs, 'opt/ml/model')
    const blobs = join(made.folder, 'image/blobs/sha256')
    await mkdir(opt, { recursive: true })
    const config = await unpack(blobs, rootfs)
    await run('tar', ['-xzf', 'model.tar.gz', '-C', opt], { cwd: made.folder })
    const [, program] = config.Entrypoint as string[]
    // The image's own Node in its own root is run by the test of images; here the contract is.
    const child = spawn(process.execPath, [join(rootfs, program!), ...(config.Cmd as string[])], {
      env: { SAGEMAKER_BIND_TO_PORT: '0', MODEL_FOLDER: opt, MAX_BODY_BYTES: '100000' },
    })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    url = `http://127.0.0.1:${/port (\d+)/.exec(String(line))?.[1]}`
    stop = async () => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      return (await ended)[0]
    }
  }, 60_000)

  async function unpack(blobs: string, rootfs: string): Promise<Record<string, unknown>> {
    const read = async (digest: string) =>
      JSON.parse(await readFile(join(blobs, digest.slice(7)), 'utf8'))
    const index = JSON.parse(String(made.files['image/index.json']))
    const manifest = await read(index.manifests[0].digest)
    const last = join(blobs, manifest.layers[1].digest.slice(7))
    await run('tar', ['-xzf', last, '-C', rootfs])
    return (await read(manifest.config.digest)).config
  }
  const invoke = async (body: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      text: await answer.text(),
    }
  }
  const valuesOf = ({ data, shape, datatype }: GoldenTensor, row: number) => {
    const width = shape[1] ?? 1
    const values = data.slice(row * width, (row + 1) * width)
    return values.map((one) => (datatype !== 'BYTES' && one === 'NaN' ? Number.NaN : one))
  }
  const csvOf = (golden: GoldenSet): string =>
    Array.from({ length: golden.rows }, (_, row) =>
      golden.inputs
        .flatMap((input) => valuesOf(input, row))
        .map((value) => (Number.isNaN(value) ? '' : `"${String(value).replaceAll('"', '""')}"`))
        .join(','),
    ).join('\n')

  it('is alive, and answers the golden set as tensors', async () => {
    expect((await fetch(`${url}/ping`)).status).toBe(200)
    const { status, text: body } = await invoke(JSON.stringify({ inputs: made.golden.inputs }))
    expect(status).toBe(200)
    expectGolden(JSON.parse(body).outputs, made.golden)
  })

  it('answers the golden set as CSV and as instances', async () => {
    const csv = await invoke(csvOf(made.golden), { 'content-type': 'text/csv' })
    expect(csv.status).toBe(200)
    const written = (value: unknown) => (Number.isNaN(value) ? 'NaN' : value)
    const instances = Array.from({ length: made.golden.rows }, (_, row) =>
      Object.fromEntries(
        made.golden.inputs.map((input) => [input.name, valuesOf(input, row).map(written)]),
      ),
    )
    const named = await invoke(JSON.stringify({ instances }))
    const lists = instances.map((one) => Object.values(one).flat())
    const listed = await invoke(JSON.stringify({ instances: lists }))
    for (const { text: body } of [csv, named, listed]) {
      const { predictions } = JSON.parse(body) as { predictions: Record<string, unknown>[] }
      const found = made.golden.outputs.map((output) => ({
        ...output,
        data: predictions.flatMap((row) => row[output.name]) as GoldenTensor['data'],
      }))
      expectGolden(found, made.golden)
    }
  })

  it('answers CSV to whom asks for it', async () => {
    const headers = { 'content-type': 'text/csv; charset=utf-8', accept: 'text/csv' }
    const { type, text: body } = await invoke(csvOf(made.golden), headers)
    expect(type).toBe('text/csv')
    expect(body.trimEnd().split('\n')).toHaveLength(64)
    if (kind === 'source') expect(body).toContain('"yes ""y""",')
  })

  it.each([
    ['what is not JSON', '{', {}, 400],
    ['no rows', '{}', {}, 400],
    ['a row too short', '{"instances": [[1]]}', {}, 400],
    ['an unknown name', '{"instances": [{"other": 1}]}', {}, 400],
    ['an open quote', '"a', { 'content-type': 'text/csv' }, 400],
    ['text in a number', 'a,b,c,d', { 'content-type': 'text/csv' }, 400],
    ['another content', 'x', { 'content-type': 'application/x-npy' }, 415],
    ['a body that is too long', ' '.repeat(200_000), {}, 413],
  ])('refuses %s', async (_what, body, headers, status) => {
    const answer = await invoke(body, headers as Record<string, string>)
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      status,
      { error: expect.any(String) },
    ])
  })

  it('is the same bytes again, container and all', async () => {
    const again = await bundle('sagemaker', content())
    expect(tarOf(again.files).equals(tarOf(made.files))).toBe(true)
  })

  it('asks for a model without a network, and ends when it is told to', async () => {
    expect(JSON.parse(String(made.files['create-model.json']))).toMatchObject({
      ModelName: 'good-loans',
      EnableNetworkIsolation: true,
      PrimaryContainer: { ModelDataUrl: expect.stringMatching(/model\.tar\.gz$/) },
    })
    expect((await fetch(`${url}/other`)).status).toBe(404)
    expect(await stop()).toBe(0)
  })
})

describe('KServe', () => {
  it('writes an InferenceService that its own schema accepts, and the storage it names', async () => {
    const { files, folder } = await bundle('kserve', rawModel())
    const schemaFile = new URL(
      '../../../fixtures/schemas/kserve/inference-service.json',
      import.meta.url,
    )
    const ajv = new Ajv({ strict: false, logger: false })
    const validate = ajv.compile(JSON.parse(await readFile(schemaFile, 'utf8')))
    const service = parse(String(files['inference-service.yaml']))
    expect(validate(service) ? [] : validate.errors).toEqual([])
    const broken = structuredClone(service)
    broken.spec.predictor.model.storageURI = 'pvc://x'
    expect(validate(broken)).toBe(false)
    const claim = parse(String(files['storage-claim.yaml']))
    expect(service.spec.predictor.model.storageUri).toBe(`pvc://${claim.metadata.name}/storage`)
    expect(await readdir(join(folder, 'storage/good-loans/3'))).toEqual(['model.onnx'])
    expect(parse(String(files['kustomization.yaml'])).resources).toEqual([
      'inference-service.yaml',
      'storage-claim.yaml',
    ])
  })
})
